/**
 * What acknowledgments and timeouts mean for loss and the congestion window of one subflow.
 *
 * RACK-TLP (RFC 8985) finds losses, PRR (RFC 6937) paces fast recovery, RFC 6298 governs the timeout, and the Eifel
 * test (RFC 3522, RFC 4015), F-RTO (RFC 5682) or D-SACK (RFC 3708) undoes what turns out to have been for nothing.
 *
 * @module
 */

import type { Counters } from "../counters.ts";
import type { CongestionController, LossKind, Micros } from "../plugin.ts";
import { type AckInput, reportsDuplicate } from "./ack_input.ts";
import { DeliveryRate } from "./delivery_rate.ts";
import { EchoAnswer } from "./ecn.ts";
import { LossProbe, probeTimeout } from "./loss_probe.ts";
import type { MtuProbe } from "./mtu_probe.ts";
import { ProportionalRateReduction } from "./prr.ts";
import { Rack } from "./rack.ts";
import { RecoveryTimer } from "./recovery_timer.ts";
import { RttEstimator } from "./rtt.ts";
import { RttSample } from "./rtt_sample.ts";
import { Acknowledgment, LostSegment } from "./samples.ts";
import { type DeliveryObserver, Scoreboard } from "./scoreboard.ts";
import type { Segment, SegmentPool } from "./segment.ts";
import { type SpuriousSign, SpuriousSigns } from "./spurious.ts";
import type { LossCause, TcpTracer } from "./tracer.ts";
import { WindowUse } from "./window_use.ts";

/** Whether the window is governed by the controller alone, by fast recovery, or by recovery from a timeout. */
export type RecoveryState = "open" | "recovery" | "loss";

/** A round trip over this is how long SACK blocks are awaited for which an acknowledgment had no room. */
const BLIND_PATIENCE = 4;

/** Loss recovery of one sender. */
export class Recovery implements DeliveryObserver {
  /** The segments. */
  readonly board: Scoreboard;
  /** Round-trip times. */
  readonly rtt: RttEstimator = new RttEstimator();
  /** Delivery rate. */
  readonly rate: DeliveryRate = new DeliveryRate();
  /** Governs the window; set when the subflow joins its group. */
  controller!: CongestionController;
  /** Largest payload of a segment. */
  mss: number;
  /** See {@linkcode RecoveryState}. */
  state: RecoveryState = "open";
  /** Its timer. */
  readonly timer: RecoveryTimer = new RecoveryTimer();
  /** A loss probe is due: the next segment may leave whatever the window. */
  isProbeDue = false;
  /** Told of decisions; null when nobody listens. */
  tracer: TcpTracer | null = null;
  /** Bytes ever acknowledged cumulatively or selectively. */
  bytesDelivered = 0;
  /** The probe for a larger MTU, once there was one. */
  mtuProbe: MtuProbe | null = null;
  /** The answer to congestion marks. */
  readonly echoAnswer: EchoAnswer = new EchoAnswer();

  readonly #counters: Counters;
  readonly #release: (segment: Segment) => boolean;
  readonly #rack = new Rack();
  readonly #probe = new LossProbe();
  readonly #signs = new SpuriousSigns();
  readonly #prr = new ProportionalRateReduction();
  readonly #use = new WindowUse();
  readonly #rttSample = new RttSample();
  readonly #sample = new Acknowledgment();
  readonly #lostSample = new LostSegment();
  readonly #markLost = (segment: Segment): void => this.board.markLost(segment);
  #now: Micros = 0;
  #newlyLost = 0;
  #lossCause: LossCause = "overtaken";
  #recoveryPoint = 0;
  #isIdle = true;
  #lastSentAt: Micros = -Infinity;
  #waitingSince: Micros = 0;
  #reducedAt: Micros = -Infinity;

  /** `release` is told of each segment that leaves and says whether the layer above keeps it. */
  constructor(pool: SegmentPool, counters: Counters, mss: number, release: (segment: Segment) => boolean) {
    this.board = new Scoreboard(pool, this);
    this.#counters = counters;
    this.#release = release;
    this.mss = mss;
  }

  /** Congestion window in force. */
  get window(): number {
    const { controller } = this;
    return this.state === "recovery" && !controller.governsRecovery ? this.#prr.window : controller.cwnd;
  }

  /** Bytes that the window leaves; may be negative. */
  get allowance(): number {
    return this.window - this.board.pipe;
  }

  /** Whether new data may leave though segments are lost. */
  get takesNew(): boolean {
    return this.board.lostSegments === 0 || this.#signs.forward.prefersNew;
  }

  /** The segment that is next to leave, for the first time or again; null for none. */
  get candidate(): Segment | null {
    const { board } = this;
    return this.#signs.forward.prefersNew ? board.queue.unsent : board.firstLost() ?? board.queue.unsent;
  }

  /** Takes a cumulative acknowledgment `ack` with its SACK blocks (RFC 9293 section 3.10.7.4, fifth). */
  handleAck(ack: number, input: AckInput, now: Micros): void {
    const { board } = this;
    const { una: priorUna, pipe: priorPipe } = board;
    // Who only receives gets one with each segment, about nothing.
    if (ack === board.nxt && ack === priorUna && input.sackCount === 0 && !input.isCongestionEcho) return;
    this.#now = now;
    this.#rttSample.start();
    const deliveredBefore = this.bytesDelivered;
    this.rate.startAck();
    this.#rack.startAck(input, priorUna);
    const sawDuplicate = this.#applySacks(ack, input);
    if (ack > board.una) board.acknowledge(ack);
    // What answers a duplicate echoes the segment before it.
    const isEchoFresh = this.bytesDelivered > deliveredBefore && !sawDuplicate;
    this.#rttSample.update(this.rtt, isEchoFresh ? input.timestampRtt : 0, now);
    this.rate.finishAck(this.rtt.minimum);
    const advanced = board.una > priorUna;
    if (advanced) this.rtt.backoff = 0;
    if (this.#probe.onAck(ack, sawDuplicate, !advanced && input.sackCount === 0)) this.#finishProbe();
    const sign = this.#signs.judge(input, board.una, advanced, sawDuplicate, this.state);
    if (sign !== null) this.#undo(sign);
    this.#detectLoss(now);
    const delivered = this.bytesDelivered - deliveredBefore;
    this.#advanceState(delivered, advanced, now);
    if (input.isCongestionEcho) this.#handleEcho(delivered, priorPipe, now);
    if (delivered > 0) this.#tellController(delivered, priorPipe, now);
    if (this.tracer !== null && delivered > 0) this.tracer.acknowledged(delivered, this.#rttSample.shortest);
    if (advanced || delivered > 0 || this.timer.kind === "none") this.#restart(now);
  }

  /** The timer expired; true if it was a retransmission timeout. */
  handleTimer(now: Micros): boolean {
    const { kind } = this.timer;
    this.timer.disarm();
    this.#now = now;
    if (kind === "retransmission") this.#onTimeout(now);
    else if (kind === "loss-probe") {
      this.isProbeDue = true;
      this.#armRetransmission(now);
    } else if (kind === "new-data") {
      this.#signs.forward.stop();
      this.#armRetransmission(now);
    } else if (kind === "reordering") {
      this.#detectLoss(now);
      this.#advanceState(0, false, now);
      if (this.timer.kind === "none") this.#restart(now);
    }
    return kind === "retransmission";
  }

  /** A segment leaves: the bookkeeping of RFC 6298 section 5.1 and everything that counts what is sent. */
  onSent(segment: Segment, nowMillis: number, now: Micros): void {
    const { board } = this;
    const isFirst = segment === board.queue.unsent;
    if (board.pipe === 0) this.#restartAfterIdle(now);
    this.rate.onSent(segment, board.pipe, now);
    board.markSent(segment, now);
    this.#lastSentAt = now;
    this.#use.onSent(board.pipe);
    if (this.state === "recovery") this.#prr.onSent(segment.length);
    this.#signs.onSent(segment, isFirst, nowMillis);
    if (this.isProbeDue) this.#noteProbe(segment, isFirst);
    this.controller.onSent(segment.payload, board.pipe, now);
    if (this.timer.kind === "none") this.#restart(now);
    else if (isFirst && (this.timer.kind === "loss-probe" || this.timer.kind === "new-data")) this.#arm(now);
  }

  /** Reduces the window on behalf of a scheduler, unless recovery does already or it was reduced within the last round trip. */
  penalise(now: Micros): void {
    if (this.state !== "open" || now - this.#reducedAt < this.rtt.smoothed) return;
    this.#reduce("penalty", 0, this.board.pipe, now);
  }

  /**
   * Segments in [from, to) of more than `limit` bytes were too long for the path: they go again in shorter ones. That is
   * no sign of congestion (RFC 8201 section 5.4).
   */
  repackage(limit: number, from: number, to: number, now: Micros): void {
    this.#lossCause = "too-long";
    this.board.markLargerLost(limit, from, to);
    this.#lossCause = "overtaken";
    if (this.board.lostSegments > 0 && this.timer.kind !== "reordering") this.#armRetransmission(now);
  }

  /** Nothing more to send although the window would allow it. */
  markAppLimited(): void {
    this.rate.markAppLimited(this.board.pipe);
  }

  /** See {@linkcode DeliveryObserver}. */
  onDelivered(segment: Segment): void {
    this.bytesDelivered += segment.length;
    this.mtuProbe?.noteDelivered(segment);
    this.rate.onDelivered(segment, segment.length, this.#now);
    this.#rack.onDelivered(segment, this.rtt.minimum, this.#now);
    if (segment.retransmitted) return;
    this.#signs.forward.onOriginalDelivered(segment.end);
    this.#rttSample.note(this.#now - segment.sentAt);
  }

  /** See {@linkcode DeliveryObserver}. */
  onReneged(segment: Segment): void {
    this.bytesDelivered -= segment.length;
  }

  /** See {@linkcode DeliveryObserver}. */
  onAcknowledged(segment: Segment): boolean {
    return this.#release(segment);
  }

  /** See {@linkcode DeliveryObserver}. */
  onLost(segment: Segment): void {
    this.tracer?.lost(segment, this.#lossCause);
    if (this.#lossCause === "too-long" || this.mtuProbe?.noteLost(segment)) return;
    this.#newlyLost += segment.length;
    this.rate.lost += segment.length;
    this.controller.onSegmentLost?.(this.#lostSample.take(segment, this.rate), this.#now);
  }

  /** Applies the blocks above `ack`; true if the first one reports a duplicate (RFC 2883 section 4). */
  #applySacks(ack: number, input: AckInput): boolean {
    const { sackEdges, sackCount } = input;
    let sawDuplicate = false;
    for (let i = 0; i < sackCount; i++) {
      const left = sackEdges[2 * i] as number;
      const right = sackEdges[2 * i + 1] as number;
      if (right <= left) continue;
      if (i === 0 && reportsDuplicate(input, ack)) {
        sawDuplicate = true;
        this.#counters.TcpExtTCPDSACKRecv++;
        this.#signs.onDuplicate(left, right);
        this.#rack.onDuplicateReported(this.board.una, this.board.nxt);
      } else if (right > ack && right <= this.board.nxt) this.board.applySack(left, right, i);
    }
    return sawDuplicate;
  }

  #finishProbe(): void {
    if (this.state !== "open") return;
    this.#counters.TcpExtTCPLossProbeRecovery++;
    this.#reduce("fast", this.mss, this.board.pipe, this.#now);
    this.controller.onRecovered?.(this.#now);
  }

  /** Undoes what a retransmission for nothing has cost (RFC 4015). */
  #undo(sign: SpuriousSign): void {
    this.#counters[sign]++;
    this.#signs.onUndone();
    if (!this.echoAnswer.hasReplaced) this.controller.onSpurious(this.#now);
    this.tracer?.windowChanged("spurious");
    if (this.state === "open") return;
    this.#rack.forget();
    this.board.unmarkAllLost();
    this.#open();
  }

  #detectLoss(now: Micros): void {
    this.#newlyLost = 0;
    const { board, rtt } = this;
    if (board.pipe === 0) return;
    const isRecovering = this.state !== "open";
    const window = this.#rack.reorderingWindow(board.sackedSegments, isRecovering, rtt.minimum, rtt.smoothed);
    const next = this.#rack.detectLoss(board.queue, window, rtt.smoothed / BLIND_PATIENCE, now, this.#markLost);
    if (next === Infinity) {
      if (this.timer.kind === "reordering") this.timer.disarm();
      return;
    }
    this.timer.arm("reordering", Math.max(next, now + 1));
  }

  #advanceState(delivered: number, advanced: boolean, now: Micros): void {
    const { board } = this;
    if (this.state !== "open" && board.una >= this.#recoveryPoint) {
      this.#rack.onRecovered();
      this.controller.onRecovered?.(now);
      this.#open();
    }
    if (this.state === "open" && this.#newlyLost > 0) this.#enterRecovery(delivered, now);
    if (this.state === "recovery") {
      this.#prr.onAck(delivered, board.pipe, advanced && this.#newlyLost === 0, this.mss);
    }
  }

  #enterRecovery(delivered: number, now: Micros): void {
    const { board } = this;
    this.#counters.TcpExtTCPSackRecovery++;
    this.state = "recovery";
    this.#recoveryPoint = board.nxt;
    this.#signs.onRecovery(this.board.una);
    this.#reduce("fast", this.#newlyLost, board.pipe + this.#newlyLost, now);
    this.#prr.start(this.controller.cwnd, board.pipe + this.#newlyLost + delivered, this.mss);
  }

  /** RFC 3168 section 6.1.2. */
  #handleEcho(delivered: number, inFlight: number, now: Micros): void {
    this.#counters.TcpExtTCPDeliveredCE += Math.ceil(delivered / this.mss);
    if (this.state === "open" && this.echoAnswer.begin(this.board.una, this.board.nxt)) {
      this.#reduce("ecn", 0, inFlight, now);
    }
  }

  #reduce(kind: LossKind, lost: number, inFlight: number, now: Micros): void {
    if (this.echoAnswer.replaces(kind, this.board.una)) return;
    this.#reducedAt = now;
    this.controller.onLoss(kind, lost, inFlight, now);
    this.tracer?.windowChanged(kind);
  }

  #open(): void {
    this.state = "open";
    this.#signs.onOpen(this.board.una, this.board.nxt);
    this.#probe.reset();
  }

  #tellController(delivered: number, priorPipe: number, now: Micros): void {
    const sample = this.#sample;
    const { board, rate, controller } = this;
    sample.acked = delivered;
    sample.rtt = this.#rttSample.shortest;
    sample.priorInFlight = priorPipe;
    sample.inFlight = board.pipe;
    sample.takeRate(rate);
    sample.cwndLimited = this.#use.isLimit(controller.cwnd, controller.ssthresh, this.mss);
    sample.inRecovery = this.state === "recovery";
    controller.onAck(sample, now);
    if (controller.holdsBack) this.markAppLimited();
    this.#use.onAck(board.una, board.nxt, board.pipe);
  }

  /** RFC 6298 sections 5.4 to 5.7, RFC 5681 section 3.1 equation 4. */
  #onTimeout(now: Micros): void {
    const { board } = this;
    this.#counters.TcpExtTCPTimeouts++;
    const flight = board.pipe;
    this.#lossCause = "timeout";
    board.markAllLost();
    this.#lossCause = "overtaken";
    this.#recoveryPoint = board.nxt;
    this.#signs.onTimeout(this.state, this.rtt.backoff, board.una, board.nxt);
    this.state = "loss";
    this.isProbeDue = false;
    this.#probe.reset();
    this.#reduce("timeout", flight, flight, now);
    this.rtt.backoff++;
    this.#armRetransmission(now);
  }

  #noteProbe(segment: Segment, isFirst: boolean): void {
    this.isProbeDue = false;
    this.#probe.onSent(isFirst ? segment.end : this.board.nxt, !isFirst);
    this.#counters.TcpExtTCPLossProbes++;
  }

  #restartAfterIdle(now: Micros): void {
    const idle = now - this.#lastSentAt;
    if (this.#isIdle) this.#isIdle = false;
    else if (this.state === "open" && idle > this.rtt.timeout) this.controller.onIdle?.(now);
  }

  /** Begins to wait anew: something was acknowledged, or is the first to be in flight. */
  #restart(now: Micros): void {
    this.#waitingSince = now;
    this.#arm(now);
  }

  #arm(now: Micros): void {
    if (this.timer.kind === "reordering") return;
    // The layer above has until the end of this moment to hand new data over.
    if (this.#signs.forward.step === "sending" && this.board.queue.unsent === null) this.timer.arm("new-data", now);
    else if (this.board.pipe === 0 && this.board.lostSegments === 0) this.timer.disarm();
    else if (this.#mayProbe()) {
      // New data puts off the probe, but not the timeout that it comes before (RFC 8985 section 7.2).
      const probeAt = now + probeTimeout(this.rtt, this.board.outstanding <= this.mss);
      this.timer.arm("loss-probe", Math.max(Math.min(probeAt, this.#waitingSince + this.rtt.timeout), now + 1));
    } else this.#armRetransmission(now);
  }

  #armRetransmission(now: Micros): void {
    this.timer.arm("retransmission", now + this.rtt.backedOffTimeout);
  }

  #mayProbe(): boolean {
    return this.state === "open" && this.board.sackedSegments === 0 && this.board.lostSegments === 0 &&
      !this.#probe.isOutstanding && !this.isProbeDue && this.rtt.smoothed > 0 && this.rtt.backoff === 0;
  }
}
