/**
 * The ends of a subflow as words to be hashed.
 *
 * @module
 */

import type { IpAddress } from "./wire/address.ts";

/** Words of a flow. */
export const FLOW_WORDS = 9;

/** Writes the ends of a flow to the first words of `words`, so that the other direction reads differently. */
export function writeFlow(
  words: Int32Array,
  local: IpAddress,
  localPort: number,
  remote: IpAddress,
  remotePort: number,
): void {
  words[0] = local.a;
  words[1] = local.b;
  words[2] = local.c;
  words[3] = local.d;
  words[4] = remote.a;
  words[5] = remote.b;
  words[6] = remote.c;
  words[7] = remote.d;
  words[8] = (localPort << 16) | remotePort;
}
