/**
 * What `mptcp cat --json` says of a connection.
 *
 * @module
 */

import type { Counters, MptcpConn, SubflowInfo } from "../../mod.ts";

/** One subflow, whether it still exists or not. */
export interface SubflowRecord {
  /** This end, "10.0.0.2:40000" or "[fd00::2]:40000". */
  readonly local: string;
  /** The other end. */
  readonly remote: string;
  /** Payload bytes sent, retransmissions included. */
  readonly bytesSent: number;
  /** Payload bytes received in order. */
  readonly bytesReceived: number;
  /** Segments sent again. */
  readonly retransmissions: number;
  /** Smoothed round-trip time in microseconds. */
  readonly srttUs: number;
  /** Either end wants it as backup. */
  readonly backup: boolean;
}

/** One connection, at its end. */
export interface ConnectionRecord {
  /** Multipath TCP was in use to the end. */
  readonly mptcp: boolean;
  /** Why it was plain TCP, or null. */
  readonly fallback: string | null;
  /** Bytes that the peer has acknowledged. */
  readonly bytesSent: number;
  /** Bytes read. */
  readonly bytesReceived: number;
  /** Since it was established. */
  readonly milliseconds: number;
  /** All that there ever were, in the order in which they were opened. */
  readonly subflows: readonly SubflowRecord[];
  /** Those of the host. */
  readonly counters: Counters;
}

/** Follows a connection from its beginning. */
export class Recorder {
  readonly #conn: MptcpConn;
  readonly #began = performance.now();
  readonly #subflows = new Map<number, SubflowInfo>();

  /** Resolves when the connection is over, to the error that it ended with or to null. */
  readonly over: Promise<Error | null>;

  /** Follows `conn`, which has just been opened or accepted. */
  constructor(conn: MptcpConn) {
    this.#conn = conn;
    this.over = this.#follow();
  }

  /** The connection as it is now; `counters` are those of the host. */
  record(counters: Counters): ConnectionRecord {
    const { isMultipath, fallbackCause, bytesAcked, bytesRead } = this.#conn.stats();
    for (const subflow of this.#conn.subflows) this.#subflows.set(subflow.id, subflow);
    return {
      mptcp: isMultipath,
      fallback: fallbackCause,
      bytesSent: bytesAcked,
      bytesReceived: bytesRead,
      milliseconds: Math.round((performance.now() - this.#began) * 1000) / 1000,
      subflows: [...this.#subflows.values()].sort((a, b) => a.id - b.id).map(recordOf),
      counters,
    };
  }

  async #follow(): Promise<Error | null> {
    let error: Error | null = null;
    for await (const event of this.#conn.events()) {
      if (event.type === "subflow-closed") this.#subflows.set(event.subflow.id, event.subflow as SubflowInfo);
      if (event.type === "closed") error = event.error;
    }
    return error;
  }
}

function recordOf(subflow: SubflowInfo): SubflowRecord {
  const { bytesSent, bytesReceived, retransmissions, srtt, backup } = subflow;
  return {
    local: endpoint(subflow.local),
    remote: endpoint(subflow.remote),
    bytesSent,
    bytesReceived,
    retransmissions,
    srttUs: Math.round(srtt),
    backup,
  };
}

function endpoint({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
