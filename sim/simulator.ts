/**
 * Virtual time, and applications that run in it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Micros } from "../core/plugin.ts";
import { FramePool } from "./frame.ts";
import { Random } from "../transports/random.ts";
import type { Seed } from "../transports/random.ts";
import { microsOf } from "../transports/time.ts";
import { EventQueue, SimTimer } from "./timer.ts";
import { StuckError, Waits } from "./waits.ts";

/** Options of a simulation. */
export interface SimulatorOptions {
  /** Everything that is drawn follows from it; 1 by default. */
  readonly seed?: Seed;
}

/** Options of one run. */
export interface RunOptions {
  /** Virtual milliseconds that the run may take; without limit by default. */
  readonly limit?: number;
}

/**
 * The clock, the events and the chance of one simulation. Virtual time begins at 0 and counts microseconds; what the
 * author of a scenario writes (`sleep`, `at`, `timeout`, delays of links) is in milliseconds, as everywhere in Deno.
 *
 * @example An hour passes at once
 * ```ts
 * import { Simulator } from "@userspace/mptcp/sim";
 *
 * const sim = new Simulator({ seed: 7 });
 * const seconds = await sim.run(async () => {
 *   await sim.sleep(3_600_000);
 *   return sim.now() / 1e6;
 * });
 * console.assert(seconds === 3600);
 * ```
 */
export class Simulator {
  /** What the run follows from. */
  readonly seed: Seed;
  /** The packets of this simulation that are not in use. */
  readonly frames: FramePool = new FramePool();
  readonly #events = new EventQueue();
  readonly #waits = new Waits();
  /** Promises from outside that hold virtual time still. */
  #held = 0;
  #release: () => void = () => {};
  #isRunning = false;

  /** A simulation at time 0 in which nothing is going to happen yet. */
  constructor(options: SimulatorOptions = {}) {
    this.seed = options.seed ?? 1;
  }

  /** Virtual time in microseconds. */
  now(): Micros {
    return this.#events.now;
  }

  /** Number of events that have happened. */
  get eventCount(): number {
    return this.#events.fired;
  }

  /** Number of events that are going to happen. */
  get pendingEvents(): number {
    return this.#events.heap.size;
  }

  /** The stream of random numbers of that name; the same each time it is asked for. */
  random(stream: string): Random {
    return new Random(this.seed, stream);
  }

  /** A timer of one's own, not set yet: what links and hosts are made of. */
  timer(fire: (now: Micros) => void): SimTimer {
    return new SimTimer(this.#events, fire);
  }

  /** Calls `fn` at a virtual time in milliseconds from the beginning; the function that comes back prevents it. */
  at(ms: number, fn: () => void): () => void {
    const timer = this.timer(() => {
      this.#waits.hasSettled = true;
      fn();
    });
    timer.set(microsOf(ms, "call at"));
    return () => timer.cancel();
  }

  /** Waits for virtual milliseconds; rejects with the reason of `signal` when that comes first. */
  sleep(ms: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    const end = this.now() + microsOf(ms, "sleep");
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const done = this.waiting(() => `sleep until ${end / 1000} ms`);
      const abort = () => {
        timer.cancel();
        done();
        reject(signal?.reason);
      };
      const timer = this.timer(() => {
        signal?.removeEventListener("abort", abort);
        done();
        resolve();
      });
      timer.set(end);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** A signal that aborts after virtual milliseconds, with a `TimeoutError` like that of `AbortSignal.timeout`. */
  timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    const timer = this.timer(() => {
      this.#waits.hasSettled = true;
      controller.abort(new DOMException("Signal timed out.", "TimeoutError"));
    });
    timer.set(this.now() + microsOf(ms, "time out after"));
    return controller.signal;
  }

  /**
   * Tells that a promise is pending which something in the simulation will settle; the function that comes back is to
   * be called when it settles. That is how the simulator knows when the application has work to do, and what to
   * name when nothing can happen any more; only then is `describe` called.
   */
  waiting(describe: () => string): () => void {
    return this.#waits.begin(describe);
  }

  /** Holds virtual time still until a promise settles that has nothing to do with it, such as the reading of a file. */
  async outside<T>(promise: PromiseLike<T>): Promise<T> {
    this.#held++;
    try {
      return await promise;
    } finally {
      this.#held--;
      this.#release();
    }
  }

  /**
   * Runs an application. Virtual time stands still as long as it has work to do and jumps to the next event when it
   * waits. Resolves with what `application` returns, as soon as it returns; what is still in flight stays as it is, and
   * another `run` goes on from there.
   *
   * @throws {StuckError} when the application waits and nothing can happen any more, or the limit is reached
   */
  async run<T>(application: () => T | PromiseLike<T>, options: RunOptions = {}): Promise<T> {
    this.#assertIdle("run");
    const limit = options.limit === undefined ? Infinity : this.now() + microsOf(options.limit, "run with limit");
    let outcome: (() => T) | null = null;
    this.#isRunning = true;
    try {
      start(application, (result) => outcome = result);
      let stuck: number | null = null;
      for (;;) {
        await this.#applicationsWait();
        // The compiler does not see that the callback above has assigned.
        if (outcome !== null) return (outcome as () => T)();
        if (this.#advance(limit)) continue;
        // Once more round: a promise that nobody told of may have been settled.
        if (stuck === this.eventCount) throw this.#stuckError(limit);
        stuck = this.eventCount;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Lets everything happen up to a virtual time in microseconds, without an application: for what drives stacks itself. */
  runUntil(time: Micros): void {
    this.#assertIdle("run until");
    while (this.#events.step(time));
    this.#events.now = Math.max(this.now(), time);
  }

  /** Until all application code that could run has run. */
  async #applicationsWait(): Promise<void> {
    await nextTurn();
    while (this.#held > 0) {
      await new Promise<void>((resolve) => this.#release = resolve);
      await nextTurn();
    }
    this.#waits.hasSettled = false;
  }

  /** Lets events happen until the application may have work to do; false when nothing is going to happen any more. */
  #advance(limit: Micros): boolean {
    while (this.#events.step(limit)) {
      if (this.#waits.hasSettled) return true;
    }
    return false;
  }

  #stuckError(limit: Micros): StuckError {
    const now = `${this.now() / 1000} ms`;
    const reason = this.pendingEvents === 0
      ? `nothing can happen any more at ${now}`
      : `the time limit of ${limit / 1000} ms is reached`;
    return new StuckError(reason, this.#waits.describe());
  }

  #assertIdle(what: string): void {
    if (this.#isRunning) throw new Error(`Cannot ${what}: the simulation is running already`);
  }
}

/** After all microtasks, however long their chains are; setImmediate is the cheapest macrotask there is (1 µs). */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls `application` and hands over what it returned or threw, as a function that returns or throws it. */
async function start<T>(application: () => T | PromiseLike<T>, done: (outcome: () => T) => void): Promise<void> {
  try {
    const result = await application();
    done(() => result);
  } catch (error) {
    done(() => {
      throw error;
    });
  }
}
