/**
 * Events of a simulation, in the order of virtual time.
 *
 * @module
 */

import { TimerHeap } from "../core/buffer/timer_heap.ts";
import type { Timed } from "../core/buffer/timer_heap.ts";
import type { Micros } from "../core/plugin.ts";

/** Events that may pass at one instant of virtual time before it counts as standing still for ever. */
const EVENTS_PER_INSTANT = 10_000_000;

/** Something that happens at a point in virtual time, again and again if it is set again. */
export class SimTimer implements Timed {
  /** When it fires; Infinity when it is not set. Changed by {@linkcode SimTimer.set} alone. */
  deadline: Micros = Infinity;
  /** Belongs to the queue. */
  heapIndex: number = -1;
  /** What happens. */
  readonly fire: (now: Micros) => void;
  readonly #queue: EventQueue;

  /** Not set at first. Made by `simulator.timer(fire)`. */
  constructor(queue: EventQueue, fire: (now: Micros) => void) {
    this.#queue = queue;
    this.fire = fire;
  }

  /** Fires at `time` instead of when it was to fire before; Infinity for never. Moving it later costs next to nothing. */
  set(time: Micros): void {
    if (time < this.#queue.now) throw new RangeError(`Cannot set timer: ${time} is before now, ${this.#queue.now}`);
    this.deadline = time;
    this.#queue.heap.update(this);
  }

  /** Will not fire, and is forgotten at once. */
  cancel(): void {
    this.deadline = Infinity;
    this.#queue.heap.remove(this);
  }
}

/** The clock and all that is going to happen; events of one instant happen in the order in which they were set. */
export class EventQueue {
  /** Virtual time. */
  now: Micros = 0;
  /** Events that have happened. */
  fired = 0;
  /** Sorted by deadline. */
  readonly heap: TimerHeap<SimTimer> = new TimerHeap();
  #firedBefore = 0;

  /** Lets the next event happen, if it is to happen until `limit`; false if not. */
  step(limit: Micros): boolean {
    const timer = this.heap.peek();
    if (timer === undefined || timer.deadline > limit) return false;
    if (timer.deadline > this.now) {
      this.now = timer.deadline;
      this.#firedBefore = this.fired;
    } else if (this.fired - this.#firedBefore > EVENTS_PER_INSTANT) {
      throw new Error(`Cannot go on: ${EVENTS_PER_INSTANT} events at ${this.now} µs, and time does not advance`);
    }
    this.fired++;
    // It stays where it is, on top: whoever sets it again from `fire`, as links do, moves it only once.
    timer.deadline = Infinity;
    this.heap.update(timer);
    timer.fire(this.now);
    return true;
  }
}
