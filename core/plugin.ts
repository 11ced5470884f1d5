/**
 * The contract between the engine and its plug-ins: schedulers, congestion controls and path managers.
 *
 * A plug-in sees live, read-only views and answers through the few commands it is handed; it never touches what a
 * view stands for. Sizes are bytes, times are microseconds, rates are bytes per second. This file imports nothing, so
 * that a plug-in needs nothing else of the engine.
 *
 * @module
 */

/** A point in time or a duration, in microseconds. The origin is the embedder's; only differences mean anything. */
export type Micros = number;

/** What the engine takes from outside beside `now`: chance and hashes. A seeded one replays a run bit for bit. */
export interface Env {
  /** A number drawn evenly from [0, 1). */
  random(): number;
  /** Fills `into` with random bytes fit for keys and nonces, and returns it. */
  randomBytes(into: Uint8Array): Uint8Array;
  /** The SHA-256 digest of `data`, 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA256 of `data` under `key`, 32 bytes (RFC 2104). */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** A named recipe, passed by value; `create` makes the instance that one connection (or one group of subflows) uses. */
export interface Plugin<T> {
  /** Lower-case name, as on the command line and in statistics. */
  readonly name: string;
  /**
   * Makes a fresh instance that shares no state with any other. Where a host or a listener takes the plug-in, one more is
   * made and forgotten, to see that it is of the right kind.
   */
  create(env: Env): T;
}

/** An address and port, as text and number. */
export interface Endpoint {
  /** IPv4 in dotted or IPv6 in RFC 5952 text form. */
  readonly address: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
}

/** One subflow as a plug-in sees it: live, read-only. */
export interface SubflowView {
  /** Unique within the connection, growing from 0 in order of creation. */
  readonly id: number;
  /** This end. */
  readonly local: Endpoint;
  /** The other end. */
  readonly remote: Endpoint;
  /** Address identifier of this end (RFC 8684 section 3.4); 0 is the address of the first subflow. */
  readonly localAddressId: number;
  /** Address identifier of the other end. */
  readonly remoteAddressId: number;
  /** True once data may be sent on it and until it closes. */
  readonly usable: boolean;
  /** True when either end asked to use it only if no other subflow is usable (MP_JOIN or MP_PRIO). */
  readonly backup: boolean;
  /** True while it makes no progress (consecutive retransmission timeouts); its data has been reinjected elsewhere. */
  readonly stale: boolean;
  /** Largest payload of one segment, in bytes. */
  readonly mss: number;
  /** Congestion window in force (during recovery: what recovery allows), in bytes. */
  readonly cwnd: number;
  /** Slow-start threshold, in bytes; Infinity before the first loss. */
  readonly ssthresh: number;
  /** Bytes sent and believed to be in the network (RFC 6675 pipe). */
  readonly inFlight: number;
  /** Bytes assigned to it and not sent yet. */
  readonly queued: number;
  /** Bytes that may be assigned now: window less flight less queue, never below 0. */
  readonly room: number;
  /** Smoothed round-trip time (RFC 6298); 0 before the first sample. */
  readonly srtt: Micros;
  /** Round-trip time variation (RFC 6298). */
  readonly rttvar: Micros;
  /** Lowest round-trip time of the last minutes; 0 before the first sample. */
  readonly minRtt: Micros;
  /** Pacing rate in bytes per second; Infinity when unpaced. */
  readonly pacingRate: number;
  /** Most recent delivery rate sample in bytes per second; 0 before the first. */
  readonly deliveryRate: number;
  /** True from the detection of a loss until all that was outstanding then is acknowledged. */
  readonly inRecovery: boolean;
  /** One past the highest data offset ever assigned to it; 0 before the first. */
  readonly dataEnd: number;
  /** Payload bytes ever sent, retransmissions included. */
  readonly bytesSent: number;
  /** Payload bytes ever acknowledged on it. */
  readonly bytesAcked: number;
  /** Segments ever retransmitted. */
  readonly retransmissions: number;
}

// ---------------------------------------------------------------------------------------------------- schedulers

/** Why the scheduler is asked. */
export type SendReason =
  /** There are bytes that no subflow carries yet. */
  | "data"
  /** Bytes that a subflow carried in vain wait to go again; `assign` takes from those. */
  | "reinjection"
  /** The connection's send window is full of unacknowledged bytes while a subflow has room. */
  | "window-limited";

/** One question to the scheduler: bytes that want a subflow. Valid during the call only. */
export interface SendBatch {
  /** Why the question is asked. */
  readonly reason: SendReason;
  /** All subflows of the connection that are usable, in order of creation. */
  readonly subflows: readonly SubflowView[];
  /** Bytes that wait to be assigned and that the send window allows. */
  readonly waiting: number;
  /** Bytes in the send buffer that are not assigned, whatever the window. */
  readonly queued: number;
  /** Lowest data offset that is not acknowledged (DATA_ACK). */
  readonly unacked: number;
  /** Data offset of the next waiting byte: with "reinjection" the lowest that waits to go again, else never assigned. */
  readonly next: number;
  /** Right edge of the connection's send window, as a data offset. */
  readonly windowEnd: number;
  /** With "data": the lowest data offset from `at` on that waits to be assigned; the end of all that waits if none does. */
  waitingFrom(at: number): number;
  /** With "data": the end of what waits from `at` on without a gap, where `at` itself waits. */
  waitingTo(at: number): number;
  /**
   * Gives `subflow` up to `bytes` bytes and returns how many it took: never more than wait, nor than one mapping
   * (65,535 bytes), and 0 if it cannot take any. The bytes start at data offset `from`, which is `next` unless it is
   * given: below it to send assigned bytes once more (redundancy, opportunistic retransmission), above it to leave those
   * between for another subflow, so that what leaves out of order arrives in order. Nothing can be left out before the connection
   * has had a second subflow, since it may still fall back to plain TCP (RFC 8684 section 3.7).
   */
  assign(subflow: SubflowView, bytes: number, from?: number): number;
  /** The subflow that carries the byte at data offset `at` unacknowledged, or null. */
  carrier(at: number): SubflowView | null;
  /** Halves the congestion window of `subflow`; ignored when it was reduced within the last round trip. */
  penalise(subflow: SubflowView): void;
}

/** Picks the subflow for each piece of data. One instance serves one connection. */
export interface Scheduler {
  /** True if the scheduler is to be asked also while assigned bytes are unacknowledged, to send them again elsewhere. */
  readonly redundant?: boolean;
  /**
   * Assigns waiting bytes to subflows. Assigning nothing means wait: the question comes again with the next
   * acknowledgment, new data, or `wakeAt`.
   */
  schedule(batch: SendBatch, now: Micros): void;
  /**
   * When to be asked again at the latest if something waits then, though nothing happened; Infinity for never. Read after
   * each question, and good for once.
   */
  readonly wakeAt?: Micros;
}

// ---------------------------------------------------------------------------------------------------- congestion

/** What one acknowledgment said. One object is reused; read it during the call only. */
export interface AckSample {
  /** Bytes newly delivered by this acknowledgment, cumulatively or selectively. */
  readonly acked: number;
  /** Round-trip time sample, or 0 when the acknowledgment gives none. */
  readonly rtt: Micros;
  /** Bytes in flight before this acknowledgment. */
  readonly priorInFlight: number;
  /** Bytes in flight after it. */
  readonly inFlight: number;
  /** Bytes delivered on the subflow since its start. */
  readonly delivered: number;
  /** Value of `delivered` when the newest segment acknowledged here was sent; marks round trips. */
  readonly priorDelivered: number;
  /** Bytes in flight right after the newest segment acknowledged here was sent, itself included. */
  readonly sentInFlight: number;
  /** Bytes found lost on the subflow since that segment was sent. */
  readonly lost: number;
  /** Delivery rate sample in bytes per second, or 0. */
  readonly deliveryRate: number;
  /** True if the sample was taken while the sender had too little to send. */
  readonly appLimited: boolean;
  /** True if the window, not the application or the receiver, held the sender back. */
  readonly cwndLimited: boolean;
  /** True while in fast recovery, which governs the window; false after a timeout, when slow start rebuilds it. */
  readonly inRecovery: boolean;
}

/** A segment that is believed lost. One object is reused; read it during the call only. */
export interface LossSample {
  /** Where it begins: bytes of the subflow before it. */
  readonly start: number;
  /** Bytes that it took. */
  readonly bytes: number;
  /** Bytes in flight right after it was sent, itself included. */
  readonly sentInFlight: number;
  /** Bytes found lost on the subflow since it was sent, itself included. */
  readonly lost: number;
  /** Bytes delivered on the subflow since its start. */
  readonly delivered: number;
  /** True if it was sent while the sender had too little to send. */
  readonly appLimited: boolean;
}

/** What kind of congestion was seen. */
export type LossKind =
  /** Loss found by RACK or duplicate acknowledgments; recovery begins. */
  | "fast"
  /** The retransmission timeout expired. */
  | "timeout"
  /** The peer echoed a congestion mark (RFC 3168). */
  | "ecn"
  /** A scheduler penalised the subflow. */
  | "penalty";

/** The window of one subflow. */
export interface CongestionController {
  /** Congestion window in bytes, at least one MSS. */
  readonly cwnd: number;
  /** Slow-start threshold in bytes; Infinity before the first loss. */
  readonly ssthresh: number;
  /** Pacing rate in bytes per second; Infinity for none. */
  readonly pacingRate: number;
  /**
   * True if `cwnd` holds during fast recovery too. By default the sender approaches it by proportional rate reduction
   * (RFC 6937), which suits windows that a loss has just reduced.
   */
  readonly governsRecovery?: boolean;
  /** True while it holds the flight down on purpose, so that what is delivered says nothing of what the path could take. */
  readonly holdsBack?: boolean;
  /** `bytes` of payload left, with `inFlight` in flight afterwards. */
  onSent(bytes: number, inFlight: number, now: Micros): void;
  /** An acknowledgment that delivered something. */
  onAck(sample: AckSample, now: Micros): void;
  /**
   * A congestion event; at most one of "fast" and "ecn" per window of data. `lost` bytes are believed lost of the
   * `inFlight` that were in flight before.
   */
  onLoss(kind: LossKind, lost: number, inFlight: number, now: Micros): void;
  /** One segment is believed lost; several come before the `onLoss` that they cause, others during recovery. */
  onSegmentLost?(sample: LossSample, now: Micros): void;
  /** The last loss event turned out to be spurious: restore what it took (RFC 4015, RFC 8985). */
  onSpurious(now: Micros): void;
  /** Recovery ended: all that was outstanding at the loss is acknowledged. */
  onRecovered?(now: Micros): void;
  /** Nothing was sent for longer than a retransmission timeout (RFC 5681 section 4.1). */
  onIdle?(now: Micros): void;
  /** The largest payload of a segment changed (path MTU). */
  onMss?(mss: number): void;
}

/** The congestion control of one connection: makes controllers and holds what coupled subflows share. */
export interface CongestionGroup {
  /** A subflow came: its controller. `view.mss` is known. */
  join(view: SubflowView): CongestionController;
  /** A subflow went. */
  leave(view: SubflowView): void;
}

// -------------------------------------------------------------------------------------------------- path managers

/** An address of this host that subflows can start from. */
export interface LocalAddress {
  /** Text form. */
  readonly address: string;
  /** Address identifier in this connection, 0 to 255. */
  readonly id: number;
  /** True if subflows from it are to be opened as backup. */
  readonly backup: boolean;
}

/** An address of the peer, from the first subflow or from ADD_ADDR. */
export interface RemoteAddress {
  /** Text form. */
  readonly address: string;
  /** Port to connect to. */
  readonly port: number;
  /** Address identifier given by the peer; 0 is the address of the first subflow. */
  readonly id: number;
}

/** Why a subflow ended. */
export type SubflowCloseReason =
  /** Both directions ended in order. */
  | "finished"
  /** The peer sent RST. */
  | "reset"
  /** No answer: SYN or data timed out. */
  | "timeout"
  /** The network says that the peer cannot be reached. */
  | "unreachable"
  /** The join was refused: token, HMAC or policy. */
  | "refused"
  /** This end reset it: what came was no Multipath TCP, because of the peer or of a box on the way. */
  | "protocol"
  /** The local address went away, or the peer removed its address. */
  | "address-removed"
  /** This end closed it. */
  | "closed";

/** What a path manager is told. */
export type PathEvent =
  /** The connection is fully established as multipath; `isServer` tells which end this is. */
  | { readonly type: "established"; readonly isServer: boolean }
  /** A local address appeared. */
  | { readonly type: "local-address-up"; readonly address: LocalAddress }
  /** A local address went; its subflows are being closed. */
  | { readonly type: "local-address-down"; readonly address: LocalAddress }
  /** The peer announced an address (ADD_ADDR). */
  | { readonly type: "announced"; readonly address: RemoteAddress }
  /** The peer withdrew an address (REMOVE_ADDR); its subflows are being closed. */
  | { readonly type: "removed"; readonly addressId: number }
  /** A subflow can carry data. */
  | { readonly type: "subflow-established"; readonly subflow: SubflowView }
  /** A subflow, or the attempt to open one, ended. */
  | { readonly type: "subflow-closed"; readonly subflow: SubflowView; readonly reason: SubflowCloseReason }
  /** Backup was set or unset by the peer. */
  | { readonly type: "priority"; readonly subflow: SubflowView }
  /** The subflow stopped or resumed making progress; see `subflow.stale`. */
  | { readonly type: "stale"; readonly subflow: SubflowView }
  /** The time asked for with `wakeAt` has come. */
  | { readonly type: "timer" };

/** What a path manager can see and do. Valid for the life of the connection. */
export interface PathActions {
  /** Addresses of this host, id 0 first. */
  readonly localAddresses: readonly LocalAddress[];
  /** Addresses of the peer known so far, id 0 first. */
  readonly remoteAddresses: readonly RemoteAddress[];
  /** Subflows that exist, those being opened included and those reported closed not, in order of creation. */
  readonly subflows: readonly SubflowView[];
  /** False when the peer forbade further subflows to its first address (MP_CAPABLE flag C). */
  readonly joinsToPrimaryAllowed: boolean;
  /** Opens a subflow; an attempt that fails comes back as "subflow-closed". False if it cannot even be tried. */
  open(local: LocalAddress, remote: RemoteAddress, options?: { readonly backup?: boolean }): boolean;
  /** Closes a subflow; the connection goes on. */
  close(subflow: SubflowView): void;
  /** Asks both ends to use `subflow` as backup, or no longer (MP_PRIO). */
  setBackup(subflow: SubflowView, backup: boolean): void;
  /** Announces a local address to the peer (ADD_ADDR), optionally with a port. */
  announce(local: LocalAddress, port?: number): void;
  /** Withdraws an address that the peer knows, from an announcement or from a subflow (REMOVE_ADDR). */
  withdraw(local: LocalAddress): void;
  /** Asks for a "timer" event at `time`; replaces the one before; Infinity cancels. */
  wakeAt(time: Micros): void;
}

/** Decides which subflows exist. One instance serves one connection. */
export interface PathManager {
  /** Something happened; answer through `actions`. */
  onEvent(event: PathEvent, actions: PathActions, now: Micros): void;
}
