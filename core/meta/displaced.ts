/**
 * Segments that lie elsewhere in the subflow than their mapping does: where there are no checksums, this is what shows that
 * something on the way makes the stream longer or shorter (RFC 8684 sections 3.3.1 and 3.7).
 *
 * Mappings count from the first byte of the subflow and no box knows of them, so behind a change of length they are off by
 * it. A box that cuts segments leaves each within its mapping; one that joins them makes them longer than any sender may.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { unwrap32 } from "../wire/seq.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { Failure, isAlone, startFailure } from "./failure.ts";
import type { MultipathHooks } from "./multipath.ts";
import { Verifier } from "./verifier.ts";

/**
 * Compares where the segment in `header` lies with its mapping of `length` bytes from subflow offset `start` on. True if
 * mappings mean nothing from now on.
 *
 * Plain TCP is right, whatever it is that shows here, as long as all of the stream is on this subflow. Else bytes are in the
 * wrong place, some may have been read, and neither end may take what it has for whole.
 */
export function handleDisplaced(
  hooks: MultipathHooks,
  header: TcpHeader,
  start: number,
  length: number,
  now: Micros,
): boolean {
  const { subflow, unmapped } = hooks;
  const { tcp, meta } = subflow;
  const payload = header.payloadEnd - header.payloadStart;
  const from = unwrap32(tcp.receiver.next, (header.sequence - tcp.peerSequence) >>> 0);
  if (!isDisplaced(from, from + payload, start, start + length)) return false;
  const isJoined = (header.segmentSize || payload) > tcp.path.interfaceMss;
  if (isJoined) return false;
  if (isAlone(subflow, unmapped?.held)) {
    keepAll(hooks);
    startFailure(new Failure(subflow, meta.reassembly.next, "length-changed"), now);
    return true;
  }
  meta.closing.handleAltered(now);
  return true;
}

/** Whether [from, to) and [start, end) overlap, and neither lies within the other. */
export function isDisplaced(from: number, to: number, start: number, end: number): boolean {
  return from < start ? start < to && to < end : start < from && from < end && end < to;
}

/** What comes is kept, and what waits with it, until both ends agree to go on as plain TCP. */
function keepAll(hooks: MultipathHooks): void {
  const { subflow, mappings, unmapped } = hooks;
  const verifier = subflow.verifier = new Verifier(subflow, mappings);
  verifier.hasFailed = true;
  hooks.unmapped = null;
  unmapped?.drain((offset, bytes, from, to) => verifier.handleData(offset, bytes, from, to, 0));
}
