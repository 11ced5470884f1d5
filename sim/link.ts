/**
 * One direction of a link.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import { ConstantRate } from "./capacity.ts";
import type { Capacity, CapacityTrace } from "./capacity.ts";
import type { Frame } from "./frame.ts";
import { ArrivalList } from "../transports/arrival_list.ts";
import { Impairments } from "../transports/impairment.ts";
import type { ImpairmentOptions } from "../transports/impairment.ts";
import { createQueue } from "./queue.ts";
import type { Backlog, QueueDiscipline, QueueOptions, Verdict } from "./queue.ts";
import type { Random } from "../transports/random.ts";
import type { Simulator } from "./simulator.ts";
import { microsOf } from "../transports/time.ts";
import type { SimTimer } from "./timer.ts";

/** What one direction of a link is like. Every value can be changed at any time with {@linkcode Link.set}. */
export interface LinkOptions extends ImpairmentOptions {
  /** Bits per second, or a trace; Infinity by default. */
  readonly rate?: number | CapacityTrace;
  /** Milliseconds from the last bit sent to the last bit received; 0 by default. */
  readonly delay?: number;
  /** Who may wait; `{ packets: 100 }` by default. */
  readonly queue?: QueueOptions;
  /**
   * Longest IP packet in bytes that comes through; no limit by default. Of longer ones a router before the link tells
   * their sender, those of a host or a middlebox are lost without a word.
   */
  readonly mtu?: number;
  /** False while nothing comes through. */
  readonly up?: boolean;
  /**
   * What happens to packets when the link is down: all that are on it and all that come are lost ("lose", the default),
   * or what came is delivered and the rest waits in the queue ("hold").
   */
  readonly outage?: "lose" | "hold";
}

/** A change, and when it comes, in virtual milliseconds from the beginning of the simulation. */
export type Scheduled<T> = T & { readonly at: number };

/** Why a link did not deliver a packet. */
export type DropCause = "queue" | "loss" | "down" | "mtu";

/** What a link has done since its beginning, in packets unless it says bytes. */
export interface LinkCounters {
  /** Handed to the link. */
  readonly packetsIn: number;
  /** Bytes handed to the link. */
  readonly bytesIn: number;
  /** Handed on to the receiver. */
  readonly packetsDelivered: number;
  /** Bytes handed on to the receiver. */
  readonly bytesDelivered: number;
  /** Not delivered, by cause. */
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** Arrived twice. */
  readonly duplicated: number;
  /** Damaged. */
  readonly corrupted: number;
  /** Held up so that others could overtake. */
  readonly reordered: number;
  /** Marked as having met congestion. */
  readonly marked: number;
  /** Most packets that waited at once. */
  readonly queueHighWaterPackets: number;
  /** Most bytes that waited at once. */
  readonly queueHighWaterBytes: number;
}

/** Who takes packets from a link. */
export interface Receiver {
  /** Takes `frame` over; `from` says where it comes from. */
  receive(frame: Frame, from: Link): void;
}

/** Sees packets at one end of a link; the frame remains the link's. */
export type LinkObserver = (frame: Frame, now: Micros) => void;

const DEFAULT_QUEUE: QueueOptions = { packets: 100 };

/**
 * One direction of a link: a queue, a transmitter of some rate, and a way of some delay. When a packet begins and ends to
 * be sent follows in closed form from what was sent before, so that a packet costs one event, its arrival, and only the
 * first arrival of each link is among the events of the simulation. Arrivals are at whole microseconds, rounded up.
 */
export class Link implements Backlog {
  /** Unique in the simulation; names its streams of chance. */
  readonly name: string;
  /** Packets that wait for the transmitter. */
  queuedPackets = 0;
  /** Bytes that wait for the transmitter. */
  queuedBytes = 0;
  /** When the transmitter will be free. */
  busyUntil: Micros = 0;

  readonly #simulator: Simulator;
  readonly #receiver: Receiver;
  readonly #timer: SimTimer;
  readonly #streams = new Map<string, Random>();
  readonly #waiting = new ArrivalList<Frame>();
  readonly #flying = new ArrivalList<Frame>();
  readonly #counters = new Counters();
  #flyingPackets = 0;

  #options: LinkOptions = {};
  #capacity: Capacity = new ConstantRate(Infinity);
  #queue!: QueueDiscipline;
  #impairments: Impairments | null = null;
  #delay: Micros = 0;
  #mtu = Infinity;
  #isUp = true;

  /** When the last packet that keeps its place arrives. */
  #lastArrival: Micros = 0;
  /** The packet being sent, as long as `busyUntil` is to come; null if it is going to be lost. */
  #sending: Frame | null = null;
  #sendingSince: Micros = 0;
  #sendingBytes = 0;

  #entryObserver: LinkObserver | null = null;
  #exitObserver: LinkObserver | null = null;

  /** A link to `receiver`. */
  constructor(simulator: Simulator, name: string, receiver: Receiver, options: LinkOptions = {}) {
    this.#simulator = simulator;
    this.name = name;
    this.#receiver = receiver;
    this.#timer = simulator.timer((now) => this.#deliver(now));
    this.set({ queue: DEFAULT_QUEUE, ...options });
  }

  /** What it is like now. */
  get options(): LinkOptions {
    return this.#options;
  }

  /** What it has done so far. */
  get counters(): LinkCounters {
    this.#advance(this.#simulator.now());
    return this.#counters;
  }

  /** Packets that are on it, waiting or on their way. */
  get packets(): number {
    this.#advance(this.#simulator.now());
    return this.queuedPackets + this.#flyingPackets;
  }

  /**
   * Changes what it is like; what is not named stays. What has begun to be sent goes on at the new rate; what has left
   * arrives as it would have. A shorter delay does not let packets overtake each other.
   */
  set(changes: LinkOptions): void {
    const now = this.#simulator.now();
    this.#advance(now);
    const options = { ...this.#options, ...changes };
    const impairments = Impairments.areWanted(options) ? new Impairments(options, (kind) => this.#stream(kind)) : null;
    const delay = microsOf(options.delay ?? 0, `set delay of ${this.name} to`);
    microsOf(options.jitter ?? 0, `set jitter of ${this.name} to`);
    microsOf(options.reorder?.delay ?? 0, `set reorder.delay of ${this.name} to`);
    if (options.mtu !== undefined && !(options.mtu >= 68)) {
      throw new RangeError(`Cannot set mtu of ${this.name} to ${options.mtu}: give at least 68 bytes`);
    }
    if ("rate" in changes) this.#setCapacity(options.rate ?? Infinity, now);
    if ("queue" in changes || ("rate" in changes && options.queue !== undefined && "delay" in options.queue)) {
      const context = { random: this.#stream("queue"), rate: this.#capacity.meanRate };
      this.#queue = createQueue(options.queue ?? DEFAULT_QUEUE, context);
    }
    // Bursts of loss go on as they are when something else is changed.
    if (impairments === null || impairmentsDiffer(this.#options, options)) this.#impairments = impairments;
    this.#options = options;
    this.#delay = delay;
    this.#mtu = options.mtu ?? Infinity;
    this.#setUp(options.up ?? true, options.outage ?? "lose", now);
    this.#arm(now);
  }

  /** Changes what it is like at times to come; see {@linkcode Link.set}. */
  schedule(changes: readonly Scheduled<LinkOptions>[]): void {
    for (const { at, ...change } of changes) this.#simulator.at(at, () => this.set(change));
  }

  /** Takes `frame` over and delivers it, or not. */
  send(frame: Frame): void {
    const now = this.#simulator.now();
    const counters = this.#counters;
    const size = frame.end - frame.ipStart;
    counters.packetsIn++;
    counters.bytesIn += size;
    if (this.#entryObserver !== null) this.#entryObserver(frame, now);
    if (this.busyUntil <= now && this.queuedPackets > 0) this.#advance(now);
    if (!this.#isUp && this.#options.outage !== "hold") return this.#drop(frame, "down");
    if (size > this.#mtu) return this.#drop(frame, "mtu");
    const verdict = this.#queue.onArrival(size, this, now);
    if (verdict !== "pass" && !this.#marks(frame, verdict)) return this.#drop(frame, "queue");
    if (this.queuedPackets === 0 && this.busyUntil <= now) {
      this.#transmit(frame, size, now);
    } else {
      frame.queuedAt = now;
      this.#waiting.push(frame);
      const bytes = this.queuedBytes += size;
      const packets = ++this.queuedPackets;
      if (packets > counters.queueHighWaterPackets) counters.queueHighWaterPackets = packets;
      if (bytes > counters.queueHighWaterBytes) counters.queueHighWaterBytes = bytes;
    }
    this.#arm(now);
  }

  /** Shows every packet to `observer` as it comes to the link, before anything can happen to it. */
  observeEntry(observer: LinkObserver): void {
    this.#entryObserver = chain(this.#entryObserver, observer);
  }

  /** Shows every packet to `observer` as it comes out of the link. */
  observeExit(observer: LinkObserver): void {
    this.#exitObserver = chain(this.#exitObserver, observer);
  }

  /** Lets everything begin to be sent whose turn has come by `now`. */
  #advance(now: Micros): void {
    while (this.queuedPackets > 0 && this.busyUntil <= now) {
      const frame = this.#waiting.shift();
      const size = frame.end - frame.ipStart;
      this.queuedPackets--;
      this.queuedBytes -= size;
      const start = Math.max(this.busyUntil, frame.queuedAt);
      if (this.#queue.onDeparture !== undefined) {
        const verdict = this.#queue.onDeparture(start - frame.queuedAt, this, start);
        if (verdict !== "pass" && !this.#marks(frame, verdict)) {
          this.#drop(frame, "queue");
          continue;
        }
      }
      this.#transmit(frame, size, start);
    }
  }

  /** Sends `frame` from `start` on, when the transmitter is free. */
  #transmit(frame: Frame, size: number, start: Micros): void {
    const end = this.#capacity.finish(start, size);
    this.busyUntil = end;
    this.#sending = frame;
    this.#sendingSince = start;
    this.#sendingBytes = size;
    if (this.#impairments !== null) return this.#transmitImpaired(frame, end, this.#impairments);
    // Rounding up keeps the rate; the order stays when the delay becomes shorter.
    const arrival = Math.max(Math.ceil(end + this.#delay), this.#lastArrival);
    this.#lastArrival = arrival;
    this.#fly(frame, arrival);
  }

  #transmitImpaired(frame: Frame, end: Micros, impairments: Impairments): void {
    if (impairments.loses()) {
      this.#sending = null;
      return this.#drop(frame, "loss");
    }
    if (impairments.damages() && this.#damage(frame, impairments)) this.#counters.corrupted++;
    const inOrder = Math.max(Math.ceil(end + this.#delay + 1000 * impairments.jitter()), this.#lastArrival);
    const heldUp = Math.round(1000 * impairments.holdUp());
    if (heldUp > 0) this.#counters.reordered++;
    else this.#lastArrival = inOrder;
    this.#fly(frame, inOrder + heldUp);
    if (impairments.duplicates()) {
      this.#counters.duplicated++;
      this.#fly(frame.copy(), inOrder + heldUp);
    }
  }

  /** False if there is nothing to damage. */
  #damage(frame: Frame, impairments: Impairments): boolean {
    frame.fillChecksum();
    const isHidden = impairments.hidesDamage && frame.protocol === "tcp";
    const isDamaged = impairments.damage(frame, isHidden);
    if (isDamaged && !isHidden) frame.isIntact = false;
    return isDamaged;
  }

  #fly(frame: Frame, arrival: Micros): void {
    frame.arrivesAt = arrival;
    this.#flyingPackets++;
    this.#flying.insertByArrival(frame);
  }

  /** Hands on what has arrived. */
  #deliver(now: Micros): void {
    this.#advance(now);
    for (let frame = this.#flying.head; frame !== null && frame.arrivesAt <= now; frame = this.#flying.head) {
      this.#flying.remove(frame);
      this.#flyingPackets--;
      this.#counters.packetsDelivered++;
      this.#counters.bytesDelivered += frame.end - frame.ipStart;
      if (this.#exitObserver !== null) this.#exitObserver(frame, now);
      this.#receiver.receive(frame, this);
    }
    this.#arm(now);
  }

  /** Sets the timer to the next arrival, or to when a packet begins to be sent that may arrive before it. */
  #arm(now: Micros): void {
    const first = this.#flying.head;
    let time = first === null ? Infinity : first.arrivesAt;
    if (this.queuedPackets > 0 && (first === null || time > this.#lastArrival)) {
      time = Math.min(time, Math.max(Math.ceil(this.busyUntil), now));
    }
    if (time !== this.#timer.deadline) this.#timer.set(time);
  }

  /** True if `verdict` was to mark the packet and it is marked. */
  #marks(frame: Frame, verdict: Verdict): boolean {
    if (verdict !== "mark" || !frame.markCongestion()) return false;
    this.#counters.marked++;
    return true;
  }

  #drop(frame: Frame, cause: DropCause): void {
    this.#counters.dropped[cause]++;
    frame.release();
  }

  #setCapacity(rate: number | CapacityTrace, now: Micros): void {
    this.#capacity = typeof rate === "number" ? new ConstantRate(rate) : rate.begin(now);
    if (!(this.busyUntil > now) || this.busyUntil === Infinity) return;
    const left = (this.busyUntil - now) / (this.busyUntil - this.#sendingSince);
    const end = this.#capacity.finish(now, left * this.#sendingBytes);
    const frame = this.#sending;
    if (frame !== null) {
      this.#flying.remove(frame);
      const isLast = frame.arrivesAt === this.#lastArrival;
      const before = this.#flying.tail === null ? now : this.#flying.tail.arrivesAt;
      frame.arrivesAt = Math.max(Math.ceil(frame.arrivesAt + end - this.busyUntil), isLast ? before : now);
      if (isLast) this.#lastArrival = frame.arrivesAt;
      this.#flying.insertByArrival(frame);
    }
    this.#sendingSince = now;
    this.#sendingBytes *= left;
    this.busyUntil = end;
  }

  #setUp(isUp: boolean, outage: "lose" | "hold", now: Micros): void {
    if (isUp && !this.#isUp) this.busyUntil = now;
    if (!isUp && outage === "hold") {
      this.busyUntil = Infinity;
    } else if (!isUp) {
      for (const list of [this.#waiting, this.#flying]) {
        while (list.head !== null) this.#drop(list.shift(), "down");
      }
      this.queuedPackets = 0;
      this.queuedBytes = 0;
      this.#flyingPackets = 0;
      this.busyUntil = now;
    }
    this.#isUp = isUp;
  }

  #stream(kind: string): Random {
    let stream = this.#streams.get(kind);
    if (stream === undefined) this.#streams.set(kind, stream = this.#simulator.random(`link ${this.name} ${kind}`));
    return stream;
  }
}

class Counters implements LinkCounters {
  packetsIn = 0;
  bytesIn = 0;
  packetsDelivered = 0;
  bytesDelivered = 0;
  readonly dropped: Record<DropCause, number> = { queue: 0, loss: 0, down: 0, mtu: 0 };
  duplicated = 0;
  corrupted = 0;
  reordered = 0;
  marked = 0;
  queueHighWaterPackets = 0;
  queueHighWaterBytes = 0;
}

const IMPAIRMENTS = ["loss", "jitter", "reorder", "duplicate", "corrupt"] as const;

function impairmentsDiffer(a: LinkOptions, b: LinkOptions): boolean {
  return IMPAIRMENTS.some((name) => a[name] !== b[name]);
}

function chain(first: LinkObserver | null, second: LinkObserver): LinkObserver {
  if (first === null) return second;
  return (frame, now) => {
    first(frame, now);
    second(frame, now);
  };
}
