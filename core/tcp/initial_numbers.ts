/**
 * Where the sequence numbers and timestamps of a subflow begin (RFC 6528, RFC 7323 section 5.4).
 *
 * @module
 */

import type { Env, Micros } from "../plugin.ts";
import type { Path } from "./path.ts";

/** Numbers that only who knows the secret can predict. */
export interface InitialNumbers {
  /** Initial sequence number. */
  readonly sequence: number;
  /** Added to the clock in timestamps. */
  readonly timestampOffset: number;
}

/** A clock of 4 µs plus a hash of the ends keyed with `secret` (RFC 6528 section 3); the timestamp offset likewise. */
export function initialNumbers(env: Env, secret: Uint8Array, path: Path, now: Micros): InitialNumbers {
  const input = new DataView(new ArrayBuffer(secret.length + 36));
  const bytes = new Uint8Array(input.buffer);
  bytes.set(secret);
  let at = secret.length;
  path.local.writeV6(input, at);
  path.remote.writeV6(input, at += 16);
  input.setUint16(at += 16, path.localPort);
  input.setUint16(at + 2, path.remotePort);
  const digest = env.sha256(bytes);
  const view = new DataView(digest.buffer, digest.byteOffset);
  return {
    sequence: (view.getUint32(0) + Math.floor(now / 4)) >>> 0,
    timestampOffset: view.getUint32(4),
  };
}
