/**
 * What subflows tell their connection: of its beginning, of what the peer has and takes, and of what the peer sends.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** `subflow` is established on the TCP level. */
export function handleEstablished(subflow: Subflow, now: Micros): void {
  const { meta } = subflow;
  if (!subflow.isJoin) {
    if (meta.state === "connecting") begin(meta, now);
    if (meta.isServer) meta.context.handleEstablished(meta);
  } else if (!subflow.isConfirmed) meta.timers.armConfirmation(subflow, now);
  meta.subflowSet.welcome(subflow, now);
}

/** The peer has taken `length` bytes with our SYN. */
export function handleEarlySent(meta: MetaSocket, length: number, now: Micros): void {
  meta.queue.next = length;
  handleDataAck(meta, length, now);
}

/** The first subflow carries data before its handshake is done. */
export function handleEarly(meta: MetaSocket, now: Micros): void {
  begin(meta, now);
  meta.context.handleEarly(meta);
}

/** `offset` is acknowledged by the peer. */
export function handleDataAck(meta: MetaSocket, offset: number, now: Micros): void {
  meta.timers.noteAnswer();
  if (!meta.queue.acknowledge(offset)) return;
  meta.tracer?.acknowledged();
  meta.timers.handleProgress(now);
  meta.closing.noteProgress();
  meta.repetition.handleProgress();
  if (meta.queue.isFinished) meta.closing.checkFinished(now);
  meta.context.notify(meta);
}

/** The peer takes `window` bytes from data offset `from` on; the edge never moves left. */
export function handleWindow({ queue }: MetaSocket, from: number, window: number): void {
  if (from + window > queue.windowEnd) queue.windowEnd = from + window;
  if (window > queue.largestWindow) queue.largestWindow = window;
}

/** Bytes of the data stream came in order of `subflow`: `bytes[from..to)` at data offset `offset`. */
export function handleData(
  subflow: Subflow,
  offset: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  now: Micros,
): void {
  const { meta } = subflow;
  const { reassembly } = meta;
  if (meta.closing.isOrphan && offset + (to - from) > reassembly.next) return meta.abort(now);
  const before = reassembly.next;
  const { duplicates, outOfOrderPieces, tailPieces, mergedPieces, beyond } = reassembly;
  reassembly.insert(offset, bytes, from, to);
  const { counters } = meta.context;
  counters.MPTcpExtDuplicateData += reassembly.duplicates > duplicates ? 1 : 0;
  counters.MPTcpExtOFOQueue += reassembly.outOfOrderPieces - outOfOrderPieces;
  counters.MPTcpExtOFOQueueTail += reassembly.tailPieces - tailPieces;
  counters.MPTcpExtOFOMerge += reassembly.mergedPieces - mergedPieces;
  counters.MPTcpExtNoDSSInWindow += reassembly.beyond > beyond ? 1 : 0;
  if (reassembly.next === before) return;
  meta.context.notify(meta);
  if (reassembly.isReadFull) meta.context.handleFullRead();
  if (reassembly.isFinished) meta.closing.handleReadFinished(subflow, now);
}

/** The peer's stream ends at `offset`, as `subflow` has shown; false if that cannot be. */
export function handleDataFin(subflow: Subflow, offset: number, now: Micros): boolean {
  const { reassembly, closing } = subflow.meta;
  if (!reassembly.handleFin(offset)) return false;
  if (reassembly.isFinished) closing.handleReadFinished(subflow, now);
  return true;
}

/** Plain TCP: the peer's FIN is in order. */
export function handleStreamEnd(meta: MetaSocket, now: Micros): void {
  meta.reassembly.handleFin(meta.reassembly.next);
  meta.context.notify(meta);
  meta.closing.checkFinished(now);
}

/** Plain TCP: our FIN is acknowledged. */
export function handleStreamAcknowledged(meta: MetaSocket, now: Micros): void {
  meta.queue.una = meta.queue.finAt + 1;
  meta.closing.checkFinished(now);
  meta.context.notify(meta);
}

function begin(meta: MetaSocket, now: Micros): void {
  meta.closing.begin();
  meta.establishedAt = now;
  meta.emit({ type: "established", isMultipath: meta.isMultipath });
  if (meta.isServer) meta.context.handleAccepted(meta);
}
