/**
 * What may become of a connection behind a box, and what may not.
 *
 * @module
 */

import { type Change, MARKER } from "./boxes.ts";
import type { Cell, Outcome } from "./cell.ts";
import type { Recorder } from "./recorder.ts";

/** What is wrong with how `cell` ended, where the client sent `up` and the server `down`; empty if nothing is. */
export function complaintAbout(
  { box, checksum }: Cell,
  client: Recorder,
  server: Recorder | null,
  up: Uint8Array,
  down: Uint8Array,
): string {
  for (const [name, end, sent] of [["client", client, down], ["server", server, up]] as const) {
    if (end === null) continue;
    const { socket } = end;
    if (socket.state !== "closed") return `the ${name} hangs, with ${end.received.length} bytes read`;
    const mayChange = !checksum || !socket.isMultipath;
    const change: Change = mayChange && box.change !== undefined ? box.change : { type: "none" };
    const wrongAt = firstWrong(end.received, sent, change, end.hasEnded);
    if (wrongAt >= 0) return `byte ${wrongAt} at the ${name} is wrong`;
    if (socket.error === null && !end.hasEnded) return `the ${name} ended in order after ${end.received.length} bytes`;
  }
  if (server === null && client.socket.error === null) return "the client is content without a server";
  const errors = [client, server].map((end) => end?.socket.error ?? null);
  if (server !== null && (errors[0] === null) !== (errors[1] === null)) {
    if (!(client.hasEnded && server.hasEnded)) {
      return `one end alone has an error: client ${errors[0]?.code}, server ${errors[1]?.code}`;
    }
  }
  return "";
}

/**
 * Index of the first byte that should not be so, or of the first that is missing or too many if `isWhole`; -1 if all is
 * right.
 */
export function firstWrong(received: readonly number[], sent: Uint8Array, change: Change, isWhole: boolean): number {
  if (change.type === "any") return -1;
  const replacement = new TextEncoder().encode(change.type === "replaced" ? change.replacement : MARKER);
  let at = 0;
  let i = 0;
  while (i < received.length) {
    const isReplaced = stands(MARKER_BYTES, sent, at) && stands(replacement, received, i) &&
      !(stands(MARKER_BYTES, received, i) && i + MARKER_BYTES.length <= received.length);
    if (isReplaced) {
      at += MARKER_BYTES.length;
      i += replacement.length;
      continue;
    }
    const isInverted = change.type === "inverted" && received[i] === 255 - sent[at]!;
    if (received[i] !== sent[at] && !isInverted) return i;
    at++;
    i++;
  }
  return isWhole && (at !== sent.length || i !== received.length) ? received.length : -1;
}

const MARKER_BYTES = new TextEncoder().encode(MARKER);

/** Whether `text` is in `bytes` at `at`, as far as they go. */
function stands(text: Uint8Array, bytes: ArrayLike<number>, at: number): boolean {
  return text.every((byte, k) => at + k >= bytes.length || bytes[at + k] === byte);
}

/** What became of a cell about which there is no complaint. */
export function outcomeOf({ paths }: Cell, client: Recorder, server: Recorder | null): Outcome {
  const hasError = client.socket.error !== null || server?.socket.error !== null;
  if (hasError) return client.hasEnded && server?.hasEnded ? "late error" : "error";
  if (!client.socket.isMultipath || !server!.socket.isMultipath) return "plain TCP";
  const isWhole = [client, server!].every((end) => end.subflows >= paths && end.lost === 0);
  return isWhole ? "multipath" : "fewer subflows";
}
