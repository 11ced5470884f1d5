/**
 * What an acknowledgment carries beside its number, from the segment to loss recovery.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { AckInput } from "./recovery.ts";

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
