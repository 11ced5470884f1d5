/**
 * What an acknowledgment carries beside its number, from the segment to loss recovery.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

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
export class MutableAckInput implements AckInput {
  /** See {@linkcode AckInput}. */
  readonly sackEdges: Float64Array = new Float64Array(8);
  /** See {@linkcode AckInput}. */
  sackCount = 0;
  /** See {@linkcode AckInput}. */
  timestampRtt: Micros = 0;
  /** See {@linkcode AckInput}. */
  echoedMillis = NaN;
  /** See {@linkcode AckInput}. */
  isCongestionEcho = false;
}

/** One for all sockets: it is filled and read within one call. */
export const SHARED_ACK_INPUT: MutableAckInput = new MutableAckInput();
