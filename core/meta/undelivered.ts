/**
 * What a subflow has delivered and DATA_ACK does not cover: an acknowledgment on the subflow is no promise (RFC 8684
 * section 3.3.6).
 *
 * @module
 */

import type { Segment, SegmentPool } from "../tcp/segment.ts";
import type { SendQueue } from "./send_queue.ts";

/** Segments without their bytes, in the order in which they were acknowledged. */
export class Undelivered {
  readonly #segments: SegmentPool;
  readonly #queue: SendQueue;
  #first: Segment | null = null;
  #last: Segment | null = null;

  /** Segments go back to `segments` when DATA_ACK, which `queue` knows, covers them. */
  constructor(segments: SegmentPool, queue: SendQueue) {
    this.#segments = segments;
    this.#queue = queue;
  }

  /** The subflow has delivered `segment`; true if it is kept. */
  add(segment: Segment): boolean {
    if (segment.fin || segment.source + segment.payload <= this.#queue.una) return false;
    segment.next = segment.previous = null;
    this.#segments.releaseBytes(segment);
    if (this.#last === null) this.#first = segment;
    else this.#last.next = segment;
    this.#last = segment;
    return true;
  }

  /** Forgets what DATA_ACK has covered meanwhile. */
  release(): void {
    const { una } = this.#queue;
    let segment = this.#first;
    while (segment !== null && segment.source + (segment.end - segment.start) <= una) {
      this.#first = segment.next;
      this.#segments.release(segment);
      segment = this.#first;
    }
    if (segment === null) this.#last = null;
  }

  /** Their data ranges [start, end). */
  *ranges(): Iterable<readonly [number, number]> {
    for (let s = this.#first; s !== null; s = s.next) yield [s.source, s.source + s.length];
  }

  /** Forgets everything. */
  clear(): void {
    for (let s = this.#first; s !== null;) {
      const following: Segment | null = s.next;
      this.#segments.release(s);
      s = following;
    }
    this.#first = this.#last = null;
  }
}
