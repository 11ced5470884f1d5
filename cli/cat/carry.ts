/**
 * What `mptcp cat` does with one connection.
 *
 * @module
 */

import type { MptcpConn } from "../../mod.ts";

/** What stands in for standard input and output. */
export interface Plan {
  /** Send back what is received. */
  readonly echo: boolean;
  /** Throw away what is received. */
  readonly discard: boolean;
  /** Send so many bytes; null for standard input. */
  readonly send: number | null;
}

/** As much as a host takes in before others have their turn. */
const CHUNK = 1 << 20;

/** Carries both directions to their ends. Rejects when the connection does not end in order. */
export async function carry(conn: MptcpConn, { echo, discard, send }: Plan): Promise<void> {
  if (echo) return await echoAll(conn);
  const receiving = discard ? discardAll(conn) : print(conn);
  // A peer that only receives does not end before its sender: kernels take no further subflow after that.
  const sending = send !== null ? fill(conn, send) : discard ? receiving.then(() => conn.closeWrite()) : input(conn);
  await Promise.all([receiving, sending]);
}

async function echoAll(conn: MptcpConn): Promise<void> {
  const bytes = new Uint8Array(CHUNK);
  for (let length = await conn.read(bytes); length !== null; length = await conn.read(bytes)) {
    await writeAll(conn, bytes.subarray(0, length));
  }
  await conn.closeWrite();
}

async function discardAll(conn: MptcpConn): Promise<void> {
  const bytes = new Uint8Array(CHUNK);
  while (await conn.read(bytes) !== null);
}

async function print(conn: MptcpConn): Promise<void> {
  const bytes = new Uint8Array(CHUNK);
  for (let length = await conn.read(bytes); length !== null; length = await conn.read(bytes)) {
    for (let at = 0; at < length;) at += await Deno.stdout.write(bytes.subarray(at, length));
  }
}

async function fill(conn: MptcpConn, length: number): Promise<void> {
  const bytes = new Uint8Array(CHUNK);
  for (let left = length; left > 0;) {
    left -= await conn.write(left < CHUNK ? bytes.subarray(0, left) : bytes, { lend: true });
  }
  await conn.closeWrite();
}

async function input(conn: MptcpConn): Promise<void> {
  const bytes = new Uint8Array(CHUNK);
  for (let length = await Deno.stdin.read(bytes); length !== null; length = await Deno.stdin.read(bytes)) {
    await writeAll(conn, bytes.subarray(0, length));
  }
  await conn.closeWrite();
}

async function writeAll(conn: MptcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
