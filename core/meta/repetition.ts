/**
 * When bytes may go over a subflow a second time.
 *
 * To a peer that falls back, whatever comes over the only subflow without a mapping is the continuation of its stream
 * (RFC 8684 section 3.7), and a box may take mappings away from one moment to the next. A second copy is right there only
 * where the peer's stream stands, which the peer says with a DATA_ACK beside the acknowledgment of all that was sent: from
 * there on, in order, bytes mean the same with a mapping and without.
 *
 * @module
 */

import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";
import type { ReinjectionCause } from "./trace.ts";

/** What one connection may send again, and where. */
export class Repetition {
  readonly #meta: MetaSocket;
  #isAsked = false;
  /** Data offset less subflow offset at which the peer's answer lets copies follow; NaN without one. */
  #shift = NaN;

  /** For `meta`. */
  constructor(meta: MetaSocket) {
    this.#meta = meta;
  }

  /** Not where the bytes of the subflow are the stream, or are about to be. */
  get isPossible(): boolean {
    return this.#meta.isMultipath && this.#meta.failure === null;
  }

  /** Whether a copy of the bytes from data offset `start` on may follow what `subflow` carries. */
  allows(subflow: Subflow, start: number): boolean {
    return this.#isSettled || subflow.isJoin || this.#isInLine(subflow, start);
  }

  /** Whether copies that may follow on the only subflow must leave before new bytes, so that the order stays. */
  get comesFirst(): boolean {
    const { queue, subflows } = this.#meta;
    const only = subflows[0];
    if (this.#isSettled || !queue.hasReinjections || only === undefined) return false;
    return this.#isInLine(only, queue.reinjections.startAt(0));
  }

  /** All that was sent is acknowledged by subflows, but not by DATA_ACK (RFC 8684 section 3.3.6). */
  handleStall(): void {
    const only = this.#isSettled ? undefined : this.#meta.subflows.find(({ usable, isJoin }) => usable && !isJoin);
    this.#shift = NaN;
    if (only === undefined) return this.#repeat();
    this.#isAsked = true;
    only.tcp.requestProbe();
  }

  /** DATA_ACK came on `subflow` beside an acknowledgment. */
  handleAnswer(subflow: Subflow): void {
    if (!this.#isAsked || subflow.isJoin || !subflow.usable) return;
    const { board } = subflow.tcp.recovery;
    if (board.una !== board.end) return;
    this.#isAsked = false;
    this.#shift = this.#meta.queue.una - board.end;
    this.#repeat();
  }

  /** DATA_ACK advanced: there is nothing to ask for any more. */
  handleProgress(): void {
    this.#isAsked = false;
  }

  /** The peer knows of two subflows and will never take the connection for plain TCP. */
  get #isSettled(): boolean {
    return this.#meta.subflowSet.established > 1;
  }

  #isInLine(subflow: Subflow, start: number): boolean {
    return start - subflow.tcp.recovery.board.end === this.#shift;
  }

  /** [start, end), which `subflow` carries or nobody any more, is to go again. */
  reinject(subflow: Subflow | null, cause: ReinjectionCause, start: number, end: number): void {
    const { queue, tracer } = this.#meta;
    queue.reinject(start, end);
    tracer?.reinjected(subflow, cause, Math.max(start, queue.una), end);
  }

  #repeat(): void {
    const { queue, context } = this.#meta;
    this.reinject(null, "stalled", queue.una, queue.next);
    context.activateMeta(this.#meta);
  }
}
