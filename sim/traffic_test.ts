import { assert, assertEquals, assertRejects } from "@std/assert";
import { lia } from "../congestion/mod.ts";
import { fullMesh } from "../pathmanagers/mod.ts";
import { minRtt } from "../schedulers/mod.ts";
import type { LinkOptions } from "./link.ts";
import { Simulator } from "./simulator.ts";
import { Network } from "./topology.ts";
import type { MptcpConn } from "../transports/conn.ts";
import { constantRate, type FlowEnds, requestResponse, transfer } from "./traffic.ts";

function setUp(options: LinkOptions) {
  const sim = new Simulator();
  const network = new Network(sim, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
  const ends = { client: network.host("client"), server: network.host("server") };
  const link = network.connect(ends.client, ends.server, { addresses: ["10.0.0.1", "10.0.0.2"], ...options });
  return { sim, ends, link };
}

Deno.test("a transfer of so many bytes tells how long it took and the longest pause", async () => {
  const { sim, ends, link } = setUp({ rate: 10e6, delay: 10, outage: "hold" });
  sim.at(1000, () => link.set({ up: false }));
  sim.at(1400, () => link.set({ up: true }));
  let seen = 0;
  const onData = (data: Uint8Array) => seen += data.length;
  const result = await sim.run(() => transfer(sim, { ...ends, bytes: 2_000_000, direction: "upload", onData }));
  assertEquals([result.bytes, seen], [2_000_000, 2_000_000]);
  assert(result.milliseconds > 2000 && result.milliseconds < 3000, `${result.milliseconds}`);
  assert(result.longestPause >= 400 && result.longestPause < 900, `${result.longestPause}`);
  assertEquals(result.rate, 2_000_000 * 8000 / result.milliseconds);
});

Deno.test("a transfer for a time ends at that time", async () => {
  const { sim, ends } = setUp({ rate: 10e6, delay: 10 });
  const { bytes, milliseconds } = await sim.run(() => transfer(sim, { ...ends, duration: 3000 }));
  assertEquals(milliseconds, 3000);
  assert(bytes > 3_000_000 && bytes < 3_750_000, `${bytes}`);
  await assertRejects(() => sim.run(() => transfer(sim, ends)), TypeError, "say how many bytes");
});

Deno.test("a transfer for a time ends even when nobody answers", async () => {
  const { sim, ends } = setUp({ up: false });
  await assertRejects(() => sim.run(() => transfer(sim, { ...ends, duration: 3000 })), DOMException);
  assertEquals(sim.now(), 3e6);
});

Deno.test("messages at a constant rate take the delay of the path", async () => {
  const { sim, ends } = setUp({ rate: 10e6, delay: 25 });
  const delays = await sim.run(() => constantRate(sim, { ...ends, messageBytes: 200, interval: 100, messages: 20 }));
  assertEquals(delays.length, 20);
  for (const delay of delays) assert(delay >= 25 && delay < 26, `${delay}`);
});

Deno.test("a response takes a round trip and its time on the wire", async () => {
  const { sim, ends } = setUp({ rate: 10e6, delay: 25 });
  const options = { ...ends, requestBytes: 100, responseBytes: 10_000, requests: 10, think: 50 };
  const times = await sim.run(() => requestResponse(sim, options));
  assertEquals(times.length, 10);
  for (const time of times) assert(time >= 58 && time < 70, `${time}`);
});

Deno.test("both ends of a flow can be seen while it is open, and each has plug-ins and options of its own", async () => {
  const { sim, ends } = setUp({ rate: 10e6, delay: 10 });
  const flows: ((options: FlowEnds) => Promise<unknown>)[] = [
    (options) => transfer(sim, { ...options, bytes: 10_000 }),
    (options) => transfer(sim, { ...options, duration: 100 }),
    (options) => constantRate(sim, { ...options, messageBytes: 1000, interval: 10, messages: 3 }),
    (options) => requestResponse(sim, { ...options, requestBytes: 10, responseBytes: 2000, requests: 3 }),
  ];
  for (const flow of flows) {
    const seen: string[] = [];
    let received = 0;
    let server: MptcpConn | null = null;
    const connection = { options: { multipath: true } };
    await sim.run(() =>
      flow({
        ...ends,
        connection,
        accepting: { options: { multipath: false } },
        onOpen: (client, accepted) => {
          server = accepted;
          seen.push(`open, multipath: ${client.isMultipath}`);
        },
        onData: (data) => received += data.length,
        onDone: () => seen.push(`done with ${server!.subflows.length} subflow`),
      })
    );
    assertEquals(seen, ["open, multipath: false", "done with 1 subflow"]);
    assert(received >= 3000, `${received}`);
  }
});
