/**
 * A run of sequence numbers that leaves, or left, in one piece; and the two orders in which the sender keeps them.
 *
 * @module
 */

import type { Block, BlockPool } from "../buffer/blocks.ts";
import { followBlocks, releaseBlocks, retainBlocks } from "../buffer/stream_buffer.ts";
import type { Micros } from "../plugin.ts";

/**
 * A piece of the sequence space with what the sender must remember of it. Offsets are relative to the initial
 * sequence number: the SYN is offset 0, the first byte offset 1.
 */
export class Segment {
  /** First offset. */
  start = 0;
  /** One past the last offset. */
  end = 0;
  /** True for the FIN, which is a piece of its own. */
  fin = false;
  /** The block that holds the first byte. */
  block: Block | null = null;
  /** Where the first byte stands in the stream of the layer above. */
  source = 0;
  /** Offset at which the range begins that the layer above assigned in one go, and of which this is a cut. */
  rangeStart = 0;
  /** Length of that range. */
  rangeLength = 0;
  /** Checksum of that range, kept for the layer above; -1 before it is computed. */
  rangeChecksum = -1;

  /** Last transmission. */
  sentAt: Micros = 0;
  /** Sent, and neither acknowledged nor believed lost since. */
  inFlight = false;
  /** Selectively acknowledged. */
  sacked = false;
  /** Believed lost and waiting for retransmission. */
  lost = false;
  /** Sent more than once. */
  retransmitted = false;

  /** Delivery state of the connection when this left (draft-cheng-iccrg-delivery-rate-estimation). */
  delivered = 0;
  /** See `delivered`. */
  deliveredAt: Micros = 0;
  /** See `delivered`. */
  firstSentAt: Micros = 0;
  /** See `delivered`. */
  appLimited = false;
  /** Sequence numbers in flight right after this left, itself included. */
  sentInFlight = 0;
  /** Sequence numbers lost on the connection before this left. */
  lostBefore = 0;

  /** Neighbours in order of sequence numbers. */
  next: Segment | null = null;
  /** See `next`. */
  previous: Segment | null = null;
  /** Neighbours in order of transmission. */
  sentNext: Segment | null = null;
  /** See `sentNext`. */
  sentPrevious: Segment | null = null;

  /** Sequence numbers that it takes. */
  get length(): number {
    return this.end - this.start;
  }

  /** Bytes that it carries. */
  get payload(): number {
    return this.fin ? 0 : this.end - this.start;
  }

  /** Where the assigned range begins in the stream of the layer above. */
  get rangeSource(): number {
    return this.source - (this.start - this.rangeStart);
  }
}

/** Segments to reuse, shared by all sockets of a stack. */
export class SegmentPool {
  readonly #blocks: BlockPool;
  readonly #keep: number;
  #free: Segment | null = null;
  #freeCount = 0;
  /** Segments in use. */
  inUse = 0;

  /** At most `keep` unused segments are kept. */
  constructor(blocks: BlockPool, keep = 65536) {
    this.#blocks = blocks;
    this.#keep = keep;
  }

  /** A segment over [start, end) whose bytes begin at `source` in `block`; no block for a FIN. */
  take(start: number, end: number, block: Block | null, source: number): Segment {
    const segment = this.#free ?? new Segment();
    if (segment === this.#free) {
      this.#free = segment.next;
      this.#freeCount--;
      segment.next = null;
    }
    this.inUse++;
    segment.start = start;
    segment.end = end;
    segment.source = source;
    segment.block = block;
    segment.fin = block === null;
    segment.rangeStart = start;
    segment.rangeLength = end - start;
    segment.rangeChecksum = -1;
    segment.inFlight =
      segment.sacked =
      segment.lost =
      segment.retransmitted =
        false;
    if (block !== null) retainBlocks(this.#blocks, block, source, end - start);
    return segment;
  }

  /** Lets go of the bytes; the segment itself stays with the caller. */
  releaseBytes(segment: Segment): void {
    if (segment.block === null) return;
    releaseBlocks(this.#blocks, segment.block, segment.source, segment.payload);
    segment.block = null;
  }

  /** Takes the segment back. */
  release(segment: Segment): void {
    this.releaseBytes(segment);
    this.inUse--;
    segment.previous = segment.sentNext = segment.sentPrevious = null;
    segment.next = null;
    if (this.#freeCount >= this.#keep) return;
    segment.next = this.#free;
    this.#free = segment;
    this.#freeCount++;
  }

  /** Cuts `segment` at offset `at`; returns the second half, which the caller links. */
  split(segment: Segment, at: number): Segment {
    const first = segment.block as Block;
    const skip = at - segment.start;
    const whole = segment.payload;
    const source = segment.source + skip;
    const rest = this.take(at, segment.end, followBlocks(first, source), source);
    copyHistory(segment, rest);
    retainBlocks(this.#blocks, first, segment.source, skip);
    releaseBlocks(this.#blocks, first, segment.source, whole);
    segment.end = at;
    return rest;
  }
}

function copyHistory(from: Segment, to: Segment): void {
  to.rangeStart = from.rangeStart;
  to.rangeLength = from.rangeLength;
  to.rangeChecksum = from.rangeChecksum;
  to.sentAt = from.sentAt;
  to.inFlight = from.inFlight;
  to.sacked = from.sacked;
  to.lost = from.lost;
  to.retransmitted = from.retransmitted;
  to.delivered = from.delivered;
  to.deliveredAt = from.deliveredAt;
  to.firstSentAt = from.firstSentAt;
  to.appLimited = from.appLimited;
  to.sentInFlight = from.sentInFlight;
  to.lostBefore = from.lostBefore;
}
