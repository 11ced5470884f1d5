/**
 * Sets of stream offsets: what was received, acknowledged selectively, lost or sent.
 *
 * @module
 */

/** Ranges that the first array holds. */
const SMALLEST = 4;
/** Ranges that an emptied set keeps room for. */
const LARGEST_IDLE = 16;

/**
 * A set of integers as disjoint, non-adjacent, half-open ranges in ascending order.
 *
 * Extending the first or the last range and removing from below take constant time; everything else is a binary search
 * and a move of what stands on the shorter side. Holds no array until first used.
 */
export class RangeSet {
  /** Start and end of range `i` at `2 * (#first + i)` and the index after it. */
  #edges: Float64Array | null = null;
  #first = 0;
  #count = 0;
  #total = 0;

  /** True when the set holds nothing. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Number of ranges. */
  get count(): number {
    return this.#count;
  }

  /** Sum of the lengths of all ranges. */
  get total(): number {
    return this.#total;
  }

  /**
   * Start of range `index`.
   *
   * @throws {RangeError} when there is no such range
   */
  startAt(index: number): number {
    if (!(index >= 0 && index < this.#count)) throw noSuchRange(index, this.#count);
    return this.#edges![2 * (this.#first + index)]!;
  }

  /**
   * End of range `index`: the first integer after it.
   *
   * @throws {RangeError} when there is no such range
   */
  endAt(index: number): number {
    if (!(index >= 0 && index < this.#count)) throw noSuchRange(index, this.#count);
    return this.#edges![2 * (this.#first + index) + 1]!;
  }

  /**
   * Adds `[start, end)` and returns how many of its integers were new.
   *
   * @throws {RangeError} when `end` is below `start`
   */
  add(start: number, end: number): number {
    if (!(start < end)) return nothing(start, end);
    const count = this.#count;
    if (count === 0) {
      this.#insert(0, start, end);
      return this.#grow(end - start);
    }
    const edges = this.#edges!;
    const first = 2 * this.#first;
    const last = first + 2 * (count - 1);

    if (start >= edges[last]!) {
      const lastEnd = edges[last + 1]!;
      if (start > lastEnd) {
        this.#insert(count, start, end);
        return this.#grow(end - start);
      }
      if (end <= lastEnd) return 0;
      edges[last + 1] = end;
      return this.#grow(end - lastEnd);
    }

    const firstStart = edges[first]!;
    const firstEnd = edges[first + 1]!;
    if (start >= firstStart && start <= firstEnd && end < edges[first + 2]!) {
      if (end <= firstEnd) return 0;
      edges[first + 1] = end;
      return this.#grow(end - firstEnd);
    }
    if (end <= firstEnd) {
      if (end < firstStart) {
        this.#insert(0, start, end);
        return this.#grow(end - start);
      }
      edges[first] = start;
      return this.#grow(firstStart - start);
    }
    return this.#merge(start, end);
  }

  /**
   * Removes `[start, end)` and returns how many of its integers were there. `end` may be Infinity.
   *
   * @throws {RangeError} when `end` is below `start`
   */
  remove(start: number, end: number): number {
    if (!(start < end)) return nothing(start, end);
    let low = this.#search(start);
    if (low === this.#count) return 0;
    const edges = this.#edges!;
    let at = 2 * (this.#first + low);
    if (edges[at]! >= end) return 0;
    let removed = 0;
    if (edges[at]! < start) {
      const rangeEnd = edges[at + 1]!;
      edges[at + 1] = start;
      if (rangeEnd > end) {
        this.#insert(low + 1, end, rangeEnd);
        this.#total -= end - start;
        return end - start;
      }
      removed = rangeEnd - start;
      low++;
      at += 2;
    }
    let high = low;
    for (; high < this.#count && edges[at + 1]! <= end; high++, at += 2) removed += edges[at + 1]! - edges[at]!;
    if (high < this.#count && edges[at]! < end) {
      removed += end - edges[at]!;
      edges[at] = end;
    }
    this.#total -= removed;
    this.#delete(low, high - low);
    return removed;
  }

  /** Removes everything below `offset` and returns how many integers that was. */
  removeBelow(offset: number): number {
    const edges = this.#edges;
    const count = this.#count;
    if (edges === null || count === 0) return 0;
    let at = 2 * this.#first;
    let removed = 0;
    let whole = 0;
    for (; whole < count && edges[at + 1]! <= offset; whole++, at += 2) removed += edges[at + 1]! - edges[at]!;
    if (whole < count && edges[at]! < offset) {
      removed += offset - edges[at]!;
      edges[at] = offset;
    }
    this.#total -= removed;
    this.#delete(0, whole);
    return removed;
  }

  /** Removes everything. */
  clear(): void {
    this.#first = this.#count = this.#total = 0;
    if (this.#edges !== null && this.#edges.length > 2 * LARGEST_IDLE) this.#edges = null;
  }

  /** True when all of `[start, end)` is in the set; an empty range always is. */
  contains(start: number, end: number): boolean {
    return start >= end || this.contiguousFrom(start) >= end;
  }

  /** True when any of `[start, end)` is in the set. */
  intersects(start: number, end: number): boolean {
    if (start >= end) return false;
    const index = this.#search(start);
    return index < this.#count && this.#edges![2 * (this.#first + index)]! < end;
  }

  /** How many integers of `[start, end)` are in the set. */
  countWithin(start: number, end: number): number {
    let sum = 0;
    for (let index = this.#search(start); index < this.#count; index++) {
      const at = 2 * (this.#first + index);
      if (this.#edges![at]! >= end) break;
      sum += Math.min(end, this.#edges![at + 1]!) - Math.max(start, this.#edges![at]!);
    }
    return sum;
  }

  /** Index of the range that contains `offset`, or -1. */
  indexOf(offset: number): number {
    const index = this.#search(offset);
    return index < this.#count && this.#edges![2 * (this.#first + index)]! <= offset ? index : -1;
  }

  /** End of the range that contains `offset`, or `offset` itself when none does. */
  contiguousFrom(offset: number): number {
    const index = this.#search(offset);
    if (index === this.#count) return offset;
    const at = 2 * (this.#first + index);
    return this.#edges![at]! <= offset ? this.#edges![at + 1]! : offset;
  }

  /** The lowest integer of `[from, to)` that is not in the set, or `to` when all are. */
  firstGap(from: number, to: number): number {
    return Math.min(to, this.contiguousFrom(from));
  }

  /** The lowest integer of `[from, to)` that is in the set, or `to` when none is: the end of a gap that begins at `from`. */
  firstCovered(from: number, to: number): number {
    const index = this.#search(from);
    if (index === this.#count) return to;
    return Math.min(to, Math.max(from, this.#edges![2 * (this.#first + index)]!));
  }

  /** Index of the lowest range that ends above `offset`, or `count`. */
  #search(offset: number): number {
    const count = this.#count;
    if (count === 0) return 0;
    const edges = this.#edges!;
    const ends = 2 * this.#first + 1;
    if (edges[ends]! > offset) return 0;
    if (edges[ends + 2 * (count - 1)]! <= offset) return count;
    let low = 1;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[ends + 2 * middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Adds a range that may lie anywhere and join any number of others. */
  #merge(start: number, end: number): number {
    const edges = this.#edges!;
    let low = this.#search(start);
    if (low > 0 && edges[2 * (this.#first + low) - 1] === start) low--;
    const at = 2 * (this.#first + low);
    let high = low;
    let covered = 0;
    for (let i = at; high < this.#count && edges[i]! <= end; i += 2, high++) covered += edges[i + 1]! - edges[i]!;
    if (high === low) {
      this.#insert(low, start, end);
      return this.#grow(end - start);
    }
    const joinedStart = Math.min(start, edges[at]!);
    const joinedEnd = Math.max(end, edges[2 * (this.#first + high) - 1]!);
    edges[at] = joinedStart;
    edges[at + 1] = joinedEnd;
    this.#delete(low + 1, high - low - 1);
    return this.#grow(joinedEnd - joinedStart - covered);
  }

  #grow(by: number): number {
    this.#total += by;
    return by;
  }

  /** Makes `[start, end)` the range at `index`, moving those that follow it up, or those before it down. */
  #insert(index: number, start: number, end: number): void {
    if (this.#first > 0 && 2 * index < this.#count) {
      const first = 2 * this.#first;
      if (index > 0) this.#edges!.copyWithin(first - 2, first, first + 2 * index);
      this.#first--;
    } else {
      const edges = this.#roomAtEnd();
      const at = 2 * (this.#first + index);
      if (index < this.#count) edges.copyWithin(at + 2, at, 2 * (this.#first + this.#count));
    }
    const at = 2 * (this.#first + index);
    this.#edges![at] = start;
    this.#edges![at + 1] = end;
    this.#count++;
  }

  /** Takes `number` ranges away from `index` on. */
  #delete(index: number, number: number): void {
    if (number === 0) return;
    const count = this.#count - number;
    if (count === 0) {
      this.#first = this.#count = 0;
      if (this.#edges!.length > 2 * LARGEST_IDLE) this.#edges = null;
      return;
    }
    const first = 2 * this.#first;
    if (2 * index < count) {
      if (index > 0) this.#edges!.copyWithin(first + 2 * number, first, first + 2 * index);
      this.#first += number;
    } else {
      const at = first + 2 * index;
      if (index < count) this.#edges!.copyWithin(at, at + 2 * number, first + 2 * this.#count);
    }
    this.#count = count;
  }

  /** The array, with room for one more range after the last. */
  #roomAtEnd(): Float64Array {
    const old = this.#edges;
    if (old === null) return this.#edges = new Float64Array(2 * SMALLEST);
    const from = 2 * this.#first;
    const to = from + 2 * this.#count;
    if (to < old.length) return old;
    this.#first = 0;
    // Closing up only when half the room is free keeps the cost of a move constant per range added.
    if (2 * from >= old.length) return old.copyWithin(0, from, to);
    const edges = new Float64Array(2 * old.length);
    edges.set(old.subarray(from, to));
    return this.#edges = edges;
  }
}

/** The outcome for a range without integers: nothing when empty, an error when the ends are swapped. */
function nothing(start: number, end: number): number {
  if (start === end) return 0;
  throw new RangeError(`Cannot use range ${start} to ${end}: the end must not be below the start`);
}

function noSuchRange(index: number, count: number): RangeError {
  return new RangeError(`Cannot read range ${index}: the set has ${count}`);
}
