/**
 * All segments of one sender, from the oldest unacknowledged to the last that was assigned, kept in two orders.
 *
 * @module
 */

import type { Segment, SegmentPool } from "./segment.ts";

/** Linked lists through the segments themselves: by sequence number, and by time of transmission. */
export class SegmentQueue {
  /** Lowest sequence number. */
  first: Segment | null = null;
  /** Highest sequence number. */
  last: Segment | null = null;
  /** Lowest that was never sent; all behind it are unsent too. */
  unsent: Segment | null = null;
  /** Sent longest ago among those in flight. */
  oldest: Segment | null = null;
  /** Sent most recently among those in flight. */
  newest: Segment | null = null;

  /** Adds an unsent segment at the end. */
  append(segment: Segment): void {
    segment.previous = this.last;
    if (this.last === null) this.first = segment;
    else this.last.next = segment;
    this.last = segment;
    this.unsent ??= segment;
  }

  /** Removes the first segment from the order of sequence numbers. */
  removeFirst(): void {
    const segment = this.first as Segment;
    this.first = segment.next;
    if (this.first === null) this.last = null;
    else this.first.previous = null;
    if (this.unsent === segment) this.unsent = segment.next;
    segment.next = null;
  }

  /** Cuts `segment` at `at` into two that share its place in both orders. */
  split(segment: Segment, at: number, pool: SegmentPool): void {
    const rest = pool.split(segment, at);
    rest.previous = segment;
    rest.next = segment.next;
    if (segment.next === null) this.last = rest;
    else segment.next.previous = rest;
    segment.next = rest;
    if (segment.inFlight) this.#insertSentAfter(segment, rest);
  }

  /** `segment` is leaving: it becomes the newest in flight. */
  appendSent(segment: Segment): void {
    segment.inFlight = true;
    segment.sentPrevious = this.newest;
    segment.sentNext = null;
    if (this.newest === null) this.oldest = segment;
    else this.newest.sentNext = segment;
    this.newest = segment;
  }

  /** `segment`, sent some time ago, is in flight after all: it takes its place in the order of transmission again. */
  restoreSent(segment: Segment): void {
    let earlier = this.newest;
    while (earlier !== null && isSentBefore(segment, earlier)) earlier = earlier.sentPrevious;
    if (earlier === this.newest) return this.appendSent(segment);
    segment.inFlight = true;
    const later = earlier === null ? this.oldest as Segment : earlier.sentNext as Segment;
    segment.sentPrevious = earlier;
    segment.sentNext = later;
    later.sentPrevious = segment;
    if (earlier === null) this.oldest = segment;
    else earlier.sentNext = segment;
  }

  /** `segment` is no longer in flight. */
  removeSent(segment: Segment): void {
    segment.inFlight = false;
    if (segment.sentPrevious === null) this.oldest = segment.sentNext;
    else segment.sentPrevious.sentNext = segment.sentNext;
    if (segment.sentNext === null) this.newest = segment.sentPrevious;
    else segment.sentNext.sentPrevious = segment.sentPrevious;
    segment.sentNext = segment.sentPrevious = null;
  }

  #insertSentAfter(segment: Segment, rest: Segment): void {
    rest.sentPrevious = segment;
    rest.sentNext = segment.sentNext;
    if (segment.sentNext === null) this.newest = rest;
    else segment.sentNext.sentPrevious = rest;
    segment.sentNext = rest;
  }
}

/** RFC 8985 section 6.2 step 2: what left at the same instant left in the order of sequence numbers. */
function isSentBefore(a: Segment, b: Segment): boolean {
  return a.sentAt < b.sentAt || (a.sentAt === b.sentAt && a.end < b.end);
}
