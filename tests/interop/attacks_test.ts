/**
 * Attacks from beside the path against a host behind a TUN device, while a connection with the kernel is open.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { passive } from "../../mod.ts";
import { ADD_ADDR, MP_FASTCLOSE, MP_JOIN, type MptcpOptions, REMOVE_ADDR } from "../../core/wire/mptcp.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../core/wire/tcp.ts";
import { FramePool } from "../../sim/frame.ts";
import { Random } from "../../transports/random.ts";
import { forge, type Forged } from "../attacks/attacker.ts";
import { testWith } from "../needs.ts";
import { Injector } from "./injector.ts";
import { type Family, KERNEL, kernelAddress, Neighbours } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";

const LENGTH = 8 << 20;
const COUNT = 5000;
const FLAGS: readonly number[] = [RST, RST | ACK, SYN, SYN | ACK, ACK, FIN | ACK, ACK | PSH];

/** Options that take keys, or a place in the window, to be believed. */
const WORDS: readonly ((mptcp: MptcpOptions, random: Random) => void)[] = [
  () => {},
  (mptcp, random) => {
    mptcp.present = MP_FASTCLOSE;
    mptcp.fastcloseKey.set(random.next(), random.next());
  },
  (mptcp, random) => {
    mptcp.present = ADD_ADDR;
    mptcp.addAddressId = random.below(256);
    mptcp.addAddressHasHmac = true;
    mptcp.addAddressHmac.set(random.next(), random.next());
  },
  (mptcp) => {
    mptcp.present = REMOVE_ADDR;
    mptcp.removeCount = 1;
    mptcp.removeIds[0] = 0;
  },
];

/** Every other one is a join with a guessed token from somebody, the others are for the connection between `ends`. */
function guess(ends: Forged, index: number, random: Random): Forged {
  if (index % 2 === 0) {
    const options: Forged["options"] = ({ mptcp }) => {
      mptcp.present = MP_JOIN;
      mptcp.joinLength = 12;
      mptcp.joinToken = random.next();
    };
    return { ...ends, fromPort: 1 + random.below(1000), flags: SYN, sequence: random.next(), options };
  }
  return {
    ...ends,
    flags: FLAGS[random.below(FLAGS.length)]!,
    sequence: random.next(),
    acknowledgment: random.next(),
    window: random.below(65536),
    payload: new Uint8Array(random.below(2) * 100).fill(0x21),
    options: ({ mptcp }) => WORDS[random.below(WORDS.length)]!(mptcp, random),
  };
}

for (const family of [4, 6] as const) {
  testWith(
    KERNEL,
    `thousands of guesses from beside the path: the connection goes on as it was: IPv${family}`,
    async () => {
      await using ends = await Neighbours.create({ families: [family], pathManager: passive() });
      const { namespace, host } = ends;
      const { conn, peer } = await ends.open("dial", family, `${LENGTH}`);
      await using _peer = peer;
      const [local, remote] = [conn.localAddr, conn.remoteAddr] as [Deno.NetAddr, Deno.NetAddr];
      const own = { from: remote.hostname, fromPort: remote.port, to: local.hostname, toPort: local.port, flags: 0 };
      await using injector = await Injector.start(namespace, "t1");
      const random = new Random(family);
      const frames = new FramePool();
      const attacking = (async () => {
        for (let i = 0; i < COUNT; i++) {
          const frame = frames.take();
          forge(frame, guess(own, i, random));
          frame.fillChecksum();
          await injector.send(frame.bytes.slice(frame.ipStart, frame.end));
          frame.release();
          if (i % 100 === 0) await delay(5);
        }
        assert(await injector.end() > COUNT / 2);
      })();
      const [ours, theirs] = await Promise.all([exchange(conn, LENGTH, attacking), peer.report()]);
      assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash]);
      assertEquals([ours.multipath, theirs.multipath, conn.stats().subflowsTotal], [true, true, 1]);
      const { counters } = host;
      assert(counters.MPTcpExtMPJoinNoTokenFound > COUNT / 4, `${counters.MPTcpExtMPJoinNoTokenFound} joins`);
      assert(counters.TcpExtTCPChallengeACK > 0, "SYNs are challenged");
      assertEquals([counters.MPTcpExtMPFastcloseRx, counters.MPTcpExtAddAddr, counters.MPTcpExtRmAddr], [0, 0, 0]);
      conn.close();
      await reaches(ends, family);
    },
  );
}

/** The host still works: another connection exchanges some bytes. */
async function reaches(ends: Neighbours, family: Family): Promise<void> {
  const address = family === 4 ? "0.0.0.0" : "::";
  await using peer = await KernelPeer.start(ends.namespace, `listen ${address} 5001 100000`);
  const conn = await ends.host.connect({ hostname: kernelAddress(family, 1), port: 5001 });
  const [ours, theirs] = await Promise.all([exchange(conn, 100_000), peer.report()]);
  conn.close();
  assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash]);
}
