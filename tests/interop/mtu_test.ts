import { assert, assertEquals } from "@std/assert";
import { passive } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { Bottleneck, type BottleneckOptions, OURS, THEIRS } from "./bottleneck.ts";
import { type Family, KERNEL, type Role, ROLES } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";

const LENGTH = 8 << 20;
const NEEDS = [...KERNEL, program("nft", "apt-get install nftables")];

/** Both ends send 8 MiB at once; all bytes arrive, by Multipath TCP. */
async function exchangeAll(net: Bottleneck, role: Role, family: Family): Promise<void> {
  const words = role === "dial" ? `listen ${THEIRS[family]} 5000` : `connect ${OURS[family]} 5000`;
  using listener = net.host.listen({ port: 5000 });
  await using peer = await KernelPeer.start(net.far, `${words} ${LENGTH}`);
  const conn = role === "dial"
    ? await net.host.connect({ hostname: THEIRS[family], port: 5000 })
    : await listener.accept();
  const [ours, theirs] = await Promise.all([exchange(conn, LENGTH), peer.report()]);
  conn.close();
  assertEquals([theirs.received, theirs.receivedHash], [LENGTH, ours.sentHash], "what we sent");
  assertEquals([ours.received, ours.receivedHash], [LENGTH, theirs.sentHash], "what the kernel sent");
  assert(ours.multipath && theirs.multipath);
}

const create = (options: BottleneckOptions) => Bottleneck.create({ pathManager: passive(), ...options });

for (const family of [4, 6] as const) {
  for (const offload of [true, false]) {
    const how = `IPv${family}, ${offload ? "with" : "without"} offload`;

    for (const role of ROLES) {
      testWith(NEEDS, `8 MiB each way over a link of 1300 bytes whose routers say so: ${how}, ${role}`, async () => {
        await using net = await create({ mtu: 1300, offload });
        await exchangeAll(net, role, family);
        const { counters } = net.host;
        assert(net.transport.counters.IcmpInDestUnreachs > 0);
        assertEquals([counters.TcpExtOutOfWindowIcmps, counters.TcpExtTCPMTUPFail], [0, 0]);
        assertEquals(counters.TcpExtTCPTimeouts, 0, "nobody had to wait");
      });
    }

    testWith(NEEDS, `8 MiB each way over a link of 1300 bytes whose routers keep silent: ${how}`, async () => {
      await using net = await create({ mtu: 1300, offload });
      await net.eatErrors();
      await net.far.sysctl("net.ipv4.tcp_mtu_probing", 1);
      await exchangeAll(net, "dial", family);
      assertEquals(net.transport.counters.IcmpInDestUnreachs, 0);
      assert(net.host.counters.TcpExtTCPTimeouts >= 3, "that is how a black hole is found");
      const { TcpExtTCPMTUPSuccess, TcpExtTCPMTUPFail } = net.host.counters;
      assert(TcpExtTCPMTUPSuccess > 0 && TcpExtTCPMTUPFail > 0, "more was tried, and found");
    });
  }

  testWith(NEEDS, `a link that becomes narrower and wider while data flows: IPv${family}`, async () => {
    await using net = await create({ mtu: 1500 });
    let isOver = false;
    let changes = 0;
    await net.setMtu(1300);
    const { counters } = net.transport;
    const pause = () => new Promise((resolve) => setTimeout(resolve, 30));
    const changing = (async () => {
      // The first change is one that data flows through.
      while (!isOver && counters.IcmpInDestUnreachs === 0) await pause();
      for (; !isOver; changes++) {
        await net.setMtu([1400, 1280, 1500, 1300][changes % 4]!);
        await pause();
      }
    })();
    // A transfer alone may be over between two changes.
    do await exchangeAll(net, "dial", family); while (changes < 5);
    isOver = true;
    await changing;
    assert(counters.IcmpInDestUnreachs > 0);
  });
}
