/**
 * Promises of the API that wait for a socket.
 *
 * @module
 */

import type { Loop } from "./loop.ts";

/** How many waiting operations keep the program running. */
export class HoldCounter {
  /** The number of them. */
  count = 0;
}

/** Operations of one kind on one socket, which take effect in the order in which they were called. */
export class OperationQueue {
  readonly #loop: Loop;
  readonly #holds: HoldCounter;
  #first: Operation | null = null;
  #last: Operation | null = null;
  #size = 0;
  #holding = true;

  /** `holds` counts what waits here, unless {@linkcode OperationQueue.hold} says otherwise. */
  constructor(loop: Loop, holds: HoldCounter) {
    this.#loop = loop;
    this.#holds = holds;
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether those that wait keep the program running; they do at first. */
  hold(holding: boolean): void {
    if (holding === this.#holding) return;
    this.#holding = holding;
    this.#holds.count += holding ? this.#size : -this.#size;
    this.#loop.kick();
  }

  /**
   * Makes `attempt` until it returns something: at once unless others wait before it, and again with each
   * {@linkcode OperationQueue.advance}. What it returns (anything but `undefined`) or throws settles the promise, as does the
   * signal. `over` is called when it has waited and is settled, however.
   */
  run<T extends NonNullable<unknown> | null>(
    attempt: () => T | undefined,
    description: () => string,
    signal?: AbortSignal,
    over?: () => void,
  ): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#first === null) {
      try {
        const result = attempt();
        if (result !== undefined) return Promise.resolve(result);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = signal === undefined ? null : () => {
        this.#remove(operation);
        reject(signal.reason);
      };
      const waited = this.#loop.waiting?.(description);
      const operation: Operation = {
        previous: null,
        next: null,
        reject,
        attempt() {
          const result = attempt();
          if (result === undefined) return false;
          resolve(result);
          return true;
        },
        left() {
          if (onAbort !== null) signal!.removeEventListener("abort", onAbort);
          waited?.();
          over?.();
        },
      };
      if (onAbort !== null) signal!.addEventListener("abort", onAbort);
      this.#append(operation);
    });
  }

  /** The socket changed: settles, from the first on, the operations that can be. */
  advance(): void {
    for (let first = this.#first; first !== null; first = this.#first) {
      try {
        if (!first.attempt()) return;
      } catch (error) {
        first.reject(error);
      }
      this.#remove(first);
    }
  }

  /** Rejects all that wait. */
  fail(error: Error): void {
    for (let first = this.#first; first !== null; first = this.#first) {
      first.reject(error);
      this.#remove(first);
    }
  }

  #append(operation: Operation): void {
    operation.previous = this.#last;
    if (this.#last === null) this.#first = operation;
    else this.#last.next = operation;
    this.#last = operation;
    this.#size++;
    if (this.#holding && this.#holds.count++ === 0) this.#loop.kick();
  }

  #remove(operation: Operation): void {
    if (operation.previous === null) this.#first = operation.next;
    else operation.previous.next = operation.next;
    if (operation.next === null) this.#last = operation.previous;
    else operation.next.previous = operation.previous;
    this.#size--;
    if (this.#holding && --this.#holds.count === 0) this.#loop.kick();
    operation.left();
  }
}

interface Operation {
  previous: Operation | null;
  next: Operation | null;
  attempt(): boolean;
  reject(error: unknown): void;
  left(): void;
}
