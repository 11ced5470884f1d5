import { assert, assertEquals } from "@std/assert";
import { RangeSet } from "../../core/buffer/ranges.ts";
import type { Plugin, Scheduler, SendBatch, SendReason } from "../../core/plugin.ts";
import { assignFastestFirst, redundant, wholeSegments } from "../../schedulers/mod.ts";
import { bothWays, SCHEDULERS, TWO_PATHS, World } from "../harness/mod.ts";

const SIZE = 500_000;

/** Gives each subflow a segment from anywhere in what waits. */
function shuffling(): Plugin<Scheduler> {
  return {
    name: "shuffling",
    create: (env) => ({
      schedule(batch) {
        if (batch.reason === "reinjection") return assignFastestFirst(batch);
        for (let tries = 0; tries < 50 && batch.waiting > 0; tries++) {
          const subflow = batch.subflows[Math.floor(env.random() * batch.subflows.length)]!;
          const from = batch.waitingFrom(batch.next + Math.floor(env.random() ** 3 * 100_000));
          const at = from < batch.waitingTo(from) ? from : batch.next;
          const bytes = Math.min(subflow.mss, wholeSegments(subflow, batch.waitingTo(at) - at));
          // Before there are two subflows nothing may be left out.
          if (bytes > 0 && batch.assign(subflow, bytes, at) === 0) batch.assign(subflow, bytes);
        }
      },
    }),
  };
}

Deno.test("what leaves in any order arrives in order, whatever happens to the paths", () => {
  for (const seed of [1, 2, 3]) {
    for (const loss of [0, 0.02]) {
      const end = { scheduler: shuffling() };
      const paths = [0, 1].map((i) => ({
        client: `10.0.${i}.1`,
        server: "10.0.9.1",
        ...bothWays(20, 10 + 40 * i, { loss }),
      }));
      const world = new World({ seed, paths, client: end, server: end });
      const data = world.bytes(SIZE, "both");
      const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
      world.simulator.at(200 + 50 * seed, () => world.setPath(seed % 2, { up: false }));
      world.simulator.at(3000, () => world.setPath(seed % 2, { up: true }));
      world.settle();
      running.assertDone();
    }
  }
});

Deno.test("a connection that may still fall back sends in order, whatever its scheduler wants", () => {
  const refusals: number[] = [];
  const eager: Plugin<Scheduler> = {
    name: "eager",
    create: () => ({
      schedule(batch) {
        const [subflow] = batch.subflows;
        if (batch.waiting > 2000) refusals.push(batch.assign(subflow!, 1000, batch.next + 1000));
        assignFastestFirst(batch);
      },
    }),
  };
  const world = new World({ paths: TWO_PATHS.slice(0, 1), client: { scheduler: eager } });
  const data = world.bytes(100_000, "up");
  const running = world.transfer({ sends: data }, { expects: data });
  world.settle();
  running.assertDone();
  assert(refusals.length > 0);
  assert(refusals.every((took) => took === 0));
});

Deno.test("what a dead path carried does not go again where another carries it anyway", () => {
  const end = { scheduler: redundant() };
  const paths = [
    { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 10) },
    { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(20, 300) },
    { client: "10.0.2.1", server: "10.0.9.1", ...bothWays(20, 300) },
  ];
  const world = new World({ paths, server: end });
  const data = world.bytes(SIZE, "down");
  const slowly = { writeChunk: 3000, writeEvery: 20, sends: data };
  const running = world.transfer({ expects: data }, slowly);
  const seen = new RangeSet();
  let sent = 0;
  let begin = NaN;
  world.filter = ({ direction, path, payload, header: { sequence, options: { mptcp } } }) => {
    if (direction !== "down" || path !== 1 || payload === 0) return;
    if (Number.isNaN(begin)) begin = sequence - mptcp.subflowSequence;
    const start = mptcp.dataSequence.low + sequence - begin - mptcp.subflowSequence;
    seen.add(start, start + payload);
    sent += payload;
  };
  world.simulator.at(3000, () => world.setPath(0, { up: false }));
  world.settle();
  running.assertDone();
  assertEquals(sent, seen.total, "bytes sent, and different ones");
});

Deno.test("a redundant scheduler is also told of a full window", () => {
  const reasons = new Set<SendReason>();
  const watching: Plugin<Scheduler> = {
    name: "watching",
    create: (env) => {
      const scheduler = redundant().create(env);
      return {
        redundant: true,
        schedule(batch: SendBatch, now: number) {
          reasons.add(batch.reason);
          scheduler.schedule(batch, now);
        },
      };
    },
  };
  const world = new World({
    paths: TWO_PATHS,
    client: { options: { receiveBuffer: 20_000 } },
    server: { scheduler: watching },
  });
  const data = world.bytes(SIZE, "down");
  const running = world.transfer({ expects: data }, { sends: data });
  world.settle();
  running.assertDone();
  assert(reasons.has("window-limited"));
});

Deno.test("a scheduler is woken once for each time that it asks for, though it has nothing to decide then", () => {
  const plugin: Plugin<Scheduler> = {
    name: "early riser",
    create: () => ({ wakeAt: 30_000, schedule: (batch) => batch.reason === "data" && assignFastestFirst(batch) }),
  };
  const world = new World({ paths: TWO_PATHS, client: { scheduler: plugin }, server: { scheduler: plugin } });
  const data = world.bytes(SIZE, "down");
  const running = world.transfer({ expects: data }, { sends: data });
  world.settle();
  running.assertDone();
});

Deno.test("a scheduler can be exchanged for any other in the middle of a transfer", () => {
  const all = Object.values(SCHEDULERS);
  for (const first of all) {
    const end = { scheduler: first };
    const paths = [0, 1].map((i) => ({ client: `10.0.${i}.1`, server: "10.0.9.1", ...bothWays(20, 5 + 50 * i) }));
    const world = new World({ paths, client: end, server: end });
    const data = world.bytes(2 * SIZE, "both");
    const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
    all.forEach((next, i) => {
      world.simulator.at(150 + 40 * i, () => {
        for (const side of ["client", "server"] as const) {
          world[side].act(() => running[side]!.socket.setScheduler(next));
        }
      });
    });
    world.settle();
    running.assertDone();
  }
});
