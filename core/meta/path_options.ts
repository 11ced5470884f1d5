/**
 * Options that tell of addresses and priorities: ADD_ADDR, REMOVE_ADDR, MP_PRIO (RFC 8684 sections 3.3.8 and 3.4).
 *
 * @module
 */

import { addAddressHmac } from "../keys.ts";
import type { Micros } from "../plugin.ts";
import { ADD_ADDR, MP_PRIO, type MptcpOptions, REMOVE_ADDR } from "../wire/mptcp.ts";
import { Uint64 } from "../wire/seq.ts";
import type { Subflow } from "./subflow.ts";

/** The options that {@linkcode handlePathOptions} takes. */
export const PATH_OPTIONS: number = ADD_ADDR | REMOVE_ADDR | MP_PRIO;

/** Takes the path options of an acceptable segment on `subflow`. */
export function handlePathOptions(subflow: Subflow, mptcp: MptcpOptions, now: Micros): void {
  if (mptcp.present & ADD_ADDR) handleAddAddress(subflow, mptcp, now);
  if (mptcp.present & REMOVE_ADDR) handleRemoveAddress(subflow, mptcp, now);
  if (mptcp.present & MP_PRIO) handlePriority(subflow, mptcp, now);
}

/** RFC 8684 section 3.4.1. */
function handleAddAddress(subflow: Subflow, mptcp: MptcpOptions, now: Micros): void {
  const { meta } = subflow;
  const { counters, env } = meta.context;
  if (mptcp.addAddressEcho) {
    counters.MPTcpExtEchoAdd++;
    return meta.paths.handleEcho(mptcp.addAddressId, now);
  }
  const expected = addAddressHmac(
    env,
    meta.remoteKey,
    meta.localKey,
    mptcp.addAddressId,
    mptcp.addAddress,
    mptcp.addAddressPort,
    new Uint64(),
  );
  if (!mptcp.addAddressHasHmac || !expected.equals(mptcp.addAddressHmac)) {
    counters.MPTcpExtAddAddrDrop++;
    return;
  }
  counters.MPTcpExtAddAddr++;
  if (mptcp.addAddressPort !== 0) counters.MPTcpExtPortAdd++;
  meta.paths.handleAnnouncement(subflow, mptcp.addAddressId, mptcp.addAddress, mptcp.addAddressPort, now);
}

/** RFC 8684 section 3.4.2. */
function handleRemoveAddress(subflow: Subflow, mptcp: MptcpOptions, now: Micros): void {
  const { meta } = subflow;
  for (let i = 0; i < mptcp.removeCount; i++) {
    meta.context.counters.MPTcpExtRmAddr++;
    meta.paths.handleRemoval(mptcp.removeIds[i] as number, now);
  }
}

/** RFC 8684 section 3.3.8: it speaks of the subflow that it came on. */
function handlePriority(subflow: Subflow, mptcp: MptcpOptions, now: Micros): void {
  subflow.meta.context.counters.MPTcpExtMPPrioRx++;
  if (subflow.isRemoteBackup === mptcp.priorityBackup) return;
  subflow.isRemoteBackup = mptcp.priorityBackup;
  subflow.meta.paths.tell({ type: "priority", subflow }, now);
  subflow.meta.emit({ type: "priority", subflow });
}
