/**
 * Every byte on every subflow: the fastest copy counts, whatever happens to the others.
 *
 * Frömmgen, Erbshäußer, Buchmann, Zimmermann and Wehrle, "ReMP TCP: Low Latency Multipath TCP" (IEEE ICC 2016).
 *
 * @module
 */

import type { Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, nextFastest } from "./fastest.ts";
import { bestPreference } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/**
 * Each usable subflow sends the whole stream at its own pace. One that has fallen behind what is acknowledged goes on
 * from there: nobody needs what the peer has.
 *
 * The throughput is that of the best path, the latency of each piece that of the first copy to arrive. Backups stay
 * out of it while a regular subflow is usable.
 *
 * @example
 * ```ts
 * import { redundant } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = redundant();
 * ```
 */
export function redundant(): Plugin<Scheduler> {
  return { name: "redundant", create: (): Scheduler => new Redundant() };
}

class Redundant implements Scheduler {
  readonly redundant = true;

  schedule(batch: SendBatch): void {
    // What is to go again has failed on its way and was not sent by the others either.
    if (batch.reason === "reinjection") assignFastestFirst(batch);
    else if (batch.reason === "data") assignEverywhere(batch);
  }
}

/** Gives each preferred subflow what it has not carried yet, as far as it has room, the fastest first. */
export function assignEverywhere(batch: SendBatch): void {
  const { subflows } = batch;
  const preference = bestPreference(subflows);
  let subflow = nextFastest(subflows, preference, null);
  while (subflow !== null) {
    catchUp(batch, subflow);
    subflow = nextFastest(subflows, preference, subflow);
  }
}

function catchUp(batch: SendBatch, subflow: SubflowView): void {
  let at = Math.max(subflow.dataEnd, batch.unacked);
  for (;;) {
    const isNew = at >= batch.next;
    const left = isNew ? batch.waiting : batch.next - at;
    const bytes = left > 0 ? wholeSegments(subflow, left) : 0;
    if (bytes === 0) return;
    const took = batch.assign(subflow, bytes, Math.min(at, batch.next));
    if (took === 0) return;
    at += took;
  }
}
