/**
 * What goes wrong on a path by chance: loss, damage, duplicates, delay and order. Simulated links and impaired transports
 * share it, so that one description means the same in either.
 *
 * @module
 */

import type { Packet } from "../core/wire/packet.ts";
import { MINIMUM_HEADER_LENGTH } from "../core/wire/tcp.ts";
import { fillTcpChecksum } from "./ip.ts";
import type { Random } from "./random.ts";

/** Losses in bursts: two states between which each packet may move (Gilbert 1960, Elliott 1963). */
export interface GilbertElliott {
  /** Probability that a packet in the good state is the last there. */
  readonly goodToBad: number;
  /** Probability that a packet in the bad state is the last there; 1 over the mean length of a burst in packets. */
  readonly badToGood: number;
  /** Probability of loss in the good state; 0 by default. */
  readonly lossInGood?: number;
  /** Probability of loss in the bad state; 1 by default. */
  readonly lossInBad?: number;
}

/** Packets that overtake each other. */
export interface Reordering {
  /** Probability that a packet is held up. */
  readonly probability: number;
  /** For how long, in milliseconds; those behind it pass. */
  readonly delay: number;
}

/** Bits that flip. */
export interface Corruption {
  /** Probability that a packet is damaged. */
  readonly probability: number;
  /** Bits that flip in it; 1 by default, which a checksum always finds. */
  readonly bits?: number;
  /**
   * Damages payload alone and makes the TCP checksum right again, as a middlebox that edits would: only the DSS checksum
   * can find it.
   */
  readonly fixChecksum?: boolean;
}

/** What goes wrong; nothing by default. */
export interface ImpairmentOptions {
  /** Probability that a packet is lost, or losses in bursts. */
  readonly loss?: number | GilbertElliott;
  /** Up to so many milliseconds are added to the delay, drawn evenly; the order stays. */
  readonly jitter?: number;
  /** Packets that others overtake. */
  readonly reorder?: Reordering;
  /** Probability that a packet arrives twice. */
  readonly duplicate?: number;
  /** Probability that a bit of a packet flips, or more about that. */
  readonly corrupt?: number | Corruption;
}

/** Draws for one direction; each kind from a stream of its own, so that switching one on does not shift another. */
export class Impairments {
  readonly #loss: Random;
  readonly #jitter: Random;
  readonly #order: Random;
  readonly #duplicates: Random;
  readonly #damage: Random;
  readonly #options: ImpairmentOptions;
  readonly #burst: Required<GilbertElliott> | null;
  readonly #corruption: Required<Corruption> | null;
  #isBad = false;

  /** `random` gives the stream for a kind. */
  constructor(options: ImpairmentOptions, random: (kind: string) => Random) {
    check("loss", typeof options.loss === "number" ? options.loss : 0);
    check("duplicate", options.duplicate ?? 0);
    check("reorder.probability", options.reorder?.probability ?? 0);
    this.#options = options;
    this.#burst = typeof options.loss === "object" ? { lossInGood: 0, lossInBad: 1, ...options.loss } : null;
    for (const [name, value] of Object.entries(this.#burst ?? {})) check(`loss.${name}`, value);
    const corrupt = typeof options.corrupt === "number" ? { probability: options.corrupt } : options.corrupt;
    this.#corruption = corrupt ? { bits: 1, fixChecksum: false, ...corrupt } : null;
    check("corrupt.probability", this.#corruption?.probability ?? 0);
    this.#loss = random("loss");
    this.#jitter = random("jitter");
    this.#order = random("reorder");
    this.#duplicates = random("duplicate");
    this.#damage = random("corrupt");
  }

  /** Whether `options` ask for anything at all. */
  static areWanted(options: ImpairmentOptions): boolean {
    const { loss, jitter, reorder, duplicate, corrupt } = options;
    return !!loss || !!jitter || !!reorder || !!duplicate || !!corrupt;
  }

  /** Whether the next packet is lost. */
  loses(): boolean {
    const burst = this.#burst;
    if (burst === null) return typeof this.#options.loss === "number" && this.#loss.chance(this.#options.loss);
    const isLost = this.#loss.chance(this.#isBad ? burst.lossInBad : burst.lossInGood);
    if (this.#loss.chance(this.#isBad ? burst.badToGood : burst.goodToBad)) this.#isBad = !this.#isBad;
    return isLost;
  }

  /** Delay to add to that of the link, in milliseconds; order stays. */
  jitter(): number {
    const { jitter } = this.#options;
    return jitter ? jitter * this.#jitter.next() : 0;
  }

  /** Delay in milliseconds by which others may overtake the next packet. */
  holdUp(): number {
    const { reorder } = this.#options;
    return reorder && this.#order.chance(reorder.probability) ? reorder.delay : 0;
  }

  /** Whether the next packet arrives twice. */
  duplicates(): boolean {
    const { duplicate } = this.#options;
    return !!duplicate && this.#duplicates.chance(duplicate);
  }

  /** Whether the next packet is damaged. */
  damages(): boolean {
    return this.#corruption !== null && this.#damage.chance(this.#corruption.probability);
  }

  /** Whether the checksum is made right again after damage. */
  get hidesDamage(): boolean {
    return this.#corruption?.fixChecksum ?? false;
  }

  /**
   * Flips bits of `packet`, whose checksum is filled in; false if it has none that may flip. With `hides` it is a TCP
   * segment, whose payload alone is damaged and whose checksum follows.
   */
  damage(packet: Packet, hides: boolean): boolean {
    const { bytes, start, end } = packet;
    const { bits } = this.#corruption!;
    const from = hides ? start + Math.max(packet.headerLength, MINIMUM_HEADER_LENGTH) : start;
    if (from >= end) return false;
    for (let i = 0; i < bits; i++) {
      const bit = this.#damage.below(8 * (end - from));
      const at = from + (bit >>> 3);
      bytes[at] = bytes[at]! ^ 1 << (bit & 7);
    }
    if (hides) fillTcpChecksum(packet);
    return true;
  }
}

function check(name: string, probability: number): void {
  if (probability >= 0 && probability <= 1) return;
  throw new RangeError(`Cannot use ${name} ${probability}: give a probability from 0 to 1`);
}
