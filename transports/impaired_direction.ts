/**
 * One direction of an impaired transport: a queue, a transmitter of some rate, and a way on which things go wrong.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { ArrivalList, type Arriving } from "./arrival_list.ts";
import { Backlog } from "./backlog.ts";
import { type ImpairmentOptions, Impairments } from "./impairment.ts";
import { fillTcpChecksum, IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH, verifyTcpChecksum } from "./ip.ts";
import type { Random } from "./random.ts";
import { copySegment, segmentCount, segmentLength } from "./segmentation.ts";
import { microsOf } from "./time.ts";

/** What one direction is like. Every value can be changed at any time with {@linkcode ImpairedDirection.set}. */
export interface DirectionOptions extends ImpairmentOptions {
  /** Bits of IP packets per second; Infinity by default. */
  readonly rate?: number;
  /** Milliseconds from the last bit sent to the last bit received; 0 by default. */
  readonly delay?: number;
  /** How much may wait for a limited rate; what comes beyond that is lost. `{ packets: 100 }` by default. */
  readonly queue?: { readonly packets: number } | { readonly bytes: number };
  /** False while nothing comes through; what is on its way when that begins is lost. */
  readonly up?: boolean;
}

/** Why a packet was not handed on. */
export type ImpairedDropCause = "queue" | "loss" | "down" | "checksum";

/** What a direction has done, in packets unless it says bytes; a super-segment counts as the packets that it stands for. */
export interface DirectionCounters {
  /** Came. */
  readonly packetsIn: number;
  /** Bytes of IP packets that came. */
  readonly bytesIn: number;
  /** Handed on. */
  readonly packetsDelivered: number;
  /** Bytes of IP packets handed on. */
  readonly bytesDelivered: number;
  /** Not handed on, by cause. */
  readonly dropped: Readonly<Record<ImpairedDropCause, number>>;
  /** Arrived twice. */
  readonly duplicated: number;
  /** Damaged. What the checksum of the segment shows is dropped as well. */
  readonly corrupted: number;
  /** Held up so that others could overtake. */
  readonly reordered: number;
}

/** A packet on its way. */
class Held extends Packet implements Arriving<Held> {
  arrivesAt: Micros = 0;
  next: Held | null = null;
  previous: Held | null = null;
}

/** Room for the packets of an ordinary network; longer ones get storage of their own. */
const ORDINARY = HEADROOM + 2048;
const DEFAULT_QUEUE = { packets: 100 };
const IMPAIRMENTS = ["loss", "jitter", "reorder", "duplicate", "corrupt"] as const;

/** One direction of an {@linkcode ImpairedTransport}. */
export class ImpairedDirection {
  readonly #random: (kind: string) => Random;
  readonly #streams = new Map<string, Random>();
  readonly #way = new ArrivalList<Held>();
  readonly #backlog = new Backlog();
  readonly #free: Held[] = [];
  readonly #counters = new Counters();
  #options: DirectionOptions = {};
  #impairments: Impairments | null = null;
  #delay: Micros = 0;
  #mostPackets = Infinity;
  #mostBytes = Infinity;
  /** When the transmitter will be free. */
  #busyUntil: Micros = 0;
  /** When the last packet that keeps its place arrives. */
  #lastArrival: Micros = 0;

  /** `random` gives a stream of chance for each kind of thing that goes wrong. */
  constructor(options: DirectionOptions, random: (kind: string) => Random) {
    this.#random = random;
    this.set(options);
  }

  /** What it is like now. */
  get options(): DirectionOptions {
    return this.#options;
  }

  /** What it has done so far. */
  get counters(): DirectionCounters {
    return this.#counters;
  }

  /**
   * Changes what it is like; what is not named stays. What is on its way or waits arrives as it would have, unless the
   * direction goes down.
   *
   * @throws {RangeError} if a value is out of range.
   */
  set(changes: DirectionOptions): void {
    const options = { ...this.#options, ...changes };
    const { rate = Infinity, queue = DEFAULT_QUEUE, up = true } = options;
    if (!(rate > 0)) throw new RangeError(`Cannot impair with rate ${rate}: give bits per second above 0`);
    const mostPackets = "packets" in queue ? queue.packets : Infinity;
    const mostBytes = "bytes" in queue ? queue.bytes : Infinity;
    if (!(mostPackets >= 1)) {
      throw new RangeError(`Cannot impair with a queue of ${mostPackets} packets: give 1 or more`);
    }
    if (!(mostBytes > 0)) throw new RangeError(`Cannot impair with a queue of ${mostBytes} bytes: give more than 0`);
    const delay = microsOf(options.delay ?? 0, "impair with delay");
    microsOf(options.jitter ?? 0, "impair with jitter");
    microsOf(options.reorder?.delay ?? 0, "impair with reorder.delay");
    const impairments = Impairments.areWanted(options) ? new Impairments(options, (kind) => this.#stream(kind)) : null;
    // Bursts of loss go on as they are when something else is changed.
    if (impairments === null || IMPAIRMENTS.some((name) => options[name] !== this.#options[name])) {
      this.#impairments = impairments;
    }
    this.#options = options;
    this.#delay = delay;
    this.#mostPackets = mostPackets;
    this.#mostBytes = mostBytes;
    if (!up) this.clear();
  }

  /** When the first packet arrives; Infinity if none is on its way. */
  get deadline(): Micros {
    return this.#way.head === null ? Infinity : this.#way.head.arrivesAt;
  }

  /** Takes copies of all segments of `packet`, or loses them. */
  take(packet: Packet, now: Micros): void {
    const count = segmentCount(packet);
    for (let i = 0; i < count; i++) this.#takeSegment(packet, i, now);
  }

  /** The packet that has arrived by `now` and comes next, or null. */
  arrived(now: Micros): Packet | null {
    return this.deadline <= now ? this.#way.head : null;
  }

  /** Takes the next packet away. It is to be given to {@linkcode ImpairedDirection.release} when it is used. */
  shift(): Packet {
    const packet = this.#way.shift();
    this.#counters.packetsDelivered++;
    this.#counters.bytesDelivered += packet.end - packet.start + ipHeaderLength(packet);
    return packet;
  }

  /** Takes the storage of a packet back. */
  release(packet: Packet): void {
    if (packet.bytes.length === ORDINARY) this.#free.push(packet as Held);
  }

  /** Loses all that is on its way. */
  clear(): void {
    while (this.#way.head !== null) {
      this.#counters.dropped.down++;
      this.release(this.#way.shift());
    }
    this.#backlog.clear();
    this.#busyUntil = 0;
  }

  #takeSegment(packet: Packet, index: number, now: Micros): void {
    const counters = this.#counters;
    const length = segmentLength(packet, index);
    const size = length + ipHeaderLength(packet);
    counters.packetsIn++;
    counters.bytesIn += size;
    if (this.#options.up === false) return void counters.dropped.down++;
    const end = this.#transmit(size, now);
    if (end < 0) return void counters.dropped.queue++;
    if (this.#impairments?.loses()) return void counters.dropped.loss++;
    const held = this.#copy(packet, index, length);
    if (this.#impairments === null) {
      this.#lastArrival = Math.max(Math.ceil(end + this.#delay), this.#lastArrival);
      this.#send(held, this.#lastArrival);
    } else this.#impair(held, end, this.#impairments);
  }

  /** When the last bit leaves the transmitter; -1 if the packet cannot even wait for that. */
  #transmit(size: number, now: Micros): Micros {
    const { rate = Infinity } = this.#options;
    const backlog = this.#backlog;
    backlog.advance(now);
    const isFull = backlog.packets >= this.#mostPackets || backlog.bytes + size > this.#mostBytes;
    // An empty queue takes any packet.
    if (isFull && backlog.packets > 0) return -1;
    const start = Math.max(this.#busyUntil, now);
    if (start > now) backlog.push(start, size);
    return this.#busyUntil = start + size * 8e6 / rate;
  }

  #impair(held: Held, end: Micros, impairments: Impairments): void {
    const counters = this.#counters;
    // What the network would carry in vain takes its place in the order all the same.
    const isWhole = !impairments.damages() || this.#damage(held, impairments);
    const inOrder = Math.max(Math.ceil(end + this.#delay + 1000 * impairments.jitter()), this.#lastArrival);
    const heldUp = Math.round(1000 * impairments.holdUp());
    if (heldUp > 0) counters.reordered++;
    else this.#lastArrival = inOrder;
    const isTwice = impairments.duplicates();
    if (isTwice) counters.duplicated++;
    if (!isWhole) {
      counters.dropped.checksum += isTwice ? 2 : 1;
      return this.release(held);
    }
    this.#send(held, inOrder + heldUp);
    if (isTwice) this.#send(this.#copy(held, 0, held.end - held.start), inOrder + heldUp);
  }

  /** Damages it; false if its checksum shows that. A transport may make checksums anew and would hide the damage. */
  #damage(held: Held, impairments: Impairments): boolean {
    fillTcpChecksum(held);
    if (!impairments.damage(held, impairments.hidesDamage)) return true;
    this.#counters.corrupted++;
    return verifyTcpChecksum(held);
  }

  #send(held: Held, arrivesAt: Micros): void {
    held.arrivesAt = arrivesAt;
    this.#way.insertByArrival(held);
  }

  #copy(packet: Packet, index: number, length: number): Held {
    const capacity = Math.max(ORDINARY, HEADROOM + length);
    const held = (capacity === ORDINARY ? this.#free.pop() : undefined) ?? new Held(capacity);
    held.reset();
    copySegment(packet, index, held);
    return held;
  }

  #stream(kind: string): Random {
    let stream = this.#streams.get(kind);
    if (stream === undefined) this.#streams.set(kind, stream = this.#random(kind));
    return stream;
  }
}

function ipHeaderLength({ destination }: Packet): number {
  return destination.family === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
}

class Counters implements DirectionCounters {
  packetsIn = 0;
  bytesIn = 0;
  packetsDelivered = 0;
  bytesDelivered = 0;
  readonly dropped: Record<ImpairedDropCause, number> = { queue: 0, loss: 0, down: 0, checksum: 0 };
  duplicated = 0;
  corrupted = 0;
  reordered = 0;
}
