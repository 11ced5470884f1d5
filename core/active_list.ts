/**
 * Those that may have something to do, so that the idle cost nothing.
 *
 * @module
 */

/** What can stand in an {@linkcode ActiveList}; the fields are the list's. */
export interface Activable<T> {
  /** It stands in the list. */
  isActive: boolean;
  /** Who stands behind it. */
  activeNext: T | null;
}

/** A queue that is linked through its members, each of which stands in it once at most. */
export class ActiveList<T extends Activable<T>> {
  #first: T | null = null;
  #last: T | null = null;

  /** Puts `item` at the end unless it stands in the list. */
  add(item: T): void {
    if (item.isActive) return;
    item.isActive = true;
    if (this.#last === null) this.#first = item;
    else this.#last.activeNext = item;
    this.#last = item;
  }

  /** Takes the first one out, or null. */
  shift(): T | null {
    const item = this.#first;
    if (item === null) return null;
    this.#first = item.activeNext;
    if (this.#first === null) this.#last = null;
    item.activeNext = null;
    item.isActive = false;
    return item;
  }
}
