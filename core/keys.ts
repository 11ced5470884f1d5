/**
 * Keys, tokens and message authentication of Multipath TCP (RFC 8684 sections 3.1, 3.2 and 3.4.1).
 *
 * @module
 */

import type { Env } from "./plugin.ts";
import type { IpAddress } from "./wire/address.ts";
import { Uint64 } from "./wire/seq.ts";

/** One end's key with what follows from it. */
export class Key {
  /** The key itself. */
  readonly value: Uint64 = new Uint64();
  /** First 32 bits of SHA-256(key): names the connection in MP_JOIN. */
  token = 0;
  /** Data sequence number of the first byte: last 64 bits of SHA-256(key), plus 1. */
  readonly firstSequence: Uint64 = new Uint64();

  /** Draws a random key. */
  static random(env: Env): Key {
    const bytes = env.randomBytes(new Uint8Array(8));
    const view = new DataView(bytes.buffer);
    return Key.from(new Uint64(view.getUint32(0), view.getUint32(4)), env);
  }

  /** Derives token and initial data sequence number from `value` (RFC 8684 section 3.1). */
  static from(value: Uint64, env: Env): Key {
    const key = new Key();
    key.value.copy(value);
    const digest = env.sha256(key.bytes());
    const view = new DataView(digest.buffer, digest.byteOffset);
    key.token = view.getUint32(0);
    key.firstSequence.set(view.getUint32(24), view.getUint32(28));
    key.firstSequence.setSum(key.firstSequence, 1);
    return key;
  }

  /** Moves the first data sequence number by `length`. */
  skip(length: number): void {
    this.firstSequence.setSum(this.firstSequence, length);
  }

  /** The key as 8 bytes in network order. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(8);
    this.value.writeTo(new DataView(bytes.buffer), 0);
    return bytes;
  }
}

/** HMAC of a join as made by the end that owns `own` and drew `ownNonce` (RFC 8684 section 3.2); 20 of its 32 bytes count. */
export function joinHmac(env: Env, own: Key, peer: Key, ownNonce: number, peerNonce: number): Uint8Array {
  const message = new DataView(new ArrayBuffer(8));
  message.setUint32(0, ownNonce);
  message.setUint32(4, peerNonce);
  return env.hmacSha256(concatenateKeys(own, peer), new Uint8Array(message.buffer));
}

/** Writes the rightmost 64 bits of the HMAC of an ADD_ADDR of the end that owns `own` into `into` (section 3.4.1). */
export function addAddressHmac(
  env: Env,
  own: Key,
  peer: Key,
  id: number,
  address: IpAddress,
  port: number,
  into: Uint64,
): Uint64 {
  const length = address.family === 4 ? 4 : 16;
  const message = new DataView(new ArrayBuffer(1 + length + 2));
  message.setUint8(0, id);
  if (address.family === 4) address.writeV4(message, 1);
  else address.writeV6(message, 1);
  message.setUint16(1 + length, port);
  const digest = env.hmacSha256(concatenateKeys(own, peer), new Uint8Array(message.buffer));
  into.readFrom(new DataView(digest.buffer, digest.byteOffset), 24);
  return into;
}

/** Whether the first `length` bytes are the same, in time that does not depend on where they differ. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

function concatenateKeys(first: Key, second: Key): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(first.bytes());
  bytes.set(second.bytes(), 8);
  return bytes;
}
