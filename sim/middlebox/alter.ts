/**
 * Boxes that damage what they carry.
 *
 * @module
 */

import type { BoxFunction } from "./box.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { payloadLengthOf, payloadStartOf } from "./segment.ts";

/** What {@linkcode alterPayload} does. */
export interface AlterOptions extends BoxScope {
  /** Makes the TCP checksum right again, so that only that of DSS can tell; true by default. */
  readonly fixChecksum?: boolean;
  /** Which byte of the payload, from its beginning; 0 by default. Where there are fewer, the last. */
  readonly byte?: number;
}

/** Inverts a byte of each segment with payload. */
export function alterPayload(options: AlterOptions = {}): BoxFunction {
  const { fixChecksum = true, byte = 0 } = options;
  const scope = new Scope(options);
  return (frame, direction, place) => {
    const length = payloadLengthOf(frame);
    if (!scope.covers(frame, direction, place, length > 0)) return true;
    if (!fixChecksum) frame.fillChecksum();
    const index = payloadStartOf(frame) + Math.min(byte, length - 1);
    frame.bytes[index] = ~frame.bytes[index]!;
    if (fixChecksum) frame.reseal();
    else frame.isIntact = false;
    return true;
  };
}
