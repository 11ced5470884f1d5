/**
 * What a TCP socket asks of and tells the layer above it: the connection that its byte ranges belong to.
 *
 * @module
 */

import type { Micros, SubflowCloseReason } from "../plugin.ts";
import type { IcmpErrorKind } from "../wire/icmp.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import type { TcpOptions } from "../wire/options.ts";
import type { Segment } from "./segment.ts";

/** Which segment options are wanted for. */
export type SegmentKind = "syn" | "syn-ack" | "ack" | "data" | "reset";

/** What the layer above makes of a segment. */
export type Verdict =
  /** Go on with it. */
  | "accept"
  /** Ignore it: the peer will send it again. */
  | "drop"
  /** Answer with a reset and close. */
  | "reset";

/** What is wrong with a subflow that goes on trying: what the network says of the peer, or that nothing is answered. */
export type TroubleCause = Exclude<IcmpErrorKind, "too-big"> | "timeout";

/** The layer above one TCP socket. */
export interface TcpHooks {
  /** Bytes that the options of a data segment take at most, a multiple of 4. */
  readonly optionsLength: number;
  /** Whether a socket that takes data before its handshake is done may send some, too (RFC 7413). */
  readonly maySendEarly: boolean;
  /** Adds options to a segment that is about to leave; `segment` is what a "data" segment carries. */
  writeOptions(options: TcpOptions, kind: SegmentKind, segment: Segment | null, now: Micros): void;
  /** Sees the options of an acceptable segment before anything else of it is processed. */
  handleOptions(header: TcpHeader, now: Micros): Verdict;
  /** The peer answers the SYN with the reset in `header`. */
  handleRefusal?(header: TcpHeader): void;
  /** Whether only the peer can have made the reset in `header`, wherever in the window it stands. */
  provesReset?(header: TcpHeader): boolean;
  /** The window field of an acceptable segment, scaled, with the acknowledgment offset that it came with. */
  handleWindow(header: TcpHeader, acknowledged: number, window: number, now: Micros): void;
  /** Bytes in order: `bytes[from..to)` at `offset` of the subflow (the first byte is 1). */
  handleData(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void;
  /** The peer has taken the first `length` bytes with our SYN (RFC 7413). */
  handleEarlySent(length: number, now: Micros): void;
  /** The socket may carry data from now on, before its handshake is done; `length` bytes came with the peer's SYN. */
  handleEarly(length: number, now: Micros): void;
  /** The peer's FIN is in order. */
  handleFin(now: Micros): void;
  /** `segment` is acknowledged and leaves the subflow; true keeps it, to be released by the layer above. */
  handleAcknowledged(segment: Segment): boolean;
  /** Whether the third ACK is taken; false leaves the socket as it is, and the peer to try again. */
  mayEstablish?(): boolean;
  /** The socket is established: the handshake is done on this level. */
  handleEstablished(now: Micros): void;
  /** Acknowledgments made progress, or the window opened: there may be room for more. */
  handleProgress(now: Micros): void;
  /** There may be room for more, though nothing came. */
  handleRoom?(now: Micros): void;
  /** The SYN is sent for the time `tries` again. */
  handleSynRetry?(tries: number): void;
  /** The retransmission timer expired. */
  handleTimeout(now: Micros): void;
  /** Something is wrong, and the socket goes on trying (RFC 9293 section 3.9.1.8). */
  handleTrouble?(cause: TroubleCause): void;
  /** The socket is closed: nothing more will come. */
  handleClosed(reason: SubflowCloseReason, now: Micros): void;
  /** How many bytes beyond the next expected one are acceptable. */
  acceptableWindow(): number;
  /** The window to advertise, in bytes beyond the acknowledgment. */
  advertiseWindow(): number;
  /** Whether the layer above has options of its own waiting, for which a bare acknowledgment must leave. */
  readonly hasOptionsDue: boolean;
}
