/**
 * A subflow as a program sees it.
 *
 * @module
 */

import type { Endpoint, Micros, SubflowView } from "../core/plugin.ts";

/** A subflow at one moment: plain data, fit for JSON. */
export interface SubflowInfo {
  /** Unique within the connection, growing from 0 in order of creation. */
  readonly id: number;
  /** This end. */
  readonly local: Endpoint;
  /** The other end. */
  readonly remote: Endpoint;
  /** The state of RFC 9293 section 3.3.2, lower-case with hyphens ("established", "fin-wait-1"). */
  readonly state: string;
  /** Whether new data may be sent on it. */
  readonly usable: boolean;
  /** Whether it is used only while no other subflow is usable. */
  readonly backup: boolean;
  /** Whether it makes no progress. */
  readonly stale: boolean;
  /** Smoothed round-trip time; 0 before the first sample. */
  readonly srtt: Micros;
  /** Variation of the round-trip time. */
  readonly rttvar: Micros;
  /** Lowest round-trip time of the last minutes; 0 before the first sample. */
  readonly minRtt: Micros;
  /** Congestion window in bytes. */
  readonly cwnd: number;
  /** Bytes sent and believed to be in the network. */
  readonly inFlight: number;
  /** Largest payload of one segment, in bytes. */
  readonly mss: number;
  /** Payload bytes sent, retransmissions included. */
  readonly bytesSent: number;
  /** Payload bytes acknowledged. */
  readonly bytesAcked: number;
  /** Payload bytes received in order. */
  readonly bytesReceived: number;
  /** Segments retransmitted. */
  readonly retransmissions: number;
}

/** What {@linkcode subflowInfo} reads. */
export interface SubflowSource extends SubflowView {
  /** The state of RFC 9293. */
  readonly state: string;
  /** Payload bytes received in order. */
  readonly bytesReceived: number;
}

/** The present values of `subflow`. */
export function subflowInfo(subflow: SubflowSource): SubflowInfo {
  return {
    id: subflow.id,
    local: { address: subflow.local.address, port: subflow.local.port },
    remote: { address: subflow.remote.address, port: subflow.remote.port },
    state: subflow.state,
    usable: subflow.usable,
    backup: subflow.backup,
    stale: subflow.stale,
    srtt: subflow.srtt,
    rttvar: subflow.rttvar,
    minRtt: subflow.minRtt,
    cwnd: subflow.cwnd,
    inFlight: subflow.inFlight,
    mss: subflow.mss,
    bytesSent: subflow.bytesSent,
    bytesAcked: subflow.bytesAcked,
    bytesReceived: subflow.bytesReceived,
    retransmissions: subflow.retransmissions,
  };
}
