/**
 * What a connection tells its user beside bytes.
 *
 * @module
 */

import type { MptcpError } from "../errors.ts";
import type { Micros, RemoteAddress, SubflowCloseReason, SubflowView } from "../plugin.ts";
import type { TroubleCause } from "../tcp/hooks.ts";
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
  /** Both ends have shown that they have the keys: from now on subflows can join. */
  | { readonly type: "confirmed" }
  /** The connection goes on as plain TCP (RFC 8684 section 3.7). */
  | { readonly type: "fallback"; readonly cause: FallbackCause }
  /** A subflow can carry data. */
  | { readonly type: "subflow-established"; readonly subflow: SubflowView }
  /** A subflow, or the attempt to open one, ended. */
  | { readonly type: "subflow-closed"; readonly subflow: SubflowView; readonly reason: SubflowCloseReason }
  /** A subflow has trouble and goes on trying: what the network said of it, or three retransmissions in vain. */
  | { readonly type: "trouble"; readonly subflow: SubflowView; readonly cause: TroubleCause }
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
  /** Without checksums, mappings do not fit the segments that they come with: something on the only path makes data longer or shorter. */
  | "length-changed"
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
  /** Whether mappings carry checksums. */
  readonly usesChecksums: boolean;
  /** What names the connection in the peer's MP_JOIN (RFC 8684 section 3.2). */
  readonly token: number;
  /** Bytes that the application wrote. */
  readonly bytesWritten: number;
  /** Bytes of these that were given to a subflow. */
  readonly bytesAssigned: number;
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
  /** Payload bytes that subflows have sent, those closed since included, whatever they repeat. */
  readonly bytesSent: number;
  /** Bytes of these that a subflow sent again. */
  readonly bytesRetransmitted: number;
  /** Segments that a subflow sent again. */
  readonly retransmissions: number;
  /** Times in a row that the connection's own timer expired without progress: window probe, DATA_FIN, missing DATA_ACK. */
  readonly stalls: number;
  /** Subflows that exist. */
  readonly subflows: number;
  /** Subflows that were ever established. */
  readonly subflowsTotal: number;
  /** Addresses announced to the peer and not withdrawn. */
  readonly addressesAnnounced: number;
  /** Addresses that the peer announced and did not withdraw. */
  readonly addressesLearned: number;
  /** Addresses of this host that subflows use. */
  readonly localAddressesUsed: number;
  /** Right edge of the peer's window, as an offset of the stream that this end writes. */
  readonly sendWindowEnd: number;
  /** Right edge of our window, as an offset of the stream that the peer writes. */
  readonly receiveWindowEnd: number;
  /** When the connection was established, in microseconds of the host's clock; NaN before. */
  readonly establishedAt: Micros;
  /** When a subflow last sent payload; NaN before the first. */
  readonly lastSentAt: Micros;
  /** When a subflow last received payload; NaN before the first. */
  readonly lastReceivedAt: Micros;
  /** When a subflow last received an acknowledgment; NaN before the first. */
  readonly lastAckAt: Micros;
}
