/**
 * When a box does what it does: moments in the life of a subflow.
 *
 * @module
 */

import { DSS, MP_JOIN } from "../../core/wire/mptcp_subtype.ts";
import { ACK, FIN, RST, SYN } from "../../core/wire/tcp.ts";
import type { Frame } from "../frame.ts";
import type { BoxDirection, BoxPlace } from "./box.ts";
import { Flows } from "./flows.ts";
import {
  acknowledgmentOf,
  flagsOf,
  mptcpBitAt,
  mptcpBitsOf,
  payloadLengthOf,
  sequenceOf,
  visitOptions,
} from "./segment.ts";

/** A moment in the life of a connection, as the segments tell it that belong to it. */
export type Moment =
  /** The request of a first subflow. */
  | "syn"
  /** The answer to it. */
  | "syn-ack"
  /** What follows from the client before its first data. */
  | "third-ack"
  /** The first byte of data in either direction, sent again or not. */
  | "first-data"
  /** Data from byte 20,000 of a direction on. */
  | "mid-stream"
  /** The handshake of a further subflow, from its MP_JOIN until its first data. */
  | "join"
  /** DATA_FIN or FIN. */
  | "close";

/** The moments in the order in which they come. */
export const MOMENTS: readonly Moment[] = [
  "syn",
  "syn-ack",
  "third-ack",
  "first-data",
  "mid-stream",
  "join",
  "close",
];

/** Which packets a box acts upon; all that come its way by default. */
export interface BoxScope {
  /** Only those that go this way. */
  readonly direction?: BoxDirection;
  /** Only segments that belong to this moment. */
  readonly at?: Moment;
  /** Nothing until a segment that belongs to this moment has come from either side, then that one and all that follow. */
  readonly from?: Moment;
  /** Nothing before this virtual time in milliseconds. */
  readonly after?: number;
  /** Nothing from this virtual time in milliseconds on. */
  readonly until?: number;
  /** No more than so many packets. */
  readonly count?: number;
}

/** Where the stream of a direction is well under way, in bytes. */
const MIDDLE = 20_000;

interface Track {
  /** Initial sequence number of each direction. */
  readonly initial: Partial<Record<BoxDirection, number>>;
  /** Who sent the SYN. */
  client: BoxDirection | null;
  isJoin: boolean;
  /** Data has come. */
  hasData: boolean;
}

/** Tells packets that are in a scope from others; has to see all of both directions. */
export class Scope {
  readonly #options: BoxScope;
  readonly #isTracking: boolean;
  readonly #tracks = new Flows<Track>(() => ({ initial: {}, client: null, isJoin: false, hasData: false }));
  #hasBegun: boolean;
  #left: number;

  /** See {@linkcode BoxScope}. */
  constructor(options: BoxScope) {
    this.#options = options;
    this.#isTracking = options.at !== undefined || options.from !== undefined;
    this.#hasBegun = options.from === undefined;
    this.#left = options.count ?? Infinity;
  }

  /** Whether the box acts upon `frame`; to be asked once for each, also for those of which it knows that they are not meant. */
  covers(frame: Frame, direction: BoxDirection, { simulator }: BoxPlace, isMeant = true): boolean {
    const { at, from, after = 0, until = Infinity } = this.#options;
    const now = simulator.now() / 1000;
    const moments = this.#isTracking ? this.#momentsOf(frame, direction) : NONE;
    this.#hasBegun ||= from !== undefined && moments.has(from);
    const isCovered = isMeant && this.#hasBegun && (this.#options.direction ?? direction) === direction &&
      (at === undefined || moments.has(at)) && now >= after && now < until && this.#left > 0;
    if (isCovered) this.#left--;
    return isCovered;
  }

  #momentsOf(frame: Frame, direction: BoxDirection): ReadonlySet<Moment> {
    const track = this.#tracks.of(frame, direction);
    const flags = flagsOf(frame);
    const moments = new Set<Moment>();
    if (flags & SYN) {
      track.initial[direction] = sequenceOf(frame);
      if ((flags & ACK) === 0) {
        track.client = direction;
        track.isJoin = (mptcpBitsOf(frame) & MP_JOIN) !== 0;
        track.hasData = false;
      }
      return moments.add(track.isJoin ? "join" : flags & ACK ? "syn-ack" : "syn");
    }
    const length = payloadLengthOf(frame);
    const offset = track.initial[direction] === undefined ? NaN : (sequenceOf(frame) - track.initial[direction]) >>> 0;
    track.hasData ||= length > 0;
    if (track.isJoin && !track.hasData) moments.add("join");
    if (!track.isJoin && length === 0 && isFirstAck(frame, direction, track)) moments.add("third-ack");
    if (length > 0 && offset === 1) moments.add("first-data");
    if (length > 0 && offset + length > MIDDLE) moments.add("mid-stream");
    if (flags & FIN || endsData(frame)) moments.add("close");
    return moments;
  }
}

const NONE: ReadonlySet<Moment> = new Set();
/** Flag F of DSS (RFC 8684 section 3.3). */
const DATA_FIN = 0x10;

function isFirstAck(frame: Frame, direction: BoxDirection, { client, initial }: Track): boolean {
  if (direction !== client || flagsOf(frame) & (RST | FIN)) return false;
  const { forward = NaN, backward = NaN } = initial;
  const [own, other] = direction === "forward" ? [forward, backward] : [backward, forward];
  return sequenceOf(frame) === (own + 1) >>> 0 && acknowledgmentOf(frame) === (other + 1) >>> 0;
}

function endsData(frame: Frame): boolean {
  let ends = false;
  visitOptions(frame, (_, at) => {
    ends ||= mptcpBitAt(frame, at) === DSS && (frame.bytes[at + 3]! & DATA_FIN) !== 0;
  });
  return ends;
}
