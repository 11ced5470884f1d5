/**
 * Who may wait for a link, and who is turned away.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { Random } from "../transports/random.ts";

/** What becomes of a packet; "mark" means to mark it if its sender takes marks, and to drop it if not. */
export type Verdict = "pass" | "mark" | "drop";

/** What a queue knows of itself; the packet that is being sent waits no longer and does not count. */
export interface Backlog {
  /** Packets that wait. */
  readonly queuedPackets: number;
  /** Their length in bytes. */
  readonly queuedBytes: number;
  /** When the packet that is being sent will have left; in the past if the link is idle. */
  readonly busyUntil: Micros;
}

/** Decides over packets that come to a queue or leave it. One instance serves one link. */
export interface QueueDiscipline {
  /** Asked about a packet of `size` bytes that comes when `backlog` waits, also when the link is idle. */
  onArrival(size: number, backlog: Backlog, now: Micros): Verdict;
  /** Asked about a packet whose turn it is after it has waited for `sojourn`; `backlog` is what waits behind it. */
  onDeparture?(sojourn: Micros, backlog: Backlog, now: Micros): Verdict;
}

/** What a discipline is made for. */
export interface QueueContext {
  /** A stream of its own. */
  readonly random: Random;
  /** Mean rate of the link in bits per second. */
  readonly rate: number;
}

/**
 * A queue that drops what does not fit, measured in packets, bytes or milliseconds at the link's mean rate; one with
 * active management; or one's own.
 */
export type QueueOptions =
  | { readonly packets: number }
  | { readonly bytes: number }
  | { readonly delay: number }
  | { readonly red: RedOptions }
  | { readonly codel: CoDelOptions }
  | ((context: QueueContext) => QueueDiscipline);

/** Makes the discipline that `options` describe. */
export function createQueue(options: QueueOptions, context: QueueContext): QueueDiscipline {
  if (typeof options === "function") return options(context);
  if ("packets" in options) return new DropTail(options.packets, Infinity);
  if ("bytes" in options) return new DropTail(Infinity, options.bytes);
  if ("delay" in options) return new DropTail(Infinity, options.delay / 1000 * context.rate / 8);
  if ("red" in options) return new Red(options.red, context);
  return new CoDel(options.codel);
}

/** Drops what comes when the queue is full. An empty queue takes any packet. */
export class DropTail implements QueueDiscipline {
  readonly #packets: number;
  readonly #bytes: number;

  /** Limits in packets and bytes. */
  constructor(packets: number, bytes: number) {
    if (!(packets >= 1)) throw new RangeError(`Cannot make a queue for ${packets} packets: give at least 1`);
    if (!(bytes > 0)) throw new RangeError(`Cannot make a queue for ${bytes} bytes: give a number above 0`);
    this.#packets = packets;
    this.#bytes = bytes;
  }

  /** See {@linkcode QueueDiscipline.onArrival}. */
  onArrival(size: number, { queuedPackets, queuedBytes }: Backlog): Verdict {
    if (queuedPackets === 0) return "pass";
    return queuedPackets < this.#packets && queuedBytes + size <= this.#bytes ? "pass" : "drop";
  }
}

/** Options of {@linkcode Red}; the defaults suit a queue of about 100 packets. */
export interface RedOptions {
  /** Mean backlog in packets from which on packets are dropped by chance; 25 by default. */
  readonly minimum?: number;
  /** Mean backlog in packets from which on all are dropped; 75 by default. */
  readonly maximum?: number;
  /** Probability of a drop just below `maximum`; 0.1 by default. */
  readonly probability?: number;
  /** Weight of a new sample in the mean; 0.002 by default. */
  readonly weight?: number;
  /** Packets that can wait at all; twice `maximum` by default. */
  readonly packets?: number;
  /** Whether packets are marked instead of dropped where possible. */
  readonly ecn?: boolean;
}

/** Length by which the time of an idle link is counted in packets. */
const TYPICAL_PACKET = 1500;

/** Random early detection (Floyd and Jacobson, IEEE/ACM Transactions on Networking 1993), in packets. */
export class Red implements QueueDiscipline {
  readonly #minimum: number;
  readonly #maximum: number;
  readonly #probability: number;
  readonly #weight: number;
  readonly #packets: number;
  readonly #early: Verdict;
  readonly #random: Random;
  readonly #microsPerPacket: number;
  #mean = 0;
  /** Packets since the last early drop; -1 while the mean is below the minimum. */
  #count = -1;

  /** See {@linkcode RedOptions}. */
  constructor(options: RedOptions, context: QueueContext) {
    this.#minimum = options.minimum ?? 25;
    this.#maximum = options.maximum ?? 75;
    this.#probability = options.probability ?? 0.1;
    this.#weight = options.weight ?? 0.002;
    this.#packets = options.packets ?? 2 * this.#maximum;
    if (!(this.#minimum > 0 && this.#maximum > this.#minimum)) {
      throw new RangeError(
        `Cannot use RED between ${this.#minimum} and ${this.#maximum} packets: they must grow from 0`,
      );
    }
    this.#early = options.ecn ? "mark" : "drop";
    this.#random = context.random;
    this.#microsPerPacket = TYPICAL_PACKET * 8e6 / context.rate;
  }

  /** See {@linkcode QueueDiscipline.onArrival}. */
  onArrival(_size: number, { queuedPackets, busyUntil }: Backlog, now: Micros): Verdict {
    // While the link was idle the mean fell as if packets had come and found it so.
    if (now > busyUntil) this.#mean *= (1 - this.#weight) ** ((now - busyUntil) / this.#microsPerPacket);
    this.#mean += this.#weight * (queuedPackets - this.#mean);
    if (queuedPackets >= this.#packets) {
      this.#count = 0;
      return "drop";
    }
    if (this.#mean < this.#minimum) {
      this.#count = -1;
      return "pass";
    }
    this.#count++;
    if (this.#mean >= this.#maximum) {
      this.#count = 0;
      return "drop";
    }
    const base = this.#probability * (this.#mean - this.#minimum) / (this.#maximum - this.#minimum);
    const spread = base / Math.max(1 - this.#count * base, base);
    if (!this.#random.chance(spread)) return "pass";
    this.#count = 0;
    return this.#early;
  }
}

/** Options of {@linkcode CoDel}; the defaults are those of RFC 8289. */
export interface CoDelOptions {
  /** Time in the queue that is acceptable, in milliseconds; 5 by default. */
  readonly target?: number;
  /** Time that it may take to come down to the target, in milliseconds; 100 by default. */
  readonly interval?: number;
  /** Packets that can wait at all; 1000 by default. */
  readonly packets?: number;
  /** Whether packets are marked instead of dropped where possible. */
  readonly ecn?: boolean;
}

/** Controlled delay (RFC 8289): drops at the head of a queue in which packets stay too long. */
export class CoDel implements QueueDiscipline {
  readonly #target: Micros;
  readonly #interval: Micros;
  readonly #tail: DropTail;
  readonly #early: Verdict;
  /** When the delay will have been above the target for an interval; 0 while it is below. */
  #firstAbove: Micros = 0;
  #isDropping = false;
  #dropNext: Micros = 0;
  #count = 0;
  #lastCount = 0;

  /** See {@linkcode CoDelOptions}. */
  constructor(options: CoDelOptions = {}) {
    this.#target = 1000 * (options.target ?? 5);
    this.#interval = 1000 * (options.interval ?? 100);
    if (!(this.#target > 0 && this.#interval > 0)) {
      throw new RangeError("Cannot use CoDel: target and interval must be above 0 ms");
    }
    this.#tail = new DropTail(options.packets ?? 1000, Infinity);
    this.#early = options.ecn ? "mark" : "drop";
  }

  /** See {@linkcode QueueDiscipline.onArrival}. */
  onArrival(size: number, backlog: Backlog): Verdict {
    return this.#tail.onArrival(size, backlog);
  }

  /** See {@linkcode QueueDiscipline.onDeparture}. */
  onDeparture(sojourn: Micros, backlog: Backlog, now: Micros): Verdict {
    const mayDrop = this.#mayDrop(sojourn, backlog, now);
    if (!mayDrop) {
      this.#isDropping = false;
      return "pass";
    }
    if (this.#isDropping) {
      if (now < this.#dropNext) return "pass";
      this.#count++;
      this.#dropNext = this.#after(this.#dropNext);
      return this.#early;
    }
    this.#isDropping = true;
    // Soon after the last time, it goes on at the rate of drops that had been reached then (RFC 8289 section 5.4).
    const delta = this.#count - this.#lastCount;
    this.#count = delta > 1 && now - this.#dropNext < 16 * this.#interval ? delta : 1;
    this.#lastCount = this.#count;
    this.#dropNext = this.#after(now);
    return this.#early;
  }

  #mayDrop(sojourn: Micros, { queuedBytes }: Backlog, now: Micros): boolean {
    if (sojourn < this.#target || queuedBytes <= TYPICAL_PACKET) {
      this.#firstAbove = 0;
      return false;
    }
    if (this.#firstAbove === 0) {
      this.#firstAbove = now + this.#interval;
      return false;
    }
    return now >= this.#firstAbove;
  }

  #after(time: Micros): Micros {
    return time + this.#interval / Math.sqrt(this.#count);
  }
}
