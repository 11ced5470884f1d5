import { assert, assertAlmostEquals } from "@std/assert";
import { bbr, cubic, lia, newReno, olia, wvegas } from "../../congestion/mod.ts";
import type { CongestionController, CongestionGroup, Plugin } from "../../core/plugin.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { type DuplexOptions, Network, Simulator, transfer } from "../../sim/mod.ts";
import { throughBottleneck } from "../harness/bottleneck.ts";
import { type PathOptions, TWO_PATHS, World } from "../harness/mod.ts";

/** 20 Mbit/s, round trips of 40 ms: 67 packets fit without a queue, which can grow to eight times that. */
const DEEP = { rate: 20e6, delay: 20, queue: { packets: 550 } };
/** Share of payload in packets of 1500 bytes, with all options that Multipath TCP needs. */
const PAYLOAD = 1420 / 1500;

Deno.test("CUBIC's window follows C(t-K)³ + W_max from loss to loss (RFC 9438 figure 1)", async () => {
  const windows: [seconds: number, segments: number][] = [];
  await throughBottleneck<CongestionController>({
    congestion: cubic({ fastConvergence: false }),
    link: { rate: 40e6, delay: 50, queue: { packets: 333 } },
    seconds: 50,
    every: 0.02,
    onLook: ({ seconds, controller, view }) => windows.push([seconds, controller.cwnd / view.mss]),
  });
  const falls = windows.flatMap(([, size], i) => i > 0 && size < 0.8 * windows[i - 1]![1] ? [i] : []);
  const [fall, to] = falls.slice(-2) as [number, number];
  const reduced = windows[fall]![1];
  const plateau = reduced / 0.7;
  // Time begins with congestion avoidance, which is when recovery is over.
  const from = windows.findIndex(([, size], i) => i > fall && size > reduced) - 1;
  const k = Math.cbrt(plateau * 0.3 / 0.4);
  assert(windows[to]![0] - windows[from]![0] > 0.7 * k, `${windows[to]![0] - windows[from]![0]} s, K is ${k}`);
  for (let i = from + 50; i < to; i += 50) {
    const [seconds, size] = windows[i]!;
    const elapsed = seconds - windows[from]![0];
    const expected = 0.4 * (elapsed - k) ** 3 + plateau;
    assertAlmostEquals(size, expected, 0.025 * expected, `${elapsed} s after the loss`);
  }
});

Deno.test("HyStart++ leaves slow start before the queue overflows", async () => {
  const lost = async (hystart: boolean): Promise<number> => {
    let retransmissions = 0;
    await throughBottleneck({
      congestion: cubic({ hystart }),
      link: { ...DEEP, queue: { packets: 120 } },
      seconds: 2,
      onLook: ({ view }) => retransmissions = view.retransmissions,
    });
    return retransmissions;
  };
  const [without, withIt] = [await lost(false), await lost(true)];
  assert(without > 50 && withIt < without / 4, `${withIt} segments lost, ${without} without it`);
});

Deno.test("BBR fills a link and not its queue, which CUBIC does", async () => {
  const options = { link: DEEP, seconds: 40, warmUp: 10 };
  const [ours, other] = [
    await throughBottleneck({ congestion: bbr(), ...options }),
    await throughBottleneck({ congestion: cubic(), ...options }),
  ];
  assert(ours.rate > 0.95 * 20e6 * PAYLOAD, `${ours.rate}`);
  assert(ours.queue < 10, `${ours.queue} packets`);
  assert(other.queue > 300, `${other.queue} packets`);
});

Deno.test("BBR keeps most of a link that loses one packet in a hundred, CUBIC next to nothing", async () => {
  // 50 Mbit/s, 80 ms. Its bounds of the short term give a percent or two per round between two probes (section 5.3.3.5.3).
  const options = { link: { ...DEEP, rate: 50e6, delay: 40, loss: 0.01 }, seconds: 40, warmUp: 10 };
  const [ours, other] = [
    await throughBottleneck({ congestion: bbr(), ...options }),
    await throughBottleneck({ congestion: cubic(), ...options }),
  ];
  assert(ours.rate > 0.75 * 50e6 * PAYLOAD, `${ours.rate}`);
  assert(other.rate < 0.1 * 50e6 * PAYLOAD, `${other.rate}`);
});

Deno.test("wVegas keeps a few segments in the queue of each path, NewReno fills it", async () => {
  const options = { link: { ...DEEP, queue: { packets: 150 } }, seconds: 60, warmUp: 20 };
  const [ours, other] = [
    await throughBottleneck({ congestion: wvegas(), ...options }),
    await throughBottleneck({ congestion: newReno(), ...options }),
  ];
  assert(ours.queue <= 12 && ours.queue < other.queue / 4, `${ours.queue} packets, ${other.queue} with NewReno`);
  assert(ours.rate > 0.8 * 20e6 * PAYLOAD, `${ours.rate}`);
});

/** Share of the second of two paths of 20 Mbit/s and 40 ms in what a connection carries. */
async function shareOfSecond(congestion: Plugin<CongestionGroup>, links: readonly DuplexOptions[]): Promise<number> {
  const simulator = new Simulator({ seed: 1 });
  const network = new Network(simulator, { scheduler: minRtt(), congestion, pathManager: fullMesh() });
  const [client, server] = ["client", "server"].map((name) => network.host(name));
  for (const [i, link] of links.entries()) {
    network.connect(client!, server!, {
      rate: 20e6,
      delay: 20,
      backward: { rate: Infinity, loss: 0 },
      ...link,
      addresses: [`10.${i}.0.1`, "10.9.0.1"],
    });
  }
  let share = 0;
  await simulator.run(() =>
    transfer(simulator, {
      client: client!,
      server: server!,
      direction: "upload",
      duration: 60_000,
      onOpen: (conn) =>
        simulator.at(59_000, () => {
          const [first, second] = conn.subflows.map(({ bytesAcked }) => bytesAcked);
          share = second! / (first! + second!);
        }),
    })
  );
  return share;
}

Deno.test("OLIA leaves more of a bad path alone than LIA (Khalili et al., CoNEXT 2012)", async () => {
  const links = [{ loss: 0.001 }, { loss: 0.01 }];
  const [ours, other] = [await shareOfSecond(olia(), links), await shareOfSecond(lia(), links)];
  assert(ours < 0.8 * other, `${ours} of the traffic, ${other} with LIA`);
});

Deno.test("coupled algorithms move traffic to the better path, uncoupled ones do not care (RFC 6356 2-3)", async () => {
  const links = [{ loss: 0.001 }, { loss: 0.01 }];
  const [ours, other] = [await shareOfSecond(lia(), links), await shareOfSecond(newReno(), links)];
  assert(ours < 0.7 * other, `${ours} of the traffic, ${other} uncoupled`);
});

Deno.test("two paths carry more than the better one does alone (RFC 6356 2-1)", () => {
  const time = (paths: readonly PathOptions[]): number => {
    const world = new World({ paths });
    const data = world.bytes(4_000_000, "up");
    const running = world.transfer({ sends: data }, { expects: data });
    world.settle();
    running.assertDone();
    return running.server!.readAt;
  };
  const [both, better] = [time(TWO_PATHS), time(TWO_PATHS.slice(0, 1))];
  assert(both < 0.85 * better, `${both} µs over both, ${better} over the better one`);
});
