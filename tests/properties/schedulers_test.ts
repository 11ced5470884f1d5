import { assertEquals } from "@std/assert";
import type { Plugin, Scheduler, SendBatch, SubflowView } from "../../core/plugin.ts";
import {
  adaptiveRedundancy,
  assignFastestFirst,
  blest,
  burst,
  daps,
  dems,
  ecf,
  minRtt,
  otias,
  peekaboo,
  redundant,
  roundRobin,
  stms,
  sttf,
} from "../../schedulers/mod.ts";
import { fakeEnv, type Property, schedulerProperties, testScheduler } from "../kit/mod.ts";
import { assertRefuted, testRefutations } from "./refute.ts";
import { drawAlike } from "./runs.ts";

drawAlike();

testScheduler(minRtt());
testScheduler({ ...minRtt({ opportunisticRetransmission: false, penalisation: false }), name: "bare min-rtt" });
testScheduler(roundRobin());
testScheduler({ ...roundRobin({ quota: 7 }), name: "round-robin by seven" });
for (const plugin of [burst(), blest(), ecf(), daps(), otias(), sttf(), stms(), dems(), peekaboo()]) {
  testScheduler(plugin, { mayWait: true });
}
testScheduler({ ...dems({ chunk: 10_000, redundancy: 5000 }), name: "dems of ten segments" }, { mayWait: true });
// Room for less than a segment is not filled by subflows that have fallen behind by more than that.
testScheduler(redundant(), { mayWait: true });
testScheduler(adaptiveRedundancy(), { mayWait: true });
testScheduler(
  { ...adaptiveRedundancy({ shortFlow: 0, lossSensitive: true }), name: "loss-sensitive redundancy" },
  { mayWait: true },
);

function scheduler(schedule: (batch: SendBatch, now: number) => void, wakeAt = Infinity): Plugin<Scheduler> {
  return { name: "broken", create: () => ({ schedule, wakeAt }) };
}

/** A scheduler that remembers the first subflow that it saw. */
function clinging(): Scheduler {
  let remembered: SubflowView | undefined;
  return {
    schedule(batch) {
      remembered ??= batch.subflows[0];
      if (batch.waiting > 0 && remembered !== undefined) batch.assign(remembered, 1);
    },
  };
}

function onAny(batch: SendBatch, bytes: (subflow: SubflowView) => number): void {
  for (const subflow of batch.subflows) {
    if (subflow.room >= subflow.mss && batch.waiting > 0) batch.assign(subflow, bytes(subflow));
  }
}

let shared = 0;
let dump: unknown = null;

const broken: Record<string, Plugin<Scheduler>> = {
  "throws nothing": scheduler((batch) => {
    if (batch.subflows.length > 3) throw new Error("too many subflows for me");
  }),
  "asks to be woken in the future only": scheduler(() => {}, 0),
  "comes to an end when it is asked": scheduler((batch) => {
    while (batch.waiting > 0) {
      for (const subflow of batch.subflows) batch.assign(subflow, Math.min(1, subflow.room));
    }
  }),
  "looks at a bounded number of things when it is asked": scheduler((batch) => {
    let smallest = Infinity;
    for (let i = 0; i < batch.waiting; i += 10) smallest = Math.min(smallest, batch.subflows[0]!.mss);
    onAny(batch, () => smallest);
  }),
  "gives a subflow no more than it has room for": scheduler((batch) => {
    for (const subflow of batch.subflows) batch.assign(subflow, batch.waiting);
  }),
  "gives data only to subflows that are usable now": { name: "broken", create: clinging },
  "assigns whole bytes": scheduler((batch) => onAny(batch, (subflow) => subflow.room / 3)),
  "sends again only what is on its way": scheduler((batch) => {
    for (const subflow of batch.subflows) batch.assign(subflow, 1, batch.unacked - 1);
  }),
  "leaves bytes out only to assign others that wait": scheduler((batch) => {
    for (const subflow of batch.subflows) {
      if (subflow.room >= subflow.mss && batch.waiting > 0) {
        batch.assign(subflow, subflow.mss, batch.next + subflow.mss);
      }
    }
  }),
  "leaves backups alone while a regular subflow is usable": scheduler((batch) => {
    if (batch.subflows.every((it) => !it.stale)) onAny(batch, (subflow) => subflow.mss);
  }),
  "leaves stale subflows alone while another is usable": scheduler((batch) => onAny(batch, (subflow) => subflow.mss)),
  "assigns something while a usable subflow has room": scheduler((batch) => {
    if (batch.subflows.length === 1) onAny(batch, (subflow) => subflow.mss);
  }),
  "delivers everything while a path works": scheduler((batch) => {
    const at = batch.waitingFrom(batch.next + 1000);
    for (const subflow of batch.subflows) {
      if (subflow.room >= subflow.mss && at < batch.waitingTo(at)) batch.assign(subflow, subflow.mss, at);
    }
  }),
  "allocates nothing when it is asked": scheduler((batch) => {
    dump = batch.subflows.map((subflow) => subflow.srtt);
    if (dump !== null) assignFastestFirst(batch);
  }),
  "decides alike for the same seed and history": scheduler((batch) => {
    if (shared++ % 3 === 0) onAny(batch, (subflow) => subflow.mss);
  }),
};

testRefutations("scheduler", schedulerProperties, broken);

Deno.test("a scheduler that may allocate is not measured", () => {
  const names = schedulerProperties(minRtt(), { mayAllocate: true }).map((it) => it.name);
  assertEquals(names.includes("allocates nothing when it is asked"), false);
});

Deno.test("a scheduler that waits passes when it may, as long as it does not wait for nothing", () => {
  const patient = (lastChance: boolean): Plugin<Scheduler> =>
    scheduler((batch) => {
      const idle = batch.subflows.every((it) => it.inFlight + it.queued === 0);
      const chosen = minRtt().create(fakeEnv(0));
      if (idle === lastChance && batch.reason !== "window-limited") chosen.schedule(batch, 0);
    });
  const progress = (plugin: Plugin<Scheduler>, mayWait: boolean): Property | undefined =>
    schedulerProperties(plugin, { mayWait }).find((it) => it.name.startsWith("assigns something"));
  progress(patient(true), true)?.check();
  assertRefuted(progress(patient(true), false), "nothing assigned");
  assertRefuted(progress(patient(false), true), "nothing assigned");
});
