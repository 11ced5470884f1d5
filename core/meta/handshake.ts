/**
 * MP_CAPABLE and MP_JOIN: how a connection becomes multipath and how subflows join it (RFC 8684 sections 3.1 and 3.2).
 *
 * @module
 */

import { equalInConstantTime, joinHmac, Key } from "../keys.ts";
import type { Micros } from "../plugin.ts";
import type { SegmentKind, Verdict } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import {
  CAPABLE_CHECKSUM,
  CAPABLE_EXTENSIBILITY,
  CAPABLE_HMAC_SHA256,
  CAPABLE_NO_JOIN,
  DSS,
  JOIN_HMAC_LENGTH,
  JOIN_TRUNCATED_HMAC_LENGTH,
  MP_CAPABLE,
  MP_JOIN,
  type MptcpOptions,
  RESET_MPTCP_ERROR,
} from "../wire/mptcp.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { sumRange, writeChecksum } from "./checksum.ts";
import { fallBack } from "./fallback.ts";
import type { MultipathHooks } from "./multipath.ts";
import type { SocketOptions } from "./options.ts";
import type { Subflow } from "./subflow.ts";

/** The version of the protocol that is spoken. */
export const VERSION = 1;
/** Bytes of MP_CAPABLE in a SYN. */
const SYN_LENGTH = 4;

/** Whether the segment carries a handshake option instead of a DSS. */
export function needsHandshake(hooks: MultipathHooks, kind: SegmentKind, segment: Segment | null): boolean {
  if (kind === "syn" || kind === "syn-ack") return true;
  const { subflow } = hooks;
  if (subflow.isConfirmed || !subflow.isActive) return false;
  if (subflow.role === "join-active") return true;
  // The keys go with the third ACK and with the first data, until the peer shows that it has them. A stream without data
  // ends with a DATA_FIN, which has no room beside them: each follows the other.
  const first = 1 + subflow.earlySent;
  if (segment !== null) return segment.start === first;
  return subflow.tcp.recovery.board.nxt === first && !(hooks.isDataFinDue && hooks.haveKeysLeft);
}

/** Writes MP_CAPABLE or MP_JOIN in the form that the segment wants. */
export function writeHandshake(
  hooks: MultipathHooks,
  mptcp: MptcpOptions,
  kind: SegmentKind,
  segment: Segment | null,
): void {
  if (hooks.subflow.isJoin) writeJoin(hooks, mptcp, kind);
  else writeCapable(hooks, mptcp, kind, segment);
}

/** Takes the handshake options of a segment that arrives before the subflow is established. */
export function handleHandshake(hooks: MultipathHooks, header: TcpHeader, now: Micros): Verdict {
  switch (hooks.subflow.role) {
    case "first-active":
      return handleCapableAnswer(hooks, header, now);
    case "first-passive":
      return hooks.subflow.tcp.state === "closed"
        ? handleCapableRequest(hooks, header, now)
        : handleCapableAck(hooks, header, now);
    case "join-active":
      return handleJoinAnswer(hooks, header);
    case "join-passive":
      return hooks.subflow.tcp.state === "closed"
        ? handleJoinRequest(hooks, header)
        : handleJoinAck(hooks, header, now);
  }
}

function writeCapable(hooks: MultipathHooks, mptcp: MptcpOptions, kind: SegmentKind, segment: Segment | null): void {
  const { meta } = hooks.subflow;
  mptcp.present |= MP_CAPABLE;
  mptcp.version = VERSION;
  const asksForChecksums = kind === "syn" ? meta.options.checksum : meta.usesChecksums;
  mptcp.capableFlags = capableFlags(meta.options, asksForChecksums);
  mptcp.capableLength = kind === "syn" ? 4 : kind === "syn-ack" ? 12 : 20;
  mptcp.senderKey.copy(meta.localKey.value);
  mptcp.receiverKey.copy(meta.remoteKey.value);
  hooks.haveKeysLeft = kind === "ack";
  // A subflow may end before the keys have arrived; its FIN maps nothing.
  if (segment !== null && !segment.fin) mapFirstRange(hooks.subflow, mptcp, segment);
  if (kind === "syn") meta.context.counters.MPTcpExtMPCapableSYNTX++;
}

/** MP_CAPABLE with data maps the first range, as a DSS would. */
function mapFirstRange({ meta, earlySent }: Subflow, mptcp: MptcpOptions, segment: Segment): void {
  mptcp.capableLength = meta.usesChecksums ? 24 : 22;
  mptcp.dataLength = segment.rangeLength;
  mptcp.dataSequence.setSum(meta.localKey.firstSequence, segment.rangeSource);
  mptcp.subflowSequence = segment.rangeStart - earlySent;
  if (meta.usesChecksums) writeChecksum(mptcp, sumRange(segment));
}

/** The flags of an MP_CAPABLE of a connection with `options` (RFC 8684 section 3.1). */
export function capableFlags({ joinsToInitialAddress }: SocketOptions, checksum: boolean): number {
  return CAPABLE_HMAC_SHA256 | (checksum ? CAPABLE_CHECKSUM : 0) | (joinsToInitialAddress ? 0 : CAPABLE_NO_JOIN);
}

/** What a peer's MP_CAPABLE must be for Multipath TCP to be used; a SYN may offer later versions, too (RFC 8684 section 3.1). */
export function isCapable(mptcp: MptcpOptions, length: number): boolean {
  const isSpoken = mptcp.version === VERSION || (length === SYN_LENGTH && mptcp.version > VERSION);
  return (mptcp.present & MP_CAPABLE) !== 0 && mptcp.capableLength === length && isSpoken &&
    (mptcp.capableFlags & CAPABLE_EXTENSIBILITY) === 0 && (mptcp.capableFlags & CAPABLE_HMAC_SHA256) !== 0;
}

function handleCapableRequest(hooks: MultipathHooks, header: TcpHeader, now: Micros): Verdict {
  const { mptcp } = header.options;
  if (!isCapable(mptcp, SYN_LENGTH)) return fallBack(hooks.subflow, "not-offered", now);
  noteFlags(hooks, mptcp.capableFlags);
  return "accept";
}

/** Checksums are used if either end asks for them. */
function noteFlags(hooks: MultipathHooks, flags: number): void {
  const { meta } = hooks.subflow;
  meta.joinsToPrimaryAllowed = (flags & CAPABLE_NO_JOIN) === 0;
  if (meta.options.checksum || flags & CAPABLE_CHECKSUM) hooks.useChecksums();
}

function handleCapableAnswer(hooks: MultipathHooks, header: TcpHeader, now: Micros): Verdict {
  const { meta } = hooks.subflow;
  const { mptcp } = header.options;
  if (!isCapable(mptcp, 12)) {
    meta.context.counters.MPTcpExtMPCapableFallbackSYNACK++;
    return fallBack(hooks.subflow, "not-answered", now);
  }
  meta.context.counters.MPTcpExtMPCapableSYNACKRX++;
  meta.context.blackHoles.forget(hooks.subflow.tcp.path);
  noteFlags(hooks, mptcp.capableFlags);
  meta.remoteKey = Key.from(mptcp.senderKey, meta.context.env);
  return "accept";
}

function handleCapableAck(hooks: MultipathHooks, header: TcpHeader, now: Micros): Verdict {
  const { meta } = hooks.subflow;
  const { mptcp } = header.options;
  if ((mptcp.present & MP_CAPABLE) === 0) {
    // A DSS without keys has overtaken or lost the segment that carries them; it comes again.
    if (mptcp.present & DSS) return "drop";
    meta.context.counters.MPTcpExtMPCapableFallbackACK++;
    return fallBack(hooks.subflow, "no-keys", now);
  }
  if (mptcp.capableLength < 20 || !mptcp.receiverKey.equals(meta.localKey.value)) return "drop";
  meta.context.counters.MPTcpExtMPCapableACKRX++;
  meta.remoteKey = Key.from(mptcp.senderKey, meta.context.env);
  meta.remoteKey.skip(-hooks.subflow.earlyReceived);
  meta.subflowSet.confirm(hooks.subflow, now);
  return "accept";
}

function writeJoin(hooks: MultipathHooks, mptcp: MptcpOptions, kind: SegmentKind): void {
  const { meta, localAddressId, isLocalBackup } = hooks.subflow;
  mptcp.present |= MP_JOIN;
  mptcp.joinLength = kind === "syn" ? 12 : kind === "syn-ack" ? 16 : 24;
  mptcp.joinAddressId = localAddressId;
  mptcp.joinBackup = isLocalBackup;
  mptcp.joinToken = meta.remoteKey.token;
  mptcp.joinNonce = hooks.localNonce;
  if (kind === "syn") meta.context.counters.MPTcpExtMPJoinSynTx++;
  else mptcp.joinHmac.set(localHmac(hooks).subarray(0, JOIN_HMAC_LENGTH));
}

function handleJoinRequest(hooks: MultipathHooks, header: TcpHeader): Verdict {
  const { subflow } = hooks;
  const { mptcp } = header.options;
  const { counters } = subflow.meta.context;
  if (mptcp.joinBackup) counters.MPTcpExtMPJoinSynBackupRx++;
  if (isAtOtherPort(subflow)) counters.MPTcpExtMPJoinPortSynRx++;
  subflow.remoteAddressId = mptcp.joinAddressId;
  subflow.isRemoteBackup = mptcp.joinBackup;
  hooks.remoteNonce = mptcp.joinNonce;
  return "accept";
}

function handleJoinAnswer(hooks: MultipathHooks, header: TcpHeader): Verdict {
  const { subflow } = hooks;
  const { mptcp } = header.options;
  const { counters } = subflow.meta.context;
  if ((mptcp.present & MP_JOIN) === 0 || mptcp.joinLength !== 16) return refuse(hooks);
  counters.MPTcpExtMPJoinSynAckRx++;
  if (mptcp.joinBackup) counters.MPTcpExtMPJoinSynAckBackupRx++;
  if (isAtOtherPort(subflow)) counters.MPTcpExtMPJoinPortSynAckRx++;
  subflow.remoteAddressId = mptcp.joinAddressId;
  subflow.isRemoteBackup = mptcp.joinBackup;
  hooks.remoteNonce = mptcp.joinNonce;
  if (equalInConstantTime(remoteHmac(hooks), mptcp.joinHmac, JOIN_TRUNCATED_HMAC_LENGTH)) {
    subflow.meta.subflowSet.hasJoined = true;
    return "accept";
  }
  counters.MPTcpExtMPJoinSynAckHMacFailure++;
  return refuse(hooks);
}

function handleJoinAck(hooks: MultipathHooks, header: TcpHeader, now: Micros): Verdict {
  const { mptcp } = header.options;
  const { meta } = hooks.subflow;
  // It comes with MP_JOIN until we have answered.
  if ((mptcp.present & MP_JOIN) === 0 || mptcp.joinLength !== 24) return refuse(hooks);
  meta.context.counters.MPTcpExtMPJoinAckRx++;
  if (isAtOtherPort(hooks.subflow)) meta.context.counters.MPTcpExtMPJoinPortAckRx++;
  if (!equalInConstantTime(remoteHmac(hooks), mptcp.joinHmac, JOIN_HMAC_LENGTH)) {
    meta.context.counters.MPTcpExtMPJoinAckHMacFailure++;
    return refuse(hooks);
  }
  meta.subflowSet.hasJoined = true;
  // The fourth ACK tells the peer that its HMAC arrived (RFC 8684 section 3.2).
  hooks.subflow.tcp.requestAck();
  meta.subflowSet.confirm(hooks.subflow, now);
  return "accept";
}

/** Whether a join goes to a port of its own, as that of an announced address may be. */
function isAtOtherPort({ meta, tcp: { path }, isActive }: Subflow): boolean {
  return isActive ? path.remotePort !== meta.remote.port : path.localPort !== meta.local.port;
}

function refuse(hooks: MultipathHooks): Verdict {
  hooks.subflow.resetCode = RESET_MPTCP_ERROR;
  return "reset";
}

function localHmac(hooks: MultipathHooks): Uint8Array {
  const { meta } = hooks.subflow;
  return joinHmac(meta.context.env, meta.localKey, meta.remoteKey, hooks.localNonce, hooks.remoteNonce);
}

function remoteHmac(hooks: MultipathHooks): Uint8Array {
  const { meta } = hooks.subflow;
  return joinHmac(meta.context.env, meta.remoteKey, meta.localKey, hooks.remoteNonce, hooks.localNonce);
}
