/**
 * Counts the views that copies take, and takes away what they cost.
 *
 * Copying a part of an array into another takes a view of that part, which the runtime allocates; there is no faster
 * way. That is one object for each copy of a payload, and to see whether anything else allocates it must be out of the
 * way.
 *
 * @module
 */

/** Copies without views while it is installed. */
export class ViewCounter implements Disposable {
  /** Views asked for since it was installed. */
  count = 0;
  readonly #subarray = Uint8Array.prototype.subarray;
  readonly #set = Uint8Array.prototype.set;

  constructor() {
    const originalSet = this.#set;
    const countOne = () => void this.count++;
    // Stands for the view between `subarray` and the `set` that follows at once.
    const view = new Uint8Array(0);
    let source = view;
    let from = 0;
    let to = 0;
    Uint8Array.prototype.subarray = function (this: Uint8Array<ArrayBuffer>, start = 0, end = this.length) {
      countOne();
      source = this;
      from = start;
      to = end;
      return view;
    } as typeof Uint8Array.prototype.subarray;
    Uint8Array.prototype.set = function (this: Uint8Array, given: ArrayLike<number>, at = 0) {
      if (given !== view) return originalSet.call(this, given, at);
      for (let i = from; i < to;) this[at++] = source[i++] as number;
    };
  }

  [Symbol.dispose](): void {
    Uint8Array.prototype.subarray = this.#subarray;
    Uint8Array.prototype.set = this.#set;
  }
}
