/**
 * Chance and hashes as the runtime gives them.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import type { Env } from "../core/plugin.ts";

const RESERVE = 2048;
const reserve = new Uint32Array(RESERVE);
let used = RESERVE;

/** The {@linkcode Env} of hosts over real transports: everything random in it is cryptographically strong. */
export const systemEnv: Env = {
  random() {
    const high = draw() >>> 5;
    const low = draw() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  },
  randomBytes(into) {
    // The limit of one call is 65,536 bytes.
    for (let at = 0; at < into.length; at += 65_536) {
      crypto.getRandomValues(into.subarray(at, at + 65_536) as Uint8Array<ArrayBuffer>);
    }
    return into;
  },
  sha256(data) {
    return new Uint8Array(createHash("sha256").update(data).digest());
  },
  hmacSha256(key, data) {
    return new Uint8Array(createHmac("sha256", key).update(data).digest());
  },
};

/** 32 random bits; drawn many at once, because a call costs far more than the bits. */
function draw(): number {
  if (used === RESERVE) {
    crypto.getRandomValues(reserve);
    used = 0;
  }
  return reserve[used++]!;
}
