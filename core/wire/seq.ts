/**
 * Sequence numbers: 32-bit TCP arithmetic and 64-bit data sequence numbers as two halves.
 *
 * Above the wire every position is a stream offset, a plain number of up to 53 bits; only here do offsets and the
 * wrapping numbers of the segments meet.
 *
 * @module
 */

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 0x20_0000_0000_0000;

/** How far `to` is ahead of `from` modulo 2^32, as a signed 32-bit number (RFC 9293 section 3.4). */
export function sequenceDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/**
 * The stream offset congruent to the 32-bit number `wire` that is nearest to the stream offset `near`.
 * It is negative when the nearest one lies before the start of the stream.
 */
export function unwrap32(near: number, wire: number): number {
  return near + ((wire - near) | 0);
}

/** (a + b) modulo 2^32 as an unsigned number; both may be stream offsets of up to 53 bits, or negative. */
export function addModulo32(a: number, b: number): number {
  return ((a | 0) + (b | 0)) >>> 0;
}

/** An unsigned 64-bit number as two 32-bit halves. Mutable, so that hot paths reuse one. */
export class Uint64 {
  // A field that is declared without a value is undefined first, and then each number above 2^31 stored in it allocates.
  /** The upper 32 bits, unsigned. */
  high = 0;
  /** The lower 32 bits, unsigned. */
  low = 0;

  /** The halves are unsigned 32-bit numbers. */
  constructor(high = 0, low = 0) {
    this.high = high;
    this.low = low;
  }

  /** Sets both halves. */
  set(high: number, low: number): this {
    this.high = high;
    this.low = low;
    return this;
  }

  /** Takes over the value of `other`. */
  copy(other: Uint64): this {
    this.high = other.high;
    this.low = other.low;
    return this;
  }

  /** Whether both stand for the same number, in time that does not depend on where they differ: some are keys. */
  equals(other: Uint64): boolean {
    return ((this.low ^ other.low) | (this.high ^ other.high)) === 0;
  }

  /** Whether the number is 0. */
  isZero(): boolean {
    return this.low === 0 && this.high === 0;
  }

  /** Becomes `base + offset` modulo 2^64; `offset` is an integer of up to 53 bits and may be negative. */
  setSum(base: Uint64, offset: number): this {
    const low = base.low + (offset >>> 0);
    const carry = low >= TWO_32 ? 1 : 0;
    this.high = (base.high + Math.floor(offset / TWO_32) + carry) >>> 0;
    this.low = low >>> 0;
    return this;
  }

  /**
   * This number less `base`, the difference modulo 2^64 taken as a signed 64-bit number.
   * NaN when its magnitude is 2^53 or more, where a number is no longer exact.
   */
  distanceFrom(base: Uint64): number {
    const low = this.low - base.low;
    const high = (this.high - base.high - (low < 0 ? 1 : 0)) | 0;
    const distance = high * TWO_32 + (low >>> 0);
    return distance > -TWO_53 && distance < TWO_53 ? distance : NaN;
  }

  /** Writes the 8 bytes in network order. */
  writeTo(view: DataView, at: number): void {
    view.setUint32(at, this.high);
    view.setUint32(at + 4, this.low);
  }

  /** Reads 8 bytes in network order. */
  readFrom(view: DataView, at: number): void {
    this.high = view.getUint32(at);
    this.low = view.getUint32(at + 4);
  }

  /** Sixteen lower-case hexadecimal digits. */
  toString(): string {
    return this.high.toString(16).padStart(8, "0") + this.low.toString(16).padStart(8, "0");
  }
}
