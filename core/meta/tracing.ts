/**
 * Turns decisions into records for a {@linkcode Tracer}.
 *
 * @module
 */

import type { LossKind, Micros } from "../plugin.ts";
import type { SegmentKind } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import type { LossCause, TcpTracer, TransmitCause } from "../tcp/tracer.ts";
import type { ConnectionEvent } from "./events.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";
import type { DataScheduled, ReinjectionCause, SendCause, Tracer } from "./trace.ts";

/** The traces of all connections of a host. */
export class Tracing {
  readonly #tracer: Tracer;
  readonly #clock: () => Micros;

  /** Records go to `tracer`, with the time that `clock` shows. */
  constructor(tracer: Tracer, clock: () => Micros) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  /** The trace of a connection that begins. */
  begin(meta: MetaSocket): ConnectionTracer {
    return new ConnectionTracer(this.#tracer, this.#clock, meta);
  }
}

/** Records what one connection decides. */
export class ConnectionTracer {
  readonly #tracer: Tracer;
  readonly #clock: () => Micros;
  readonly #meta: MetaSocket;

  /** Made by {@linkcode Tracing.begin}. */
  constructor(tracer: Tracer, clock: () => Micros, meta: MetaSocket) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#meta = meta;
  }

  /** The part for one subflow. */
  subflow(subflow: Subflow): TcpTracer {
    return new SubflowTracer(this.#tracer, this.#clock, subflow);
  }

  /** The scheduler chose. */
  scheduled(subflow: Subflow, reason: DataScheduled["reason"], dataOffset: number, bytes: number): void {
    const { queue } = this.#meta;
    const waiting = queue.waiting;
    this.#tracer({ type: "data-scheduled", ...this.#moment, subflow: subflow.id, reason, dataOffset, bytes, waiting });
  }

  /** [start, end) is to go again; null when every subflow says that it arrived. */
  reinjected(subflow: Subflow | null, cause: ReinjectionCause, start: number, end: number): void {
    if (start >= end) return;
    this.#tracer({
      type: "data-reinjected",
      ...this.#moment,
      cause,
      subflow: subflow?.id ?? null,
      dataOffset: start,
      bytes: end - start,
    });
  }

  /** DATA_ACK or the window advanced. */
  acknowledged(): void {
    const { una, next, windowEnd } = this.#meta.queue;
    this.#tracer({
      type: "data-acknowledged",
      ...this.#moment,
      upTo: una,
      windowEnd,
      outstanding: Math.max(0, next - una),
    });
  }

  /** The program is told of `event`. */
  event(event: ConnectionEvent): void {
    this.#tracer({ type: "event", ...this.#moment, event });
  }

  get #moment(): { readonly at: Micros; readonly connection: number } {
    return { at: this.#clock(), connection: this.#meta.id };
  }
}

const CONTROL_CAUSES: Readonly<Record<SegmentKind, SendCause>> = {
  "syn": "handshake",
  "syn-ack": "handshake",
  "ack": "acknowledgment",
  "data": "new",
  "reset": "reset",
};

class SubflowTracer implements TcpTracer {
  readonly #tracer: Tracer;
  readonly #clock: () => Micros;
  readonly #subflow: Subflow;

  constructor(tracer: Tracer, clock: () => Micros, subflow: Subflow) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#subflow = subflow;
  }

  segmentSent(segment: Segment, cause: TransmitCause): void {
    const { start, payload, source, fin } = segment;
    this.#sent(cause, start, payload, fin ? -1 : source, fin);
  }

  controlSent(kind: SegmentKind, isProbe: boolean): void {
    const { board } = this.#subflow.tcp.recovery;
    const offset = kind === "syn" || kind === "syn-ack" ? 0 : board.nxt;
    const isForOptions = kind === "ack" && !isProbe && this.#subflow.tcp.hooks.hasOptionsDue;
    this.#sent(isProbe ? "probe" : isForOptions ? "options" : CONTROL_CAUSES[kind], offset, 0, -1, false);
  }

  acknowledged(delivered: number, rtt: Micros): void {
    const { srtt, cwnd, ssthresh, inFlight, deliveryRate, tcp } = this.#subflow;
    this.#tracer({
      type: "segment-acknowledged",
      ...this.#moment,
      upTo: tcp.recovery.board.una,
      delivered,
      rtt,
      srtt,
      cwnd,
      ssthresh,
      inFlight,
      deliveryRate,
    });
  }

  lost(segment: Segment, cause: LossCause): void {
    const { start, length } = segment;
    this.#tracer({ type: "segment-lost", ...this.#moment, cause, offset: start, bytes: length });
  }

  windowChanged(cause: LossKind | "spurious"): void {
    const { tcp, ssthresh, inFlight } = this.#subflow;
    // In recovery, what is in force is on its way to it.
    const { cwnd } = tcp.recovery.controller;
    this.#tracer({ type: "window-changed", ...this.#moment, cause, cwnd, ssthresh, inFlight });
  }

  #sent(cause: SendCause, offset: number, bytes: number, dataOffset: number, fin: boolean): void {
    const { inFlight, cwnd } = this.#subflow;
    this.#tracer({ type: "segment-sent", ...this.#moment, cause, offset, bytes, dataOffset, fin, inFlight, cwnd });
  }

  get #moment(): { readonly at: Micros; readonly connection: number; readonly subflow: number } {
    return { at: this.#clock(), connection: this.#subflow.meta.id, subflow: this.#subflow.id };
  }
}
