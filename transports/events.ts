/**
 * Events of a connection as async iterables.
 *
 * @module
 */

import type { Loop } from "./loop.ts";
import { type HoldCounter, OperationQueue } from "./operations.ts";

/** Events that wait for one reader at most: how many there are, the peer decides. */
const MOST_UNSEEN = 1024;

/** Hands each event to every iterable that is open when it happens. */
export class EventFeed<T> {
  readonly #loop: Loop;
  readonly #holds: HoldCounter;
  readonly #description: () => string;
  readonly #readers = new Set<Reader<T>>();
  #holding = true;
  #ended = false;

  /** `description` names what a reader waits for. */
  constructor(loop: Loop, holds: HoldCounter, description: () => string) {
    this.#loop = loop;
    this.#holds = holds;
    this.#description = description;
  }

  /** Whether waiting readers keep the program running; they do at first. */
  hold(holding: boolean): void {
    this.#holding = holding;
    for (const reader of this.#readers) reader.waiting.hold(holding);
  }

  /** Appends to what every reader has yet to see; one who does not look loses the oldest. */
  publish(event: T): void {
    for (const reader of this.#readers) {
      if (reader.unseen.length === MOST_UNSEEN) reader.unseen.shift();
      reader.unseen.push(event);
      reader.waiting.advance();
    }
  }

  /** There will be no more events: readers end behind what they have yet to see. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.waiting.advance();
  }

  /** The events from now on. */
  read(signal?: AbortSignal): AsyncIterableIterator<T, undefined> {
    const reader: Reader<T> = { unseen: [], waiting: new OperationQueue(this.#loop, this.#holds) };
    reader.waiting.hold(this.#holding);
    this.#readers.add(reader);
    let left = this.#ended;
    const leave = () => {
      left = true;
      reader.unseen.length = 0;
      this.#readers.delete(reader);
      reader.waiting.advance();
    };
    const attempt = (): IteratorResult<T, undefined> | undefined => {
      if (reader.unseen.length > 0) return { done: false, value: reader.unseen.shift()! };
      return left || this.#ended ? { done: true, value: undefined } : undefined;
    };
    return {
      next: () => {
        const next = reader.waiting.run(attempt, this.#description, signal);
        return signal === undefined ? next : next.catch((error) => {
          leave();
          throw error;
        });
      },
      return: () => {
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

interface Reader<T> {
  readonly unseen: T[];
  readonly waiting: OperationQueue;
}
