/**
 * What was sent again since the window was reduced, and how much of it the peer says that it had already (RFC 2883): if all,
 * nothing was lost, and the reduction was for nothing (RFC 3708 section 2, Linux's undo_retrans). That needs no timestamps, and
 * is known a round trip after the retransmission, when the recovery may be over.
 *
 * @module
 */

import { RangeSet } from "../buffer/ranges.ts";
import type { Segment } from "./segment.ts";

/** The retransmissions of one sender that are to be judged together. */
export class Repeated {
  #ranges: RangeSet | null = null;
  /** Everything of them lies below. */
  #end = 0;
  /** Bytes sent again for which no duplicate was reported: each of several copies wants a report of its own. */
  #unreported = 0;
  /** What was sent when the reduction was over: nobody reports anything once more than that is acknowledged. */
  #until = Infinity;
  /** There is a reduction to give back. */
  #isReduced = false;

  /** `segment` leaves once more. */
  onRetransmitted({ start, end }: Segment): void {
    (this.#ranges ??= new RangeSet()).add(start, end);
    this.#unreported += end - start;
    if (end > this.#end) this.#end = end;
  }

  /** The window is reduced, with everything below `una` acknowledged; a probe of the tail may be on its way by now. */
  onReduced(una: number): void {
    if (una >= this.#end) this.#forget();
    this.#isReduced = true;
    this.#until = Infinity;
  }

  /** What the reduction was for is repaired, with everything below `nxt` sent. */
  onRecovered(nxt: number): void {
    this.#until = nxt;
  }

  /** The reduction was given back, or cannot be. */
  stop(): void {
    this.#isReduced = false;
  }

  /** The peer had [left, right) already. */
  onDuplicate(left: number, right: number): void {
    this.#unreported -= this.#ranges?.countWithin(left, right) ?? 0;
  }

  /** Whether all that was sent again had arrived before, now that everything below `una` is acknowledged. */
  wasForNothing(una: number): boolean {
    if (una > this.#until) this.#forget();
    return this.#isReduced && this.#end > 0 && this.#unreported <= 0;
  }

  #forget(): void {
    this.#ranges?.clear();
    this.#unreported = this.#end = 0;
    this.#isReduced = false;
  }
}
