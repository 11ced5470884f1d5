/**
 * DSS: what this end has received of the data stream, and where in it the bytes of a subflow belong (RFC 8684 section 3.3).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Verdict } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import { DSS, MP_FAIL, type MptcpOptions, RESET_MPTCP_ERROR } from "../wire/mptcp.ts";
import { addModulo32, unwrap32 } from "../wire/seq.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { sumRange, writeChecksum } from "./checksum.ts";
import { handleDisplaced } from "./displaced.ts";
import { handleInfiniteMapping } from "./failure.ts";
import { handleDataAck, handleDataFin } from "./input.ts";
import type { MultipathHooks } from "./multipath.ts";
import { handlePathOptions, PATH_OPTIONS } from "./path_options.ts";
import type { Subflow } from "./subflow.ts";
import { isSealed } from "./verifier.ts";

/** Writes DATA_ACK, and the mapping of `segment`, or of DATA_FIN alone if that is due. */
export function writeDss(hooks: MultipathHooks, mptcp: MptcpOptions, segment: Segment | null): void {
  const { subflow } = hooks;
  const { meta } = subflow;
  mptcp.present |= DSS;
  mptcp.dataAckBytes = meta.usesLongAcks ? 8 : 4;
  mptcp.dataAck.setSum(meta.remoteKey.firstSequence, meta.reassembly.next);
  if (segment !== null && !segment.fin) {
    const { rangeSource, rangeStart, rangeLength } = segment;
    mptcp.dataFin = meta.closing.isDataFinSendable && rangeSource + rangeLength === meta.queue.finAt &&
      rangeLength < 0xffff;
    writeMapping(subflow, mptcp, rangeSource, rangeStart, rangeLength + (mptcp.dataFin ? 1 : 0));
    if (meta.usesChecksums) writeChecksum(mptcp, sumRange(segment));
  } else if (hooks.isDataFinDue && (mptcp.present & MP_FAIL) === 0) {
    hooks.isDataFinDue = hooks.haveKeysLeft = false;
    mptcp.dataFin = true;
    writeMapping(subflow, mptcp, meta.queue.finAt, 0, 1);
    if (meta.usesChecksums) writeChecksum(mptcp, 0);
  }
}

/** A DSS arrived in `header`. */
export function handleDss(hooks: MultipathHooks, header: TcpHeader, now: Micros): Verdict {
  const { mptcp } = header.options;
  const { subflow } = hooks;
  const { meta } = subflow;
  // Without a DATA_ACK it may have been sent before our key arrived.
  if (mptcp.dataAckBytes > 0 || subflow.isJoin) meta.subflowSet.confirm(subflow, now);
  if (mptcp.dataAckBytes > 0) {
    const { una } = meta.queue;
    const base = meta.localKey.firstSequence;
    hooks.dataAck = mptcp.dataAckBytes === 8
      ? mptcp.dataAck.distanceFrom(base)
      : unwrap32(una, (mptcp.dataAck.low - base.low) >>> 0);
    handleDataAck(meta, hooks.dataAck, now);
  }
  if (mptcp.mappingBytes > 0 && !handleMapping(hooks, header, now)) return "reset";
  if (subflow.closeReason !== null) return "drop";
  if (mptcp.present & PATH_OPTIONS) handlePathOptions(subflow, mptcp, now);
  return "accept";
}

/** MP_CAPABLE with data maps the first bytes (RFC 8684 section 3.1); false as for other mappings. */
export function mapFirstData(hooks: MultipathHooks, mptcp: MptcpOptions): boolean {
  if (mptcp.capableLength < 22) return true;
  const { verifier, meta, earlyReceived } = hooks.subflow;
  const seal = verifier === null ? 0 : verifier.seal(mptcp, earlyReceived, 1);
  if (seal < 0 || mptcp.hasChecksum && !meta.usesChecksums) return refuseSeal(hooks.subflow);
  map(hooks, 1 + earlyReceived, mptcp.dataLength, earlyReceived, seal);
  return true;
}

function writeMapping(subflow: Subflow, mptcp: MptcpOptions, source: number, start: number, length: number): void {
  mptcp.mappingBytes = 8;
  mptcp.dataSequence.setSum(subflow.meta.localKey.firstSequence, source);
  mptcp.subflowSequence = start === 0 ? 0 : addModulo32(start, -subflow.earlySent);
  mptcp.dataLength = length;
}

/** False if the mapping is in conflict with what is known. */
function handleMapping(hooks: MultipathHooks, header: TcpHeader, now: Micros): boolean {
  const { mptcp } = header.options;
  const { subflow } = hooks;
  const { meta, tcp, verifier } = subflow;
  const base = meta.remoteKey.firstSequence;
  if (mptcp.mappingBytes === 8) meta.usesLongAcks = true;
  const data = mptcp.mappingBytes === 8
    ? mptcp.dataSequence.distanceFrom(base)
    : unwrap32(meta.reassembly.next, (mptcp.dataSequence.low - base.low) >>> 0);
  if (!(data >= 0)) return true;
  const start = unwrap32(tcp.receiver.next, addModulo32(mptcp.subflowSequence, subflow.earlyReceived));
  // Who has not shown yet that it has the keys has nothing to fall back from.
  if (mptcp.dataLength === 0 && !subflow.isConfirmed) return true;
  if (mptcp.dataLength === 0) return handleInfiniteMapping(subflow, start, data, now) === "accept";
  if (verifier?.hasFailed) return true;
  const length = mptcp.dataLength - (mptcp.dataFin ? 1 : 0);
  if (verifier === null && meta.failure === null && handleDisplaced(hooks, header, start, length, now)) return true;
  const seal = verifier === null ? 0 : verifier.seal(mptcp, data, mptcp.subflowSequence);
  if (seal < 0 || mptcp.hasChecksum && !meta.usesChecksums) return refuseSeal(subflow);
  if (length > 0 && !map(hooks, start, length, data, seal)) return false;
  if (!mptcp.dataFin || meta.failure?.isAgreed) return true;
  if (verifier !== null) {
    // At the end of a mapping it is believed when that is found right.
    if (length > 0) return true;
    if (!isSealed(seal, 0)) {
      meta.context.counters.MPTcpExtDataCsumErr++;
      return true;
    }
  }
  return handleDataFin(subflow, data + length, now);
}

/** Takes a mapping; false if it is in conflict with what is known. */
function map(
  { mappings, subflow }: MultipathHooks,
  start: number,
  length: number,
  data: number,
  seal: number,
): boolean {
  const { tcp, verifier } = subflow;
  const floor = tcp.receiver.next;
  if (start >= 1) {
    const verdict = mappings.add(start, length, data, floor, seal);
    // What was taken before its mapping came can no longer be checked.
    if (verdict === "known" || (verdict === "added" && (verifier === null || start >= floor))) return true;
  }
  tcp.context.counters.MPTcpExtDSSNotMatching++;
  return false;
}

/** A mapping without the checksum that was agreed on, or with one that was not, breaks the subflow (RFC 8684 section 3.3). */
function refuseSeal(subflow: Subflow): boolean {
  subflow.resetCode = RESET_MPTCP_ERROR;
  return false;
}
