/**
 * What a TCP socket says of its decisions to whoever traces it.
 *
 * @module
 */

import type { LossKind, Micros } from "../plugin.ts";
import type { SegmentKind } from "./hooks.ts";
import type { Segment } from "./segment.ts";

/** Why a segment of the sequence space leaves. */
export type TransmitCause = "new" | "lost" | "timeout" | "loss-probe" | "mtu-probe";

/** What says that a segment did not arrive. */
export type LossCause = "overtaken" | "timeout" | "too-long";

/** Told of each decision when it was made; the socket shows the state behind it. */
export interface TcpTracer {
  /** A segment with `segment` of the sequence space left. */
  segmentSent(segment: Segment, cause: TransmitCause): void;
  /** A segment without payload left; `isProbe` when it asks for an answer. */
  controlSent(kind: SegmentKind, isProbe: boolean): void;
  /** An acknowledgment said that `delivered` more bytes have arrived; `rtt` is 0 without a sample. */
  acknowledged(delivered: number, rtt: Micros): void;
  /** `segment` is taken for lost. */
  lost(segment: Segment, cause: LossCause): void;
  /** The congestion window was reduced, or given back. */
  windowChanged(cause: LossKind | "spurious"): void;
}
