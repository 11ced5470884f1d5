/**
 * What simulated links carry: IP packets with all their bytes, from a pool.
 *
 * @module
 */

import { finishChecksum } from "../core/wire/checksum.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { CHECKSUM_OFFSET } from "../core/wire/tcp.ts";
import type { Micros } from "../core/plugin.ts";
import { verifyIcmpChecksum } from "../transports/icmp.ts";
import { emitIcmpHeader, emitIpHeader, fillTcpChecksum, verifyTcpChecksum } from "../transports/ip.ts";

/** Storage of an ordinary frame: room for an MTU of 1500 bytes and somewhat more. */
const SMALL = 2048;
/** Storage of a frame that no longer fits: whatever IP can carry. */
const LARGE = 65_536 + HEADROOM;

/** The ECN bits that say "congestion experienced" (RFC 3168 section 5). */
const CONGESTION_EXPERIENCED = 3;

/**
 * An IP packet on its way: `bytes[ipStart … end)`, the TCP segment or the ICMP message from `start` on. Its owner is whoever was handed it
 * last, a link or a node; the last owner calls {@linkcode Frame.release}.
 */
export class Frame extends Packet {
  /** Index of the first byte of the IP header. */
  ipStart: number = HEADROOM;
  /** What stands behind the IP header: an ICMP message is always one of a router's errors. */
  protocol: "tcp" | "icmp" = "tcp";
  /** True as long as the segment is known to be what its sender made, so that no receiver needs to verify it. */
  isIntact = true;
  /** True once the TCP checksum field is filled in; until then it is 0. */
  hasChecksum = false;

  /** When it came to the queue of the link that has it. Belongs to the link, as do the next three. */
  queuedAt: Micros = 0;
  /** When it comes out of the link. */
  arrivesAt: Micros = 0;
  /** The frame behind it. */
  next: Frame | null = null;
  /** The frame before it. */
  previous: Frame | null = null;

  readonly #pool: FramePool;
  /** True while it is in the pool. */
  isFree = false;

  /** Made by {@linkcode FramePool.take}. */
  constructor(pool: FramePool, capacity: number) {
    super(capacity);
    this.#pool = pool;
  }

  /** Length of the IP packet in bytes. */
  get length(): number {
    return this.end - this.ipStart;
  }

  /** Writes the IP header in front of the segment; the TCP checksum is filled in later, when someone looks at it. */
  seal(): void {
    this.ipStart = emitIpHeader(this, "none");
    this.hasChecksum = false;
    this.isIntact = true;
  }

  /** Fills in the TCP checksum, unless it is there. */
  fillChecksum(): void {
    if (this.hasChecksum) return;
    fillTcpChecksum(this);
    this.hasChecksum = true;
  }

  /** Whether a receiver would take the segment or message; computed only if it may have been damaged. */
  verifies(): boolean {
    return this.isIntact || (this.protocol === "tcp" ? verifyTcpChecksum(this) : verifyIcmpChecksum(this));
  }

  /** Marks it as having met congestion, if its sender takes marks; false if not (RFC 3168 section 5). */
  markCongestion(): boolean {
    if (this.ecn === 0) return false;
    this.ecn = CONGESTION_EXPERIENCED;
    const { view, ipStart } = this;
    if (this.destination.family === 4) {
      view.setUint8(ipStart + 1, view.getUint8(ipStart + 1) | CONGESTION_EXPERIENCED);
      this.#renewHeaderChecksum();
    } else {
      view.setUint8(ipStart + 1, view.getUint8(ipStart + 1) | CONGESTION_EXPERIENCED << 4);
    }
    return true;
  }

  /** Takes one from the hop limit; false when it is used up and the packet must go no further. */
  hop(): boolean {
    const { view, ipStart } = this;
    const isV4 = this.destination.family === 4;
    const at = isV4 ? ipStart + 8 : ipStart + 7;
    const left = view.getUint8(at);
    if (left <= 1) return false;
    view.setUint8(at, left - 1);
    if (isV4) {
      // One less in the upper byte of a word is 0x100 more in the complement (RFC 1624).
      const sum = view.getUint16(ipStart + 10) + 0x100;
      view.setUint16(ipStart + 10, (sum & 0xffff) + (sum >>> 16));
    }
    return true;
  }

  /**
   * Writes the header anew after addresses, ports, options or the length of the segment were changed on the way. The TCP
   * checksum follows the change; a segment that was damaged before stays so.
   */
  reseal(): void {
    const { view, ipStart, start } = this;
    const hopLimit = view.getUint8(ipStart + (view.getUint8(ipStart) >>> 4 === 4 ? 8 : 7));
    if (this.protocol === "icmp") return void (this.ipStart = emitIcmpHeader(this, hopLimit));
    const checksum = view.getUint16(start + CHECKSUM_OFFSET);
    this.ipStart = emitIpHeader(this, "none", hopLimit);
    if (this.isIntact) this.hasChecksum = false;
    else view.setUint16(start + CHECKSUM_OFFSET, checksum);
  }

  /** A copy of its own. */
  copy(): Frame {
    const copy = this.#pool.take(this.bytes.length);
    copy.bytes.set(this.bytes.subarray(this.ipStart, this.end), this.ipStart);
    copy.ipStart = this.ipStart;
    copy.start = this.start;
    copy.end = this.end;
    copy.copyIpHeader(this);
    copy.protocol = this.protocol;
    copy.isIntact = this.isIntact;
    copy.hasChecksum = this.hasChecksum;
    copy.queuedAt = this.queuedAt;
    return copy;
  }

  /** Gives it back; nobody may use it after that. */
  release(): void {
    this.#pool.put(this);
  }

  #renewHeaderChecksum(): void {
    const { view, ipStart, start } = this;
    view.setUint16(ipStart + 10, 0);
    let sum = 0;
    for (let at = ipStart; at < start; at += 2) sum += view.getUint16(at);
    view.setUint16(ipStart + 10, finishChecksum(sum));
  }
}

/** Frames that are not in use, the last used on top, so that a few that the processor has at hand serve a long run. */
export class FramePool {
  readonly #small: Frame[] = [];
  readonly #large: Frame[] = [];
  #inUse = 0;

  /** Frames that were taken and not given back. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Frames that wait to be used again. */
  get free(): number {
    return this.#small.length + this.#large.length;
  }

  /** An empty frame of at least `capacity` bytes, {@linkcode HEADROOM} included. */
  take(capacity: number = SMALL): Frame {
    const size = capacity <= SMALL ? SMALL : LARGE;
    if (capacity > size) throw new RangeError(`Cannot take a frame of ${capacity} bytes: IP carries at most 65,535`);
    this.#inUse++;
    const frame = (size === SMALL ? this.#small : this.#large).pop();
    if (frame === undefined) return new Frame(this, size);
    frame.isFree = false;
    frame.protocol = "tcp";
    frame.reset();
    return frame;
  }

  /** Takes a frame back; called by {@linkcode Frame.release}. */
  put(frame: Frame): void {
    if (frame.isFree) throw new Error("Cannot release a frame: it was released before");
    frame.isFree = true;
    this.#inUse--;
    frame.next = null;
    frame.previous = null;
    (frame.bytes.length === SMALL ? this.#small : this.#large).push(frame);
  }
}
