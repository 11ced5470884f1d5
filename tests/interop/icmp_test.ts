import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { passive } from "../../mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { ICMP_ERROR_KINDS, type IcmpErrorKind } from "../../core/wire/icmp.ts";
import { SYN, TcpHeader } from "../../core/wire/tcp.ts";
import { FramePool } from "../../sim/frame.ts";
import { icmpErrorAbout } from "../../sim/icmp.ts";
import { program, testWith } from "../needs.ts";
import { Bottleneck } from "./bottleneck.ts";
import { boxed } from "./box.ts";
import { Injector } from "./injector.ts";
import { KERNEL, kernelAddress, type Namespace, Neighbours, ourAddress, until } from "./neighbours.ts";
import { exchange } from "./peer.ts";

const PING = new URL("./ping.py", import.meta.url).pathname;
const NFT = program("nft", "apt-get install nftables");

/** What makes a destination unreachable, and what connecting to it then ends with. */
interface Obstacle {
  readonly name: string;
  readonly code: "unreachable" | "refused";
  readonly says: string;
  build(router: Namespace): Promise<void>;
}

const ADDRESSES = { 4: "10.66.0.1", 6: "fd66::1" } as const;

function routeOf(type: string, says: string): Obstacle {
  return {
    name: `a route "${type}"`,
    code: "unreachable",
    says,
    async build(router) {
      await router.run(`ip route add ${type} 10.66.0.0/24`);
      await router.run(`ip -6 route add ${type} fd66::/64`);
    },
  };
}

function rejection(type: string, code: Obstacle["code"], says: string): Obstacle {
  return {
    name: `a filter that rejects with ${type}`,
    code,
    says,
    async build(router) {
      await router.run("ip route add 10.66.0.0/24 via 10.8.0.2");
      await router.run("ip -6 route add fd66::/64 via fd08::2");
      await router.run("nft add table inet filter");
      await router.run("nft add chain inet filter forward { type filter hook forward priority 0 ; }");
      await router.run(`nft add rule inet filter forward meta l4proto tcp reject with icmpx type ${type}`);
    },
  };
}

const OBSTACLES: readonly Obstacle[] = [
  routeOf("unreachable", "the network cannot reach the peer"),
  routeOf("prohibit", "a filter forbids it"),
  rejection("admin-prohibited", "unreachable", "a filter forbids it"),
  rejection("no-route", "unreachable", "no route leads to its network"),
  rejection("host-unreachable", "unreachable", "its host does not answer"),
  rejection("port-unreachable", "refused", "its port is unreachable"),
];

for (const { name, code, says, build } of OBSTACLES) {
  testWith([...KERNEL, NFT], `${name} lets connecting fail at once, and says so`, async () => {
    await using net = await Bottleneck.create({ mtu: 1500, pathManager: passive() });
    await build(net.near);
    for (const hostname of Object.values(ADDRESSES)) {
      const error = await assertRejects(() => net.host.connect({ hostname, port: 80 })) as Error & { code: string };
      assertEquals(error.code, code, `${hostname}: ${error.message}`);
      assertStringIncludes(error.message, says);
    }
    assertEquals(net.host.counters.TcpRetransSegs, 0, "before a SYN was sent again");
    assertEquals(net.host.connections.length, 0);
  });
}

/** The error of a forger about a segment of ours; he guesses the sequence number. */
function forged(kind: IcmpErrorKind, local: Deno.NetAddr, remote: Deno.NetAddr, sequence: number): Uint8Array {
  const segment = new FramePool().take();
  segment.source.copy(IpAddress.parse(local.hostname));
  segment.destination.copy(IpAddress.parse(remote.hostname));
  const header = Object.assign(new TcpHeader(), { sourcePort: local.port, destinationPort: remote.port, sequence });
  segment.end = header.emit(segment.view, segment.start) + 1000;
  segment.seal();
  const error = icmpErrorAbout(segment, kind, { mtu: segment.source.family === 4 ? 600 : 1290 })!;
  return error.bytes.slice(error.ipStart, error.end);
}

for (const family of [4, 6] as const) {
  testWith(KERNEL, `forged errors about an open connection are counted, and change nothing: IPv${family}`, async () => {
    let latest = 0;
    const look = (_packet: unknown, { sequence, payloadEnd, payloadStart }: TcpHeader) => {
      if (payloadEnd > payloadStart) latest = sequence;
    };
    await using ends = await Neighbours.create({
      families: [family],
      pathManager: passive(),
      between: (transport) => boxed(transport, { up: look }),
    });
    const length = 8 << 20;
    const { conn, peer } = await ends.open("dial", family, `${length}`);
    await using _peer = peer;
    await using injector = await Injector.start(ends.namespace, "t1");
    let count = 0;
    const forging = (async () => {
      for (let round = 0; round < 8; round++) {
        for (const kind of ICMP_ERROR_KINDS) {
          // Half the sequence space away from what is in flight.
          const sequence = (latest + 2 ** 31 + 1e6 * round) >>> 0;
          await injector.send(forged(kind, conn.localAddr as Deno.NetAddr, conn.remoteAddr as Deno.NetAddr, sequence));
          count++;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      // And errors about connections that do not exist.
      await injector.send(
        forged("port-unreachable", { ...conn.localAddr as Deno.NetAddr, port: 9 }, conn.remoteAddr as Deno.NetAddr, 0),
      );
      assertEquals(await injector.end(), count + 1);
    })();
    const mss = conn.subflows[0]!.mss;
    const [ours, theirs] = await Promise.all([exchange(conn, length, forging), peer.report()]);
    assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash]);
    assertEquals(conn.subflows[0]?.mss ?? mss, mss);
    conn.close();
    const { counters } = ends.host;
    assertEquals([counters.TcpExtOutOfWindowIcmps, counters.IcmpInErrors, counters.TcpExtTCPMTUPFail], [count, 1, 0]);
  });
}

testWith(KERNEL, "the kernel gets its echoes, in both families and of any size that fits a packet", async () => {
  for (const offload of [true, false]) {
    await using ends = await Neighbours.create({ offload });
    for (const family of [4, 6] as const) {
      for (const length of [0, 1, 56, 1400]) {
        assertEquals(
          await ping(ends.namespace, ourAddress(family, 1), length),
          "reply",
          `IPv${family}, ${length} bytes`,
        );
      }
      const stranger = ourAddress(family, 1).replace(/2$/, "7");
      assertEquals(await ping(ends.namespace, stranger, 56), "silence", "not for an address that it has not");
    }
    assertEquals(ends.transports[0]!.counters.IcmpOutEchoReps, 8);
  }
});

testWith(KERNEL, "fragments are refused and counted", async () => {
  await using ends = await Neighbours.create();
  for (const family of [4, 6] as const) {
    assertEquals(await ping(ends.namespace, ourAddress(family, 1), 4000), "silence");
  }
  assertEquals(ends.transports[0]!.counters.IpReasmFails, 6);
});

testWith(KERNEL, "segments behind IPv6 extension headers are taken", async () => {
  await using ends = await Neighbours.create({ families: [6] });
  using _listener = ends.host.listen({ port: 5000 });
  await using injector = await Injector.start(ends.namespace, "t1");
  await injector.send(extendedSyn(kernelAddress(6, 1), ourAddress(6, 1), 5000));
  await injector.end();
  // The kernel knows nothing of that connection and resets what we answer.
  await until("the answer is reset", async () => ((await ends.namespace.counters("Tcp"))["TcpOutRsts"] ?? 0) > 0);
  const { counters } = ends.host;
  assertEquals([counters.TcpInErrs, counters.TcpAttemptFails], [0, 1]);
});

/** A SYN behind hop-by-hop and destination options. */
function extendedSyn(from: string, to: string, port: number): Uint8Array {
  const frame = new FramePool().take();
  frame.source.copy(IpAddress.parse(from));
  frame.destination.copy(IpAddress.parse(to));
  const header = Object.assign(new TcpHeader(), { sourcePort: 7, destinationPort: port, flags: SYN, window: 1000 });
  frame.end = header.emit(frame.view, frame.start);
  frame.seal();
  frame.fillChecksum();
  const plain = frame.bytes.slice(frame.ipStart, frame.end);
  const options = [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
  const extended = Uint8Array.of(...plain.subarray(0, 40), ...options, ...plain.subarray(40));
  extended[6] = 0;
  extended[5] = extended.length - 40;
  return extended;
}

async function ping(namespace: Namespace, address: string, length: number): Promise<string> {
  return (await namespace.run(["python3", PING, address, `${length}`])).trim();
}
