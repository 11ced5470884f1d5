/**
 * Subflows with a congestion controller each, fed what a sender would feed them, watching the windows.
 *
 * @module
 */

import type {
  AckSample,
  CongestionController,
  CongestionGroup,
  Env,
  LossKind,
  Micros,
  Plugin,
} from "../../core/plugin.ts";
import { fakeAck } from "./fake_ack.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { guarded, type Judge } from "./property.ts";

/** The rules that {@linkcode CongestionModel} watches. */
export const CONGESTION_RULES = {
  window: "keeps the window a whole number of bytes, at least one segment",
  rate: "keeps threshold and pacing rate positive",
  limited: "lets the window grow only while it holds the sender back",
  recovery: "lets the window grow only outside recovery",
  bytes: "lets the window grow by no more than was acknowledged",
  total: "keeps the window within the initial one, or four segments, and all that was ever acknowledged",
  loss: "shrinks the window at every sign of congestion",
  timeout: "leaves one segment beside what is in flight after a timeout",
  spurious: "restores the window after a spurious loss",
} as const;

/** Segments down to which a window may stay as it is when a loss is seen, and that any window may have. */
const SMALL_WINDOW = 4;

interface Member {
  readonly view: FakeSubflow;
  readonly controller: CongestionController;
  /** Window before the last loss, or 0 when there is nothing to restore. */
  before: number;
  /** Largest window that may be: the initial one and everything acknowledged since. */
  most: number;
  /** True while a timeout follows another without an acknowledgment in between. */
  timedOut: boolean;
}

/** The subflows of one connection and their windows. */
export class CongestionModel {
  /** The windows after each step. */
  readonly log: string[] = [];
  readonly #group: CongestionGroup;
  readonly #judge: Judge;
  readonly #members: Member[] = [];
  #now: Micros = 0;
  #nextId = 0;

  /** A connection without subflows. */
  constructor(plugin: Plugin<CongestionGroup>, env: Env, judge: Judge) {
    this.#group = plugin.create(env);
    this.#judge = judge;
  }

  /** A subflow comes. */
  join(mss: number, srtt: Micros): void {
    const view = new FakeSubflow(this.#nextId++, { mss, srtt, cwnd: 0 });
    guarded(this.#judge, () => {
      const controller = this.#group.join(view);
      this.#members.push({ view, controller, before: 0, most: mostOf(view, controller), timedOut: false });
      this.#inspect();
    });
  }

  /** A subflow goes. */
  leave(index: number): void {
    this.#act(index, (member) => {
      member.view.usable = false;
      this.#members.splice(this.#members.indexOf(member), 1);
      this.#group.leave(member.view);
    });
  }

  /** Sends `share` of what the window allows, 0 to 1. */
  send(index: number, share: number): void {
    this.#act(index, ({ view, controller }) => {
      const bytes = Math.floor(share * Math.max(0, controller.cwnd - view.inFlight));
      if (bytes === 0) return;
      view.inFlight += bytes;
      controller.onSent(bytes, view.inFlight, this.#now);
    });
  }

  /** Acknowledges `share` of what is in flight, 0 to 1, after a round trip of `rtt`. */
  acknowledge(index: number, share: number, cwndLimited: boolean, rtt: Micros): void {
    this.#act(index, (member) => {
      const { view, controller } = member;
      const acked = Math.ceil(share * view.inFlight);
      if (acked === 0) return;
      const sample = sampleOf(view, acked, cwndLimited, rtt);
      const before = controller.cwnd;
      view.inFlight = sample.inFlight;
      view.bytesAcked = sample.delivered;
      member.timedOut = false;
      member.most += acked;
      controller.onAck(sample, this.#now);
      const growth = controller.cwnd - before;
      const complaint = (): string => `grew by ${growth} from ${before} for ${acked} bytes`;
      this.#judge(CONGESTION_RULES.limited, cwndLimited || growth <= 0, complaint);
      this.#judge(CONGESTION_RULES.recovery, !view.inRecovery || growth <= 0, complaint);
      this.#judge(CONGESTION_RULES.bytes, growth <= acked, complaint);
    });
  }

  /** Something hints at congestion. */
  lose(index: number, kind: LossKind): void {
    this.#act(index, (member) => {
      const { view, controller } = member;
      if (kind === "fast" && (view.inRecovery || view.inFlight === 0)) return;
      const before = controller.cwnd;
      if (kind === "fast" || (kind === "timeout" && !member.timedOut)) member.before = before;
      if (kind === "ecn" || kind === "penalty") member.before = 0;
      if (kind === "fast" || kind === "timeout") member.timedOut = kind === "timeout";
      const lost = kind === "timeout" ? view.inFlight : kind === "fast" ? Math.ceil(view.inFlight / 10) : 0;
      const flight = view.inFlight;
      view.inFlight -= lost;
      view.inRecovery = kind === "fast" || (view.inRecovery && kind !== "timeout");
      if (lost > 0) this.#tellLost(member, lost, flight);
      controller.onLoss(kind, lost, flight, this.#now);
      this.#judgeLoss(kind, before, member);
    });
  }

  /** The last loss turns out to be spurious. */
  undo(index: number): void {
    this.#act(index, (member) => {
      const { view, controller, before } = member;
      if (before === 0) return;
      view.inRecovery = false;
      member.before = 0;
      member.timedOut = false;
      controller.onSpurious(this.#now);
      const { cwnd } = controller;
      this.#judge(CONGESTION_RULES.spurious, cwnd >= before, () => `${cwnd} instead of ${before}`);
    });
  }

  /** Recovery ends. */
  recover(index: number): void {
    this.#act(index, (member) => {
      const { view, controller } = member;
      view.inRecovery = false;
      member.timedOut = false;
      controller.onRecovered?.(this.#now);
    });
  }

  /** Nothing was sent for a while. */
  rest(index: number): void {
    this.#act(index, (member) => {
      const { view, controller } = member;
      if (view.inFlight > 0) return;
      member.before = 0;
      this.#now += 3_000_000;
      controller.onIdle?.(this.#now);
    });
  }

  /** The path takes segments of another size. */
  resize(index: number, mss: number): void {
    this.#act(index, (member) => {
      member.before = 0;
      member.view.mss = mss;
      member.controller.onMss?.(mss);
      // A window that was never used is made anew, and four segments have become larger.
      member.most = Math.max(member.most, mostOf(member.view, member.controller));
    });
  }

  /** Time passes. */
  pass(duration: Micros): void {
    this.#now += duration;
  }

  #tellLost({ view, controller }: Member, lost: number, flight: number): void {
    const { bytesAcked } = view;
    const sample = {
      start: bytesAcked,
      bytes: lost,
      sentInFlight: flight,
      lost,
      delivered: bytesAcked,
      appLimited: false,
    };
    controller.onSegmentLost?.(sample, this.#now);
  }

  #act(index: number, action: (member: Member) => void): void {
    const member = this.#members[index % this.#members.length];
    if (member === undefined) return;
    guarded(this.#judge, () => action(member));
    guarded(this.#judge, () => this.#inspect());
  }

  /** Checks what has to hold at any time, and copies the windows to the views. */
  #inspect(): void {
    for (const { view, controller, most } of this.#members) {
      const { cwnd, ssthresh, pacingRate } = controller;
      const state = `#${view.id} cwnd ${cwnd} ssthresh ${ssthresh} rate ${pacingRate}`;
      this.log.push(state);
      const sound = Number.isSafeInteger(cwnd) && cwnd >= view.mss;
      this.#judge(CONGESTION_RULES.window, sound, () => `${state} mss ${view.mss}`);
      this.#judge(CONGESTION_RULES.total, cwnd <= most, () => `${state}, ${most} at most`);
      this.#judge(CONGESTION_RULES.rate, ssthresh > 0 && pacingRate > 0, () => state);
      Object.assign(view, { cwnd, ssthresh, pacingRate });
    }
  }

  #judgeLoss(kind: LossKind, before: number, { view, controller }: Member): void {
    const { cwnd } = controller;
    const complaint = (): string => `${cwnd} after ${before} for "${kind}" with ${view.inFlight} in flight`;
    const shrunk = cwnd < before || (cwnd === before && cwnd <= SMALL_WINDOW * view.mss);
    this.#judge(CONGESTION_RULES.loss, shrunk, complaint);
    const collapsed = kind !== "timeout" || cwnd <= view.inFlight + view.mss;
    this.#judge(CONGESTION_RULES.timeout, collapsed, complaint);
  }
}

/** What a window may be before anything is acknowledged: what it is, or a few segments. */
function mostOf({ mss }: FakeSubflow, { cwnd }: CongestionController): number {
  return Math.max(cwnd, SMALL_WINDOW * mss);
}

/** The sample of an acknowledgment of `acked` bytes of what `view` has in flight. */
export function sampleOf(view: FakeSubflow, acked: number, cwndLimited: boolean, rtt: Micros): AckSample {
  return fakeAck(acked, {
    rtt,
    priorInFlight: view.inFlight,
    inFlight: Math.max(0, view.inFlight - acked),
    sentInFlight: view.inFlight,
    delivered: view.bytesAcked + acked,
    priorDelivered: view.bytesAcked,
    deliveryRate: rtt > 0 ? acked * 1e6 / rtt : 0,
    appLimited: !cwndLimited,
    cwndLimited,
    inRecovery: view.inRecovery,
  });
}
