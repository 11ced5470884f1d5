/**
 * Bytes that lie in several places.
 *
 * @module
 */

/** A sequence of ranges of other arrays. Reused: after `clear` it still knows the arrays, until others take their place. */
export class Pieces {
  /** How many there are; what the lists hold beyond is of an earlier use. */
  count = 0;
  /** Bytes of all together. */
  length = 0;
  /** The arrays. */
  readonly arrays: Uint8Array<ArrayBuffer>[] = [];
  /** Where each piece begins in its array. */
  readonly starts: number[] = [];
  /** Bytes of each piece. */
  readonly lengths: number[] = [];

  /** Makes it empty. */
  clear(): void {
    this.count = this.length = 0;
  }

  /** Appends `array[start … start + length)`. */
  add(array: Uint8Array<ArrayBuffer>, start: number, length: number): void {
    const { count } = this;
    this.arrays[count] = array;
    this.starts[count] = start;
    this.lengths[count] = length;
    this.count++;
    this.length += length;
  }

  /** Takes the first `length` bytes out. */
  drop(length: number): void {
    let whole = 0;
    for (let left = length; left > 0 && left >= this.lengths[whole]!; whole++) left -= this.lengths[whole]!;
    let dropped = 0;
    for (let i = 0; i < whole; i++) dropped += this.lengths[i]!;
    this.count -= whole;
    this.length -= length;
    for (const list of [this.arrays, this.starts, this.lengths]) list.copyWithin(0, whole, whole + this.count);
    if (this.count === 0) return;
    this.starts[0]! += length - dropped;
    this.lengths[0]! -= length - dropped;
  }

  /** Copies all of it to `into[at…]`. */
  copyTo(into: Uint8Array, at: number): void {
    for (let i = 0; i < this.count; i++) {
      const start = this.starts[i]!;
      const length = this.lengths[i]!;
      into.set(this.arrays[i]!.subarray(start, start + length), at);
      at += length;
    }
  }
}
