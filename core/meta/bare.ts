/**
 * Segments without the options that they should have: a box on the way takes them out, or the peer speaks plain TCP because
 * one has taken ours (RFC 8684 section 3.7).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { RESET_MIDDLEBOX } from "../wire/mptcp.ts";
import { unwrap32 } from "../wire/seq.ts";
import { RST, type TcpHeader } from "../wire/tcp.ts";
import type { Subflow } from "./subflow.ts";

/** Segments of a first flight (RFC 6928). */
const FIRST_FLIGHT = 10;

/**
 * Whether the peer of the only subflow may have gone over to plain TCP. It does so when its first flight comes back without
 * a DSS of ours: it has acknowledged no data then, and has sent no more than a flight. Later there is no way back, because
 * a peer that still speaks Multipath TCP may send something again, which plain TCP would take for new bytes; but for
 * an agreement on it.
 */
export function mayBePlain(subflow: Subflow): boolean {
  const { queue, reassembly, failure, subflowSet } = subflow.meta;
  if (subflowSet.hasJoined || !mayBeOnly(subflow)) return false;
  return failure !== null || (queue.una === subflow.earlySent && reassembly.next <= FIRST_FLIGHT * subflow.tcp.mss);
}

/**
 * Whether the peer may know of no other subflow, for all that it has shown, and the streams on it have not ended: one that has
 * answered a join may have refused what followed.
 */
export function mayBeOnly({ meta, isJoin }: Subflow): boolean {
  return !isJoin && meta.subflowSet.established <= 1 && !meta.isFinished;
}

/** Whether the segment in `header`, which has no option of Multipath TCP, acknowledges data of ours for the first time. */
export function acknowledgesBare({ tcp, earlySent }: Subflow, header: TcpHeader, hasSeenDss: boolean): boolean {
  if (header.flags & RST || (tcp.state !== "established" && tcp.state !== "close-wait")) return false;
  // The keys may have left with the first bytes, and what acknowledges them have come without options.
  const known = hasSeenDss ? tcp.recovery.board.una : 1 + earlySent;
  return unwrap32(known, (header.acknowledgment - tcp.initialSequence) >>> 0) > known;
}

/** Retransmission timeouts for which options may stay away before something is done about it. */
const PATIENCE = 2;

/** Options are missing on `subflow`: it is asked after a while if that helps, and then given up. */
export function suspect(subflow: Subflow, now: Micros): void {
  if (subflow.suspectAt !== Infinity) return;
  subflow.suspectAt = now + PATIENCE * subflow.tcp.recovery.rtt.timeout;
  subflow.meta.timers.update();
}

/** Options have come and nothing is missing any more. */
export function acquit(subflow: Subflow): void {
  if (subflow.suspectAt === Infinity) return;
  subflow.suspectAt = Infinity;
  subflow.isQuestioned = false;
  subflow.meta.timers.update();
}

/** Options were missing for a while. Whether acknowledgments have them the peer can show; mappings it does not repeat. */
export function handleSuspicion(subflow: Subflow, canAnswer: boolean, now: Micros): void {
  if (subflow.isQuestioned || !canAnswer) return breakSubflow(subflow, now);
  subflow.isQuestioned = true;
  subflow.suspectAt = Infinity;
  subflow.tcp.requestProbe();
  suspect(subflow, now);
}

/** Something takes the options away for good: resets the subflow, and tells why (RFC 8684 section 3.7). */
export function breakSubflow(subflow: Subflow, now: Micros): void {
  subflow.meta.context.counters.MPTcpExtDSSCorruptionReset++;
  subflow.resetCode = RESET_MIDDLEBOX;
  subflow.tcp.abort("protocol", now);
}
