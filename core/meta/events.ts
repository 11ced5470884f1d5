/**
 * What a connection tells its user beside bytes.
 *
 * @module
 */

import type { MptcpError } from "../errors.ts";
import type { Micros, RemoteAddress, SubflowCloseReason, SubflowView } from "../plugin.ts";
import type { IpAddress } from "../wire/address.ts";

/** An address with a port. */
export interface SocketAddress {
  /** The address. */
  readonly address: IpAddress;
  /** TCP port. */
  readonly port: number;
}

/** Something that happened to a connection. */
export type ConnectionEvent =
  /** The connection is open; `isMultipath` may still turn false while the first bytes are exchanged. */
  | { readonly type: "established"; readonly isMultipath: boolean }
  /** The connection goes on as plain TCP (RFC 8684 section 3.7). */
  | { readonly type: "fallback"; readonly cause: FallbackCause }
  /** A subflow can carry data. */
  | { readonly type: "subflow-established"; readonly subflow: SubflowView }
  /** A subflow, or the attempt to open one, ended. */
  | { readonly type: "subflow-closed"; readonly subflow: SubflowView; readonly reason: SubflowCloseReason }
  /** The peer announced an address. */
  | { readonly type: "address-announced"; readonly address: RemoteAddress }
  /** The peer withdrew an address. */
  | { readonly type: "address-removed"; readonly addressId: number }
  /** The peer set or unset a subflow's backup flag. */
  | { readonly type: "priority"; readonly subflow: SubflowView }
  /** The connection is over; `error` says why if it did not end in order. */
  | { readonly type: "closed"; readonly error: MptcpError | null };

/** Why a connection is plain TCP. */
export type FallbackCause =
  /** The peer's SYN did not offer Multipath TCP. */
  | "not-offered"
  /** The SYN/ACK did not accept it. */
  | "not-answered"
  /** Only SYNs without it come through. */
  | "black-hole"
  /** The third ACK came without keys. */
  | "no-keys"
  /** The first data or its acknowledgment came without a DSS. */
  | "no-dss"
  /** Data came with a wrong checksum at either end: something on the only path changes it. */
  | "checksum-failed"
  /** The peer mapped all that follows at once, for a reason of its own. */
  | "infinite-mapping"
  /** This end does not want it. */
  | "disabled";

/** Figures of a connection: what MPTCP_INFO tells on Linux, and a little more. */
export interface ConnectionStats {
  /** Whether Multipath TCP is in use. */
  readonly isMultipath: boolean;
  /** Why not. */
  readonly fallbackCause: FallbackCause | null;
  /** Bytes that the application wrote. */
  readonly bytesWritten: number;
  /** Bytes of these that the peer has acknowledged (DATA_ACK). */
  readonly bytesAcked: number;
  /** Bytes received in order. */
  readonly bytesReceived: number;
  /** Bytes of these that the application has read. */
  readonly bytesRead: number;
  /** Bytes that were given to a subflow a second time. */
  readonly bytesReinjected: number;
  /** Bytes that arrived a second time. */
  readonly bytesDuplicate: number;
  /** Bytes waiting behind a gap in the data stream. */
  readonly bytesOutOfOrder: number;
  /** Subflows that exist. */
  readonly subflows: number;
  /** Subflows that were ever established. */
  readonly subflowsTotal: number;
  /** Right edge of the peer's window, as an offset of the stream that this end writes. */
  readonly sendWindowEnd: number;
  /** When the connection was established; NaN before. */
  readonly establishedAt: Micros;
}
