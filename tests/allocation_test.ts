import { assert, assertEquals } from "@std/assert";
import { fullMesh } from "../pathmanagers/mod.ts";
import { Pair, type PairOptions } from "./harness/pair.ts";
import { ViewCounter } from "./harness/views.ts";

const collect = (globalThis as { gc?: (options: { type: "minor" }) => void }).gc;

/** Bytes that a segment may allocate on both ends together: half the size of the smallest object. */
const MOST_PER_SEGMENT = 8;
/** Windows of measurement; the median counts. */
const WINDOWS = 100;

const chunk = new Uint8Array(65536);
const into = new Uint8Array(65536);

interface Case extends PairOptions {
  /** Data flows both ways. */
  readonly both?: boolean;
  /** Segments before the measurement; 40,000 unless told. */
  readonly warmUp?: number;
  /** Segments in each window; 500 unless told. */
  readonly window?: number;
  /** Views for each segment: one on each end, and those of `write` and `read`. */
  readonly views?: number;
  /** Bytes that a segment may allocate; {@linkcode MOST_PER_SEGMENT} unless told. */
  readonly most?: number;
}

const buffers = { sendBuffer: 500_000, receiveBuffer: 500_000 };
const CASES: Record<string, Case> = {
  "plain TCP": { options: { ...buffers, multipath: false } },
  "one subflow": { options: buffers },
  "both directions at once": { options: buffers, both: true },
  // What a turn of the loop costs falls on one or two segments here: a number above 2^31 for the next deadline.
  "a window of two segments": { options: { sendBuffer: 3000, receiveBuffer: 3000 }, most: 20 },
  // A segment of 13.5 KB touches 1.8 blocks of 16 KiB on each end, and `write` and `read` of one take 0.8 views each. Less
  // than 2 GiB in all: larger offsets are no small integers of the runtime any more.
  "super-segments": {
    options: buffers,
    interface: { mtu: 1500, superSegment: 14_600 },
    views: 5.3,
    most: 100,
  },
  "two subflows": {
    options: buffers,
    addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] },
    pathManager: fullMesh(),
  },
};

/** Transfers at full speed for `segments` segments; the receiver reads all that comes. */
function transfer(pair: Pair, connection: ReturnType<Pair["connect"]>, segments: number, both: boolean): void {
  const { client, server } = connection;
  const end = pair.segments + segments;
  while (pair.segments < end) {
    while (client.write(chunk, pair.now) > 0);
    if (both) { while (server.write(chunk, pair.now) > 0); }
    pair.turn();
    while (server.read(into, pair.now) > 0);
    while (client.read(into, pair.now) > 0);
  }
}

for (
  const [name, { both = false, warmUp = 40_000, window = 500, views = 2.5, most = MOST_PER_SEGMENT, ...options }]
    of Object.entries(CASES)
) {
  Deno.test(`a steady transfer allocates nothing for a segment but views: ${name}`, () => {
    if (collect === undefined) throw new Error("Cannot measure: run with --v8-flags=--expose-gc, as `deno task test`");
    using counter = new ViewCounter();
    const pair = new Pair(options);
    const connection = pair.connect();
    transfer(pair, connection, warmUp, both);
    assertEquals(connection.server.isMultipath, options.options?.multipath ?? true);
    // A window is so short that no collection falls into it (the young generation takes a megabyte) unless a segment
    // allocates kilobytes; the median leaves out windows in which the compiler was at work.
    const growth: number[] = [];
    for (let i = 0; i < WINDOWS; i++) {
      collect({ type: "minor" });
      const start = pair.segments;
      const before = Deno.memoryUsage().heapUsed;
      transfer(pair, connection, window, both);
      growth.push((Deno.memoryUsage().heapUsed - before) / (pair.segments - start));
    }
    const bytes = growth.sort((a, b) => a - b)[WINDOWS / 2] as number;
    assert(bytes < most, `${bytes.toFixed(1)} bytes for a segment`);
    const each = counter.count / pair.segments;
    assert(each < views, `${each.toFixed(2)} views for a segment`);
    assertEquals([pair.client.counters.TcpRetransSegs, pair.server.counters.TcpRetransSegs], [0, 0]);
    if (Deno.env.get("MPTCP_FIGURES")) console.log(`${name}: ${bytes.toFixed(2)} bytes, ${each.toFixed(2)} views`);
  });
}
