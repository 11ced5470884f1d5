/**
 * All deadlines of a stack in one heap.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/**
 * Something that wants to be woken at one point in time.
 *
 * @internal
 */
export interface Timed {
  /** When to be woken; Infinity for never. The owner changes it and then calls {@link TimerHeap.update}. */
  deadline: Micros;
  /** Position in the heap, -1 when not in it. Begins as -1; written by the heap alone. */
  heapIndex: number;
}

const SMALLEST = 16;
const CHILDREN = 4;
/** Stands for the order of an entry whose item has no deadline at the moment. */
const PARKED = -1;

/**
 * Items by deadline, each at most once; items with equal deadlines come out in the order in which `update` was last
 * called for them, so that runs replay exactly.
 *
 * A deadline that moves later, the usual case when an acknowledgment restarts a timer, costs one store: the entry stays
 * under its earlier key and is sorted again only when that key comes to the top. Likewise an item whose deadline becomes
 * Infinity is dropped then; until that time only `remove` makes the heap forget it.
 */
export class TimerHeap<T extends Timed> {
  #items: (T | undefined)[] = [];
  /** What the heap is sorted by: a time no later than the deadline… */
  #keys: Float64Array = new Float64Array(0);
  /** …and among equal times the order of the `update` that placed the entry. */
  #orders: Float64Array = this.#keys;
  /** The order of the last `update`, or PARKED. */
  #updates: Float64Array = this.#keys;
  #length = 0;
  #parked = 0;
  #updated = 0;

  /** Number of items that wait for a deadline. */
  get size(): number {
    return this.#length - this.#parked;
  }

  /**
   * Follows a change of `item.deadline`: puts the item in, moves it, or lets it go.
   *
   * @throws {RangeError} when the deadline is not a number
   */
  update(item: T): void {
    const deadline = item.deadline;
    const index = item.heapIndex;
    if (index < 0) {
      if (deadline < Infinity) this.#insert(item, deadline);
      else if (deadline !== Infinity) throw notANumber(deadline);
      return;
    }
    const wasParked = this.#updates[index] === PARKED;
    if (deadline === Infinity) {
      if (wasParked) return;
      this.#updates[index] = PARKED;
      this.#parked++;
      return;
    }
    if (deadline >= this.#keys[index]!) {
      this.#updates[index] = ++this.#updated;
    } else if (deadline < Infinity) {
      const order = ++this.#updated;
      this.#updates[index] = order;
      this.#rise(index, item, deadline, order, order);
    } else {
      throw notANumber(deadline);
    }
    if (wasParked) this.#parked--;
  }

  /** The item with the earliest deadline. */
  peek(): T | undefined {
    this.#settle();
    return this.#items[0];
  }

  /** The earliest deadline, Infinity when there is none. */
  nextDeadline(): Micros {
    this.#settle();
    return this.#length === 0 ? Infinity : this.#keys[0]!;
  }

  /** Takes out the item with the earliest deadline if that is not after `now`. */
  popDue(now: Micros): T | undefined {
    if (this.#length === 0 || this.#keys[0]! > now) return undefined;
    this.#settle();
    if (this.#length === 0 || this.#keys[0]! > now) return undefined;
    const item = this.#items[0]!;
    this.#delete(0);
    return item;
  }

  /**
   * Takes `item` out, if it is in.
   *
   * @throws {Error} when the item is in another heap
   */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    if (this.#items[index] !== item) throw new Error("Cannot remove a timer: it is in another heap");
    this.#delete(index);
  }

  /** Sorts again what is on top under an outdated key, until the top is true. */
  #settle(): void {
    while (this.#length > 0) {
      const item = this.#items[0]!;
      const update = this.#updates[0]!;
      if (update === PARKED) {
        this.#delete(0);
      } else if (this.#orders[0] !== update) {
        this.#sink(0, item, item.deadline, update, update);
      } else {
        return;
      }
    }
  }

  #insert(item: T, deadline: Micros): void {
    if (this.#length === this.#keys.length) this.#grow();
    const order = ++this.#updated;
    this.#rise(this.#length++, item, deadline, order, order);
  }

  #delete(index: number): void {
    const item = this.#items[index]!;
    item.heapIndex = -1;
    if (this.#updates[index] === PARKED) this.#parked--;
    const last = --this.#length;
    const moved = this.#items[last]!;
    this.#items[last] = undefined;
    if (index === last) return;
    const key = this.#keys[last]!;
    const order = this.#orders[last]!;
    const update = this.#updates[last]!;
    const removedKey = this.#keys[index]!;
    if (key < removedKey || (key === removedKey && order < this.#orders[index]!)) {
      this.#rise(index, moved, key, order, update);
    } else {
      this.#sink(index, moved, key, order, update);
    }
  }

  /** Places an entry at `index` or above it. */
  #rise(index: number, item: T, key: Micros, order: number, update: number): void {
    const keys = this.#keys;
    const orders = this.#orders;
    while (index > 0) {
      const parent = ((index - 1) / CHILDREN) | 0;
      const parentKey = keys[parent]!;
      if (parentKey < key || (parentKey === key && orders[parent]! < order)) break;
      this.#place(index, this.#items[parent]!, parentKey, orders[parent]!, this.#updates[parent]!);
      index = parent;
    }
    this.#place(index, item, key, order, update);
  }

  /** Places an entry at `index` or below it. */
  #sink(index: number, item: T, key: Micros, order: number, update: number): void {
    const keys = this.#keys;
    const orders = this.#orders;
    const length = this.#length;
    for (;;) {
      let child = CHILDREN * index + 1;
      if (child >= length) break;
      let least = child;
      let leastKey = keys[child]!;
      const end = Math.min(child + CHILDREN, length);
      while (++child < end) {
        const childKey = keys[child]!;
        if (childKey < leastKey || (childKey === leastKey && orders[child]! < orders[least]!)) {
          least = child;
          leastKey = childKey;
        }
      }
      if (key < leastKey || (key === leastKey && order < orders[least]!)) break;
      this.#place(index, this.#items[least]!, leastKey, orders[least]!, this.#updates[least]!);
      index = least;
    }
    this.#place(index, item, key, order, update);
  }

  #place(index: number, item: T, key: Micros, order: number, update: number): void {
    this.#items[index] = item;
    this.#keys[index] = key;
    this.#orders[index] = order;
    this.#updates[index] = update;
    item.heapIndex = index;
  }

  #grow(): void {
    const length = Math.max(SMALLEST, 2 * this.#keys.length);
    this.#keys = copied(this.#keys, length);
    this.#orders = copied(this.#orders, length);
    this.#updates = copied(this.#updates, length);
  }
}

function copied(from: Float64Array, length: number): Float64Array {
  const to = new Float64Array(length);
  to.set(from);
  return to;
}

function notANumber(deadline: number): RangeError {
  return new RangeError(`Cannot schedule a timer: the deadline is ${deadline}, must be a time or Infinity`);
}
