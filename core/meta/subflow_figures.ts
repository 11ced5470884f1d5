/**
 * The figures of a subflow beside those that plug-ins see: what TCP_INFO tells on Linux.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { RecoveryState } from "../tcp/recovery.ts";
import type { TcpSocket } from "../tcp/socket.ts";

/** Figures of a subflow. Each costs the same whatever the subflow carries. */
export interface SubflowFigures {
  /** Payload bytes received in order. */
  readonly bytesReceived: number;
  /** Payload bytes sent again. */
  readonly bytesRetransmitted: number;
  /** Payload bytes sent and not acknowledged cumulatively. */
  readonly unacknowledged: number;
  /** Segments of these that are acknowledged selectively. */
  readonly sackedSegments: number;
  /** Segments of these that are believed lost and were not sent again. */
  readonly lostSegments: number;
  /** Payload bytes received that wait behind a gap. */
  readonly bytesHeld: number;
  /** Segments sent; what the transport cuts counts as its parts. */
  readonly segmentsSent: number;
  /** Segments received; what came put together counts as one. */
  readonly segmentsReceived: number;
  /** Segments with payload sent. */
  readonly dataSegmentsSent: number;
  /** Segments with payload received. */
  readonly dataSegmentsReceived: number;
  /** What governs the window: the controller alone, fast recovery, or recovery from a timeout. */
  readonly recovery: RecoveryState;
  /** Timeouts in a row without progress; each doubles the next. */
  readonly backoff: number;
  /** The retransmission timeout with its doublings, in microseconds. */
  readonly timeout: Micros;
  /** Longest packet that the path is believed to take, IP header included, in bytes. */
  readonly pathMtu: number;
  /** Largest payload without options that the peer takes, in bytes. */
  readonly peerMss: number;
  /** Whether both ends offered timestamps. */
  readonly usesTimestamps: boolean;
  /** Whether both ends offered selective acknowledgments. */
  readonly usesSack: boolean;
  /** Whether both ends agreed on congestion marks. */
  readonly usesEcn: boolean;
  /** Shift of the peer's window fields. */
  readonly sendScale: number;
  /** Shift of our window fields. */
  readonly receiveScale: number;
  /** How long something was sent and not acknowledged, in microseconds, up to the last segment sent or received. */
  readonly busyTime: Micros;
  /** When payload left last, in microseconds of the host's clock; NaN before the first. */
  readonly lastSentAt: Micros;
  /** When payload came last; NaN before the first. */
  readonly lastReceivedAt: Micros;
  /** When an acknowledgment came last; NaN before the first. */
  readonly lastAckAt: Micros;
}

/** Figures of `tcp` as of now. */
export function figuresOf(tcp: TcpSocket): SubflowFigures {
  const { recovery, figures } = tcp;
  const { board, rtt } = recovery;
  return {
    bytesReceived: tcp.receiver.bytesReceived,
    bytesRetransmitted: figures.bytesRetransmitted,
    unacknowledged: board.outstanding,
    sackedSegments: board.sackedSegments,
    lostSegments: board.lostSegments,
    bytesHeld: tcp.receiver.held,
    segmentsSent: figures.segmentsSent,
    segmentsReceived: figures.segmentsReceived,
    dataSegmentsSent: figures.dataSegmentsSent,
    dataSegmentsReceived: figures.dataSegmentsReceived,
    recovery: recovery.state,
    backoff: rtt.backoff,
    timeout: rtt.backedOffTimeout,
    pathMtu: tcp.pathMtu.size,
    peerMss: tcp.peerMss,
    usesTimestamps: tcp.usesTimestamps,
    usesSack: tcp.usesSack,
    usesEcn: tcp.ecn.isUsed,
    sendScale: tcp.sendScale,
    receiveScale: tcp.receiveScale,
    busyTime: figures.busyTime,
    lastSentAt: figures.lastSentAt,
    lastReceivedAt: figures.lastReceivedAt,
    lastAckAt: figures.lastAckAt,
  };
}
