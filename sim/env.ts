/**
 * Chance and hashes for a simulated stack.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import type { Env } from "../core/plugin.ts";
import type { Random } from "../transports/random.ts";

/** An environment whose chance is `random`, so that a run repeats; hashes are computed at once. */
export function createSeededEnv(random: Random): Env {
  return {
    random: () => random.next(),
    randomBytes: (into) => random.fill(into),
    sha256: (data) => bytesOf(createHash("sha256").update(data).digest()),
    hmacSha256: (key, data) => bytesOf(createHmac("sha256", key).update(data).digest()),
  };
}

/** A plain array instead of Node's Buffer, whose methods differ. */
function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
