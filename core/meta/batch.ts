/**
 * The question that a connection puts to its scheduler.
 *
 * @module
 */

import type { Micros, SendBatch, SendReason, SubflowView } from "../plugin.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** Longest range that one mapping describes (RFC 8684 section 3.3). */
const LONGEST_MAPPING = 0xffff;
const NONE: readonly Subflow[] = [];

/** One for all connections of a stack: it is filled, asked and forgotten within one call. */
export class Batch implements SendBatch {
  reason: SendReason = "data";
  subflows: readonly Subflow[] = NONE;

  #meta: MetaSocket | null = null;
  #now: Micros = 0;

  /** Puts the question `reason` about `meta` to `scheduler`, with `subflows` to choose from. */
  ask(meta: MetaSocket, reason: SendReason, subflows: readonly Subflow[], now: Micros): void {
    this.#meta = meta;
    this.#now = now;
    this.reason = reason;
    this.subflows = subflows;
    meta.scheduler.schedule(this, now);
    this.#meta = null;
    this.subflows = NONE;
  }

  get waiting(): number {
    const { queue } = this.#socket;
    return this.reason === "reinjection" ? queue.reinjections.total : queue.waiting;
  }

  get queued(): number {
    const { queue } = this.#socket;
    return queue.end - queue.next - queue.ahead;
  }

  get unacked(): number {
    return this.#socket.queue.una;
  }

  get next(): number {
    const { queue } = this.#socket;
    return this.reason === "reinjection" && queue.hasReinjections ? queue.reinjections.startAt(0) : queue.next;
  }

  get windowEnd(): number {
    return this.#socket.queue.windowEnd;
  }

  assign(view: SubflowView, bytes: number, from?: number): number {
    const { queue } = this.#socket;
    const subflow = view as Subflow;
    if (!(bytes > 0) || !subflow.usable) return 0;
    const most = subflow.tcp.allows(Math.min(bytes, longestMapping(subflow)));
    if (most === 0) return 0;
    if (from !== undefined && from !== this.next) {
      return from < queue.next ? this.#assignAgain(subflow, most, from) : this.#assignAhead(subflow, most, from);
    }
    if (this.reason === "reinjection") return this.#assignReinjection(subflow, most);
    const start = queue.next;
    const length = queue.take(most);
    if (length > 0) this.#give(subflow, start, length);
    return length;
  }

  waitingFrom(at: number): number {
    return this.#socket.queue.waitingFrom(at);
  }

  waitingTo(at: number): number {
    return this.#socket.queue.waitingTo(at);
  }

  carrier(at: number): SubflowView | null {
    for (const subflow of this.#socket.subflows) if (subflow.carries(at)) return subflow;
    return null;
  }

  penalise(view: SubflowView): void {
    (view as Subflow).penalise(this.#now);
  }

  get #socket(): MetaSocket {
    if (this.#meta === null) throw new Error("Cannot use a batch: it is valid during the call of schedule only");
    return this.#meta;
  }

  #assignAgain(subflow: Subflow, bytes: number, from: number): number {
    const { queue, repetition } = this.#socket;
    if (!repetition.isPossible) return 0;
    const start = Math.max(from, queue.una);
    const length = Math.min(from + bytes, queue.next) - start;
    if (length <= 0 || !repetition.allows(subflow, start)) return 0;
    this.#countAgain(length);
    subflow.assign(start, length);
    this.#socket.tracer?.scheduled(subflow, "repeat", start, length);
    return start + length - from;
  }

  #assignAhead(subflow: Subflow, bytes: number, from: number): number {
    const { queue, subflowSet, repetition } = this.#socket;
    // A connection that may yet fall back must send its stream in order.
    if (!repetition.isPossible || subflowSet.established < 2 || this.reason !== "data") return 0;
    const length = queue.takeAt(from, bytes);
    if (length > 0) this.#give(subflow, from, length);
    return length;
  }

  #assignReinjection(subflow: Subflow, bytes: number): number {
    const { queue, repetition } = this.#socket;
    if (!queue.hasReinjections) return 0;
    const start = queue.reinjections.startAt(0);
    if (!repetition.allows(subflow, start)) return 0;
    const length = Math.min(bytes, queue.reinjections.endAt(0) - start);
    queue.reinjections.remove(start, start + length);
    this.#countAgain(length);
    this.#give(subflow, start, length);
    return length;
  }

  #give(subflow: Subflow, start: number, length: number): void {
    subflow.assign(start, length);
    this.#socket.tracer?.scheduled(subflow, this.reason, start, length);
  }

  #countAgain(length: number): void {
    const meta = this.#socket;
    meta.queue.reinjected += length;
    meta.context.counters.MPTcpExtMPTCPRetrans++;
  }
}

/** Of whole segments, and no more than leave in one piece, so that no mapping ends in a sliver. */
function longestMapping({ mss, tcp }: Subflow): number {
  const { superSegment } = tcp.path;
  const most = superSegment > mss ? Math.min(LONGEST_MAPPING, superSegment) : LONGEST_MAPPING;
  return most - most % mss;
}
