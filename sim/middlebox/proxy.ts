/**
 * Performance-enhancing proxies (RFC 3135 section 2): boxes that acknowledge for the receiver.
 *
 * @module
 */

import { sequenceDistance } from "../../core/wire/seq.ts";
import { ACK, FIN, RST, SYN } from "../../core/wire/tcp.ts";
import type { Frame } from "../frame.ts";
import type { BoxDirection, BoxFunction, BoxPlace } from "./box.ts";
import { type BothWays, Flows, opposite } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import {
  acknowledgmentOf,
  blankOptions,
  flagsOf,
  makeAnswer,
  mptcpBitAt,
  optionBytes,
  payloadLengthOf,
  SACK,
  sequenceOf,
  TIMESTAMPS,
  visitOptions,
} from "./segment.ts";

/** What {@linkcode acknowledgeEarly} does. */
export interface ProxyOptions extends BoxScope {
  /** When data that the receiver does not acknowledge is sent again, in milliseconds; 200 by default. */
  readonly timeout?: number;
  /** The acknowledgments repeat the Multipath TCP options that the receiver sent last; false by default. */
  readonly copiesOptions?: boolean;
}

/** Times that a segment is sent again before its subflow is given up. */
const MOST_TRIES = 12;

/** One end of a subflow as it was seen last: what an acknowledgment in its name looks like. */
interface Speaker {
  sequence: number;
  acknowledgment: number;
  window: number;
  options: Uint8Array;
}

/** One direction of a subflow: what its sender was told that the receiver has. */
interface Delivery {
  /** Next sequence number wanted of the sender; NaN while it is left alone. */
  next: number;
  /** Copies of what the receiver has not acknowledged, in order. */
  readonly kept: Frame[];
  tries: number;
  cancel: () => void;
  /** Who sends. */
  speaker: Speaker | null;
}

/**
 * Acknowledges data in order as soon as it comes, keeps it, and sends it again until the receiver has acknowledged it. What
 * comes out of order, or damaged, it drops.
 */
export function acknowledgeEarly(options: ProxyOptions = {}): BoxFunction {
  const { timeout = 200, copiesOptions = false } = options;
  const scope = new Scope(options);
  const flows = new Flows<BothWays<Delivery>>(() => ({ forward: makeDelivery(), backward: makeDelivery() }));
  return (frame, direction, place) => {
    if (!frame.verifies()) return false;
    const flow = flows.of(frame, direction);
    const own = flow[direction];
    const other = flow[opposite(direction)];
    const length = payloadLengthOf(frame);
    const isCovered = scope.covers(frame, direction, place, length > 0);
    own.speaker = speakerOf(frame);
    if (flagsOf(frame) & (SYN | RST)) {
      for (const delivery of [own, other]) giveUp(delivery);
      return true;
    }
    takeAcknowledgment(frame, other);
    // Begins where nothing is on its way that it does not have.
    const isClear = other.speaker?.acknowledgment === sequenceOf(frame);
    if (Number.isNaN(own.next) && isCovered && isClear) own.next = sequenceOf(frame);
    if (Number.isNaN(own.next)) return true;
    if (length === 0) return true;
    const ahead = sequenceDistance(own.next, sequenceOf(frame));
    if (ahead > 0) return false;
    const isNew = ahead + length > 0;
    if (isNew) {
      own.next = (sequenceOf(frame) + length) >>> 0;
      own.kept.push(frame.copy());
      if (own.kept.length === 1) arm(own, direction, place, timeout);
    }
    if (other.speaker !== null) {
      place.inject(acknowledge(frame, own.next, other.speaker, copiesOptions, place), opposite(direction));
    }
    // It is sent again from here; an end of the stream is not.
    return isNew || (flagsOf(frame) & FIN) !== 0;
  };
}

function makeDelivery(): Delivery {
  return { next: NaN, kept: [], tries: 0, cancel: () => {}, speaker: null };
}

function speakerOf(frame: Frame): Speaker {
  return {
    sequence: (sequenceOf(frame) + payloadLengthOf(frame) + (flagsOf(frame) & (SYN | FIN) ? 1 : 0)) >>> 0,
    acknowledgment: acknowledgmentOf(frame),
    window: frame.view.getUint16(frame.start + 14),
    options: optionBytes(frame),
  };
}

/** The receiver of `delivery` speaks: what it has is forgotten, and nobody hears of it that it has less than was said. */
function takeAcknowledgment(frame: Frame, delivery: Delivery): void {
  if ((flagsOf(frame) & ACK) === 0 || Number.isNaN(delivery.next)) return;
  const acknowledged = acknowledgmentOf(frame);
  const { kept } = delivery;
  while (kept.length > 0 && sequenceDistance(endOf(kept[0]!), acknowledged) >= 0) {
    kept.shift()!.release();
    delivery.tries = 0;
  }
  if (kept.length === 0) delivery.cancel();
  if (sequenceDistance(acknowledged, delivery.next) <= 0) return;
  frame.view.setUint32(frame.start + 8, delivery.next);
  blankOptions(frame, (kind) => kind === SACK);
  frame.reseal();
}

function endOf(frame: Frame): number {
  return (sequenceOf(frame) + payloadLengthOf(frame)) >>> 0;
}

/** An acknowledgment of `next` in the name of `speaker`, in answer to `frame`. */
function acknowledge(frame: Frame, next: number, speaker: Speaker, copiesOptions: boolean, place: BoxPlace): Frame {
  const { sequence, window, options } = speaker;
  const answer = makeAnswer(place, frame, {
    sequence,
    acknowledgment: next,
    flags: ACK,
    window,
    options,
    payload: new Uint8Array(0),
  });
  blankOptions(answer, (kind, at) => kind === SACK || (!copiesOptions && mptcpBitAt(answer, at) !== 0));
  let clock = 0;
  visitOptions(frame, (kind, at) => clock = kind === TIMESTAMPS ? frame.view.getUint32(at + 2) : clock);
  visitOptions(answer, (kind, at) => {
    if (kind === TIMESTAMPS) answer.view.setUint32(at + 6, clock);
  });
  answer.reseal();
  return answer;
}

function arm(delivery: Delivery, direction: BoxDirection, place: BoxPlace, timeout: number): void {
  const { simulator } = place;
  delivery.cancel();
  delivery.cancel = simulator.at(simulator.now() / 1000 + timeout, () => {
    const [first] = delivery.kept;
    if (first === undefined) return;
    if (++delivery.tries > MOST_TRIES) return giveUp(delivery);
    place.inject(first.copy(), direction);
    arm(delivery, direction, place, timeout);
  });
}

function giveUp(delivery: Delivery): void {
  delivery.cancel();
  delivery.next = NaN;
  delivery.tries = 0;
  for (const frame of delivery.kept.splice(0)) frame.release();
}
