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
}

/** One for all sockets: it is filled and read within one call. */
export const SHARED_ACK_INPUT: MutableAckInput = new MutableAckInput();
