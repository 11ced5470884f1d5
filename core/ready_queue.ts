/**
 * Those of which a program is to hear.
 *
 * @module
 */

/** What can stand in a {@linkcode ReadyQueue}; the field is the queue's. */
export interface Reportable {
  /** It stands in the queue. */
  isReady: boolean;
}

/** Each in the order of its first news, once until it was taken. */
export class ReadyQueue<T extends Reportable> {
  // Never truncated: a push onto an emptied array allocates.
  readonly #items: (T | undefined)[] = [];
  #first = 0;
  #end = 0;

  /** Puts `item` at the end unless it stands in the queue. */
  add(item: T): void {
    if (item.isReady) return;
    item.isReady = true;
    this.#items[this.#end++] = item;
  }

  /** Takes the first one out, or undefined. */
  poll(): T | undefined {
    if (this.#first === this.#end) {
      this.#first = this.#end = 0;
      return undefined;
    }
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (item !== undefined) item.isReady = false;
    return item;
  }
}
