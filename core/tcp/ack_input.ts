/**
 * What an acknowledgment carries beside its number, from the segment to loss recovery.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { sequenceDistance, unwrap32 } from "../wire/seq.ts";
import { MAXIMUM_HEADER_LENGTH, type TcpHeader } from "../wire/tcp.ts";
import type { TcpSocket } from "./socket.ts";

/** Bytes of a SACK option with one block and its padding. */
const LEAST_SACK_LENGTH = 12;

/** What an acknowledgment carries beside the number itself. */
export interface AckInput {
  /** SACK blocks as pairs of offsets. */
  readonly sackEdges: Float64Array;
  /** How many blocks. */
  readonly sackCount: number;
  /** Round trip measured by the timestamp echo, or 0. */
  readonly timestampRtt: Micros;
  /** Sender's clock, in milliseconds, that the echo shows; NaN without timestamps. */
  readonly echoedMillis: number;
  /** It had no room for SACK blocks beside its data: what it leaves open may have arrived all the same. */
  readonly isBlind: boolean;
  /** It tells that a router marked what was sent (RFC 3168 section 6.1.3). */
  readonly isCongestionEcho: boolean;
}

/** Whether the first block says that something below `ack`, or within the second block, came twice (RFC 2883 section 4). */
export function reportsDuplicate({ sackEdges, sackCount }: AckInput, ack: number): boolean {
  const left = sackEdges[0] as number;
  if (left < ack) return true;
  return sackCount > 1 && left >= (sackEdges[2] as number) && (sackEdges[1] as number) <= (sackEdges[3] as number);
}

/** {@linkcode AckInput} that one acknowledgment after another is put into. */
class MutableAckInput implements AckInput {
  readonly sackEdges = new Float64Array(8);
  sackCount = 0;
  timestampRtt: Micros = 0;
  echoedMillis = NaN;
  isBlind = false;
  isCongestionEcho = false;
}

/** One for all sockets: it is filled and read within one call. */
const shared = new MutableAckInput();

/** What the segment in `header` tells `socket`; valid until the next call. */
export function readAckInput(socket: TcpSocket, header: TcpHeader, now: Micros): AckInput {
  const { options } = header;
  const { una } = socket.recovery.board;
  shared.sackCount = socket.usesSack ? options.sackCount : 0;
  for (let i = 0; i < 2 * shared.sackCount; i++) {
    shared.sackEdges[i] = unwrap32(una, ((options.sackEdges[i] as number) - socket.initialSequence) >>> 0);
  }
  const hasEcho = socket.usesTimestamps && options.hasTimestamp && options.timestampEcho !== 0;
  const age = hasEcho ? sequenceDistance(options.timestampEcho, socket.timestamp(now)) : -1;
  shared.timestampRtt = age > 0 ? age * 1000 : 0;
  shared.echoedMillis = age >= 0 ? Math.floor(now / 1000) - age : NaN;
  shared.isBlind = socket.usesSack && options.sackCount === 0 && isFull(header);
  shared.isCongestionEcho = socket.ecn.isEcho(header);
  return shared;
}

/** Whether it carries data and options that leave no room for a SACK block, as a DSS and timestamps do. */
function isFull(header: TcpHeader): boolean {
  return header.payloadEnd > header.payloadStart && header.headerLength + LEAST_SACK_LENGTH > MAXIMUM_HEADER_LENGTH;
}
