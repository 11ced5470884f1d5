/**
 * A subflow as a program sees it.
 *
 * @module
 */

import type { ConnectionEvent } from "../core/meta/events.ts";
import type { Subflow } from "../core/meta/subflow.ts";
import type { SubflowFigures } from "../core/meta/subflow_figures.ts";
import type { SubflowView } from "../core/plugin.ts";

/** A subflow at one moment: plain data, fit for JSON. */
export interface SubflowInfo extends SubflowView, SubflowFigures {
  /** The state of RFC 9293 section 3.3.2, lower-case with hyphens ("established", "fin-wait-1"). */
  readonly state: string;
  /** Why the peer reset it, as MP_TCPRST says (RFC 8684 section 3.6): 0 to 6; -1 if it did not, or does not say. */
  readonly resetReason: number;
}

/** The present values of `subflow`. */
export function subflowInfo(subflow: Subflow): SubflowInfo {
  return {
    id: subflow.id,
    local: subflow.local,
    remote: subflow.remote,
    localAddressId: subflow.localAddressId,
    remoteAddressId: subflow.remoteAddressId,
    state: subflow.state,
    resetReason: subflow.resetReason,
    usable: subflow.usable,
    backup: subflow.backup,
    stale: subflow.stale,
    mss: subflow.mss,
    cwnd: subflow.cwnd,
    ssthresh: subflow.ssthresh,
    inFlight: subflow.inFlight,
    queued: subflow.queued,
    room: subflow.room,
    srtt: subflow.srtt,
    rttvar: subflow.rttvar,
    minRtt: subflow.minRtt,
    pacingRate: subflow.pacingRate,
    deliveryRate: subflow.deliveryRate,
    inRecovery: subflow.inRecovery,
    dataEnd: subflow.dataEnd,
    bytesSent: subflow.bytesSent,
    bytesAcked: subflow.bytesAcked,
    retransmissions: subflow.retransmissions,
    ...subflow.figures,
  };
}

/** `event` with plain data only. */
export function eventOf(event: ConnectionEvent): ConnectionEvent {
  return "subflow" in event ? { ...event, subflow: subflowInfo(event.subflow as Subflow) } : event;
}
