import { assert, assertEquals } from "@std/assert";
import type { MetaSocket, SubflowMoment, TraceRecord } from "../../core/mod.ts";
import { roundRobin } from "../../schedulers/mod.ts";
import { TWO_PATHS, World } from "../harness/mod.ts";

const SIZE = 1_500_000;
const LOSSY = TWO_PATHS.map((path) => ({ ...path, down: { ...path.down, loss: 0.01 } }));

interface Outcome {
  readonly records: readonly TraceRecord[];
  /** How many of them there were when the figures were taken. */
  readonly mark: number;
  readonly endedAt: number;
  readonly reinjected: number;
  readonly retransmissions: readonly number[];
}

/** A download over two lossy paths, of which the first goes dark in the middle. */
function download(isTraced: boolean): Outcome {
  const records: TraceRecord[] = [];
  const tracer = { tracer: (record: TraceRecord) => void records.push(record) };
  const world = new World({ paths: LOSSY, server: isTraced ? tracer : {} });
  const down = world.bytes(SIZE, "down");
  const running = world.transfer({ expects: down }, { sends: down });
  world.simulator.at(400, () => world.setPath(0, { up: false }));
  world.simulator.at(2400, () => world.setPath(0, { up: true }));
  let [reinjected, mark] = [0, 0];
  let retransmissions: number[] = [];
  world.simulator.at(2300, () => {
    const { socket } = running.server!;
    reinjected = socket.stats().bytesReinjected;
    retransmissions = socket.subflows.map((subflow) => subflow.retransmissions);
    mark = records.length;
  });
  world.settle();
  running.assertDone();
  return { records, mark, endedAt: world.simulator.now(), reinjected, retransmissions };
}

function only<T extends TraceRecord["type"]>(records: readonly TraceRecord[], type: T): (TraceRecord & { type: T })[] {
  return records.filter((record): record is TraceRecord & { type: T } => record.type === type);
}

function bySubflow<T extends SubflowMoment>(records: readonly T[]): T[][] {
  return [0, 1].map((id) => records.filter(({ subflow }) => subflow === id));
}

Deno.test("a trace tells the whole story of a transfer, byte by byte", () => {
  const { records, mark, reinjected, retransmissions } = download(true);
  const soFar = records.slice(0, mark);

  let scheduled = 0;
  for (const { reason, dataOffset, bytes } of only(records, "data-scheduled")) {
    if (reason !== "data") continue;
    assertEquals(dataOffset, scheduled, "data is scheduled in order and without a gap");
    scheduled += bytes;
  }
  assertEquals(scheduled, SIZE);

  const again = only(soFar, "data-scheduled").filter(({ reason }) => reason !== "data");
  assert(reinjected > 0);
  assertEquals(again.reduce((sum, { bytes }) => sum + bytes, 0), reinjected);

  for (const [id, list] of bySubflow(only(records, "segment-sent")).entries()) {
    let next = 1;
    for (const { cause, offset, bytes, fin } of list) {
      if (cause !== "new") continue;
      assertEquals(offset, next, "a subflow sends its bytes in order");
      next += bytes + (fin ? 1 : 0);
    }
    const repeated = bySubflow(only(soFar, "segment-sent"))[id]!
      .filter(({ cause }) => ["lost", "timeout", "loss-probe"].includes(cause));
    assertEquals(repeated.length, retransmissions[id], "what is sent again has another cause");
    const acknowledged = bySubflow(only(records, "segment-acknowledged"))[id]!;
    assertEquals(1 + acknowledged.reduce((sum, { delivered }) => sum + delivered, 0), acknowledged.at(-1)!.upTo);
  }

  const causes = new Set(only(records, "window-changed").map(({ cause }) => cause));
  assert(causes.has("fast") && causes.has("timeout"), [...causes].join());
  assert(only(records, "segment-lost").some(({ cause }) => cause === "overtaken"));
  assertEquals(only(records, "data-acknowledged").at(-1)!.upTo, SIZE + 1, "the bytes and the end of the stream");
  assert(records.every(({ at }, i) => i === 0 || at >= records[i - 1]!.at), "in order of time");
  const events = only(records, "event").map(({ event }) => event.type);
  assertEquals(events.filter((type) => type === "subflow-established").length, 2);
});

Deno.test("a trace changes nothing", () => {
  const [traced, plain] = [download(true), download(false)];
  assertEquals({ ...traced, records: [], mark: 0 }, { ...plain, records: [], mark: 0 });
});

/** What happens to the second path while data flows over both. */
const BLOWS: Readonly<Record<string, (world: World, client: MetaSocket, server: MetaSocket) => void>> = {
  timeout: (world) => world.setPath(1, { up: false }),
  closed: (world, client) => world.client.act((now) => client.subflows[1]?.tcp.abort("closed", now)),
  fin: (world, _client, server) => world.server.act((now) => server.subflowSet.end(server.subflows[1]!, now)),
};

for (const [cause, blow] of Object.entries(BLOWS)) {
  Deno.test(`what goes again on another subflow says why: ${cause}`, () => {
    const records: TraceRecord[] = [];
    const tracer = (record: TraceRecord) => void records.push(record);
    const world = new World({ paths: TWO_PATHS, client: { tracer, scheduler: roundRobin() } });
    const data = world.bytes(SIZE, "up");
    const running = world.transfer({ sends: data }, { expects: data });
    world.simulator.at(200, () => blow(world, running.client.socket, running.server!.socket));
    world.settle();
    running.assertDone();
    const first = only(records, "data-reinjected")[0]!;
    assertEquals([first.cause, first.subflow], [cause, 1]);
  });
}
