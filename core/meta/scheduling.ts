/**
 * When a connection asks its scheduler, about what, and with which subflows to choose from.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** No payload of a segment is longer. */
const LARGEST_SEGMENT = 0xffff;

/** The questions of one connection to its scheduler. */
export class Scheduling {
  readonly #meta: MetaSocket;
  readonly #choices: Subflow[] = [];
  /** A window that is a silly one has been left alone for long enough. */
  #isOverridden = false;

  /** For `meta`. */
  constructor(meta: MetaSocket) {
    this.#meta = meta;
  }

  /** Lets the scheduler assign what waits to subflows, then sends the end of the stream if nothing is left. */
  run(now: Micros): void {
    const meta = this.#meta;
    const { queue, context } = meta;
    if (meta.state !== "established") return;
    meta.timers.noteUnacknowledged(now);
    if (queue.hasReinjections && this.#collect(false, queue.reinjections.total, now)) {
      if (this.#choices.length === 1) this.#leaveOwn(this.#choices[0] as Subflow);
      if (queue.hasReinjections) context.batch.ask(meta, "reinjection", this.#choices, now);
    }
    if (meta.repetition.comesFirst || !this.#collect(true, queue.waiting, now)) return meta.timers.update();
    if (queue.waiting > 0) {
      if (!this.#isHeld()) context.batch.ask(meta, "data", this.#choices, now);
      this.#isOverridden = false;
    } else if (queue.una < queue.next) {
      if (meta.scheduler.redundant) context.batch.ask(meta, "data", this.#choices, now);
      if (queue.next < queue.end) context.batch.ask(meta, "window-limited", this.#choices, now);
    }
    this.#markShort();
    if (queue.next === queue.finAt) meta.closing.sendFin(now);
    meta.timers.handleScheduled(now);
  }

  /**
   * What subflows deliver from now on says nothing of what their paths can carry, if a segment more would have fitted than
   * they were given. Less room than that is what windows leave.
   */
  #markShort(): void {
    for (let i = 0; i < this.#choices.length; i++) {
      const { tcp } = this.#choices[i] as Subflow;
      if (tcp.room >= tcp.mss) tcp.recovery.markAppLimited();
    }
  }

  /**
   * Fills `#choices` with the usable subflows whose own window takes some of `waiting` bytes; false if there is none. Stale
   * ones are no place for reinjections.
   */
  #collect(includesStale: boolean, waiting: number, now: Micros): boolean {
    const choices = this.#choices;
    const { subflows } = this.#meta;
    let count = 0;
    for (let i = 0; i < subflows.length; i++) {
      const subflow = subflows[i] as Subflow;
      if (!subflow.usable || !(includesStale || !subflow.stale)) continue;
      if (waiting === 0 || subflow.tcp.allows(waiting) > 0) choices[count++] = subflow;
      else subflow.tcp.requestWindow(now);
    }
    // Not emptied first: a push onto an emptied array allocates.
    if (choices.length > count) choices.length = count;
    return count > 0;
  }

  /**
   * What the only subflow there is carries itself it repeats itself; a second copy on it would help nobody. What it has
   * delivered without a DATA_ACK goes again when the peer has been asked.
   */
  #leaveOwn(subflow: Subflow): void {
    const { queue, repetition } = this.#meta;
    for (const [start, end] of subflow.carried()) queue.reinjections.remove(start, end);
    if (queue.hasReinjections && !repetition.allows(subflow, queue.reinjections.startAt(0))) queue.forgetReinjections();
  }

  /** A silly window was left alone for long enough: what it takes leaves with the next question. */
  overrideWindow(): void {
    this.#isOverridden = true;
    this.#meta.activate();
  }

  /**
   * Whether nothing but the size of the peer's window keeps what it takes from leaving: less than a segment, than all there
   * is, and than half of the largest window (RFC 9293 section 3.8.6.2.1).
   */
  get isWindowSilly(): boolean {
    const { queue } = this.#meta;
    const { waiting } = queue;
    if (waiting === 0 || queue.una < queue.next || this.#isOverridden) return false;
    return waiting < this.#leastMss && !this.#isAll && waiting < queue.largestWindow / 2;
  }

  /** Nagle's algorithm and the sender's half of silly-window avoidance (RFC 9293 sections 3.7.4 and 3.8.6.2.1). */
  #isHeld(): boolean {
    const { queue, options, writeEnded } = this.#meta;
    if (queue.una >= queue.next) return this.isWindowSilly;
    if (queue.waiting >= this.#leastMss) return false;
    return !(this.#isAll && (options.noDelay || writeEnded));
  }

  /** The window takes all that waits. */
  get #isAll(): boolean {
    const { queue } = this.#meta;
    return queue.waiting === queue.end - queue.next - queue.ahead;
  }

  get #leastMss(): number {
    let mss = LARGEST_SEGMENT;
    for (let i = 0; i < this.#choices.length; i++) mss = Math.min(mss, (this.#choices[i] as Subflow).mss);
    return mss;
  }
}
