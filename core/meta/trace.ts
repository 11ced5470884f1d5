/**
 * What an engine decides, decision by decision, as plain data: for plots, for papers, for whoever asks "why did it send
 * this there?".
 *
 * @module
 */

import type { ConnectionEvent } from "./events.ts";
import type { LossKind, Micros, SendReason } from "../plugin.ts";

/**
 * Takes each record when the decision is made, in order. It must not call the engine, and what it spends is added to
 * the time of a packet: append to a list or a buffer and look at it later.
 */
export type Tracer = (record: TraceRecord) => void;

/** Every record has these. */
export interface TraceMoment {
  /** Time in microseconds, on the clock that drives the engine. */
  readonly at: Micros;
  /** Number of the connection on its host, in the order in which connections began. */
  readonly connection: number;
}

/** A record about one subflow. */
export interface SubflowMoment extends TraceMoment {
  /** Number of the subflow in its connection, from 0. */
  readonly subflow: number;
}

/** A decision. Sizes are bytes; offsets count bytes of a stream from 0 (data) or from the SYN (subflow). */
export type TraceRecord =
  | SegmentSent
  | SegmentAcknowledged
  | SegmentLost
  | WindowChanged
  | DataScheduled
  | DataReinjected
  | DataAcknowledged
  | EventTraced;

/** Why a segment left. */
export type SendCause =
  /** Data, or the end of the stream, for the first time. */
  | "new"
  /** Believed lost by its neighbours' acknowledgments (RFC 8985). */
  | "lost"
  /** The retransmission timer expired (RFC 6298). */
  | "timeout"
  /** Tail loss probe (RFC 8985 section 7). */
  | "loss-probe"
  /** Longer than the path is known to take, to find out (RFC 4821). */
  | "mtu-probe"
  /** To open or to answer. */
  | "handshake"
  /** To acknowledge. */
  | "acknowledgment"
  /** To have options of Multipath TCP arrive: an address, a priority, a DATA_ACK. */
  | "options"
  /** To make the peer answer: a window probe or keep-alive. */
  | "probe"
  /** To end the subflow at once. */
  | "reset";

/** A segment, or a super-segment of several, was given to the transport. */
export interface SegmentSent extends SubflowMoment {
  /** Tells the record from others. */
  readonly type: "segment-sent";
  /** Why. */
  readonly cause: SendCause;
  /** Offset of its first byte in the subflow. */
  readonly offset: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Offset of its first byte in the data stream; -1 without payload. */
  readonly dataOffset: number;
  /** Whether it ends the subflow's stream. */
  readonly fin: boolean;
  /** Bytes in flight on the subflow, this segment included. */
  readonly inFlight: number;
  /** Congestion window. */
  readonly cwnd: number;
}

/** An acknowledgment delivered something. */
export interface SegmentAcknowledged extends SubflowMoment {
  /** Tells the record from others. */
  readonly type: "segment-acknowledged";
  /** Everything below this offset of the subflow has arrived. */
  readonly upTo: number;
  /** Bytes newly known to have arrived, selectively acknowledged ones included. */
  readonly delivered: number;
  /** Round-trip time of the newest segment delivered, 0 if it was sent more than once. */
  readonly rtt: Micros;
  /** Smoothed round-trip time (RFC 6298). */
  readonly srtt: Micros;
  /** Congestion window behind the acknowledgment. */
  readonly cwnd: number;
  /** Slow-start threshold; Infinity before the first loss. */
  readonly ssthresh: number;
  /** Bytes left in flight. */
  readonly inFlight: number;
  /** Delivery rate in bytes a second (draft-cheng-iccrg-delivery-rate-estimation); 0 without a sample. */
  readonly deliveryRate: number;
}

/** A segment is taken for lost. */
export interface SegmentLost extends SubflowMoment {
  /** Tells the record from others. */
  readonly type: "segment-lost";
  /** What says so: acknowledgments of later segments, the retransmission timer, or that it was too long for the path. */
  readonly cause: "overtaken" | "timeout" | "too-long";
  /** Offset of its first byte in the subflow. */
  readonly offset: number;
  /** Its length. */
  readonly bytes: number;
}

/** The congestion window was changed by something else than growth. */
export interface WindowChanged extends SubflowMoment {
  /** Tells the record from others. */
  readonly type: "window-changed";
  /** The event that reduced it, or "spurious": a reduction was for nothing and is taken back. */
  readonly cause: LossKind | "spurious";
  /** Congestion window now. */
  readonly cwnd: number;
  /** Slow-start threshold now. */
  readonly ssthresh: number;
  /** Bytes in flight. */
  readonly inFlight: number;
}

/** The scheduler gave a subflow a range of the data stream. */
export interface DataScheduled extends SubflowMoment {
  /** Tells the record from others. */
  readonly type: "data-scheduled";
  /** What the scheduler was asked about; "repeat" when it sends again what another subflow carries. */
  readonly reason: SendReason | "repeat";
  /** First data offset. */
  readonly dataOffset: number;
  /** Length of the range. */
  readonly bytes: number;
  /** Bytes that wait for a subflow after that. */
  readonly waiting: number;
}

/** Why a range is to go again. */
export type ReinjectionCause =
  /** The retransmission timer of its subflow expired. */
  | "timeout"
  /** The peer ended its subflow. */
  | "fin"
  /** Its subflow is gone. */
  | "closed"
  /** Its subflow has delivered it, but DATA_ACK does not come (RFC 8684 section 3.3.6). */
  | "stalled";

/** A range of the data stream is to be sent again on another subflow. */
export interface DataReinjected extends TraceMoment {
  /** Tells the record from others. */
  readonly type: "data-reinjected";
  /** Why. */
  readonly cause: ReinjectionCause;
  /** The subflow that failed it; null if it was acknowledged by its subflow and never by DATA_ACK. */
  readonly subflow: number | null;
  /** First data offset. */
  readonly dataOffset: number;
  /** Length of the range. */
  readonly bytes: number;
}

/** DATA_ACK or the peer's window advanced. */
export interface DataAcknowledged extends TraceMoment {
  /** Tells the record from others. */
  readonly type: "data-acknowledged";
  /** Everything below this data offset has arrived. */
  readonly upTo: number;
  /** Right edge of the peer's window. */
  readonly windowEnd: number;
  /** Bytes assigned to subflows and not acknowledged. */
  readonly outstanding: number;
}

/** Something that a program sees too. */
export interface EventTraced extends TraceMoment {
  /** Tells the record from others. */
  readonly type: "event";
  /** See {@linkcode ConnectionEvent}; subflows in it are live objects: note what is wanted of them at once. */
  readonly event: ConnectionEvent;
}
