/**
 * Events that make no sense: what no sender should tell a congestion control, and one will.
 *
 * @module
 */

import fc from "fast-check";
import type { AckSample, CongestionController, CongestionGroup, Env, LossKind, Plugin } from "../../core/plugin.ts";
import { fakeAck } from "./fake_ack.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { type Judge, type Step, step, Violation } from "./property.ts";

/** Finite numbers and whole windows, whatever comes. */
export const SURVIVES = "survives any events in any order";

/** Controllers that are told anything, also after their subflows have gone. */
export class CongestionChaos {
  readonly #group: CongestionGroup;
  readonly #judge: Judge;
  readonly #members: { readonly view: FakeSubflow; readonly controller: CongestionController; mss: number }[] = [];
  #now = 0;

  /** A connection without subflows. */
  constructor(plugin: Plugin<CongestionGroup>, env: Env, judge: Judge) {
    this.#group = plugin.create(env);
    this.#judge = judge;
  }

  /** A subflow comes. */
  join(mss: number, srtt: number): void {
    this.#guard(() => {
      const view = new FakeSubflow(this.#members.length, { mss, srtt, minRtt: srtt });
      this.#members.push({ view, controller: this.#group.join(view), mss });
    });
  }

  /** Something is told to a controller, or changes in what it sees. */
  tell(index: number, event: (controller: CongestionController, view: FakeSubflow, now: number) => void): void {
    const member = this.#members[index % this.#members.length];
    if (member !== undefined) this.#guard(() => event(member.controller, member.view, this.#now));
  }

  /** The size of segments changes. */
  resize(index: number, mss: number): void {
    const member = this.#members[index % this.#members.length];
    if (member?.controller.onMss === undefined) return;
    member.mss = member.view.mss = mss;
    this.#guard(() => member.controller.onMss!(mss));
  }

  /** A subflow goes, perhaps once more. */
  leave(index: number): void {
    const member = this.#members[index % this.#members.length];
    if (member !== undefined) this.#guard(() => this.#group.leave(member.view));
  }

  /** Time passes. */
  pass(duration: number): void {
    this.#now += duration;
  }

  #guard(action: () => void): void {
    try {
      action();
      for (const { controller: { cwnd, ssthresh, pacingRate }, mss } of this.#members) {
        const isSound = Number.isSafeInteger(cwnd) && cwnd >= mss && ssthresh > 0 && pacingRate > 0;
        this.#judge(SURVIVES, isSound, () => `cwnd ${cwnd} ssthresh ${ssthresh} rate ${pacingRate} mss ${mss}`);
      }
    } catch (error) {
      if (error instanceof Violation) throw error;
      this.#judge(SURVIVES, false, () => `threw ${error}`);
    }
  }
}

/** Steps of a history for {@linkcode CongestionChaos}. */
export function chaosSteps(): fc.Arbitrary<Step<CongestionChaos>>[] {
  const index = fc.nat(3);
  const amount = fc.oneof(fc.constantFrom(0, 1, 1e9), fc.nat(200_000));
  const duration = fc.oneof(fc.constantFrom(0, 1, 3_600_000_000), fc.nat(2_000_000));
  const mss = fc.constantFrom(88, 536, 1448, 65_483);
  const kind = fc.constantFrom<LossKind>("fast", "timeout", "ecn", "penalty");
  const sample: fc.Arbitrary<AckSample> = fc.record({
    acked: amount,
    rtt: duration,
    priorInFlight: amount,
    inFlight: amount,
    delivered: amount,
    priorDelivered: amount,
    sentInFlight: amount,
    lost: amount,
    deliveryRate: amount,
    appLimited: fc.boolean(),
    cwndLimited: fc.boolean(),
    inRecovery: fc.boolean(),
  });
  const told = (
    name: string,
    index: number,
    event: (controller: CongestionController, view: FakeSubflow, now: number) => void,
  ): Step<CongestionChaos> => step(`#${index} ${name}`, (model) => model.tell(index, event));
  return [
    fc.tuple(mss, duration).map(([mss, srtt]) =>
      step(`join mss ${mss} srtt ${srtt}`, (model) => model.join(mss, srtt))
    ),
    index.map((i) => step(`leave #${i}`, (model) => model.leave(i))),
    fc.tuple(index, sample).map(([i, sample]) =>
      told(`ack ${JSON.stringify(sample)}`, i, (controller, _view, now) => controller.onAck(fakeAck(0, sample), now))
    ),
    fc.tuple(index, amount, amount).map(([i, bytes, inFlight]) =>
      told(`sent ${bytes} ${inFlight}`, i, (controller, _view, now) => controller.onSent(bytes, inFlight, now))
    ),
    fc.tuple(index, kind, amount, amount).map(([i, kind, lost, inFlight]) =>
      told(`${kind} ${lost} ${inFlight}`, i, (controller, _view, now) => controller.onLoss(kind, lost, inFlight, now))
    ),
    fc.tuple(index, amount, amount, amount, fc.boolean()).map(([i, start, bytes, sentInFlight, appLimited]) =>
      told(`lost ${start} ${bytes} ${sentInFlight}`, i, (controller, _view, now) => {
        controller.onSegmentLost?.({ start, bytes, sentInFlight, lost: bytes, delivered: start, appLimited }, now);
      })
    ),
    index.map((i) => told("spurious", i, (controller, _view, now) => controller.onSpurious(now))),
    index.map((i) => told("recovered", i, (controller, _view, now) => controller.onRecovered?.(now))),
    index.map((i) => told("idle", i, (controller, _view, now) => controller.onIdle?.(now))),
    fc.tuple(index, duration, fc.boolean()).map(([i, srtt, usable]) =>
      told(`srtt ${srtt} usable ${usable}`, i, (_controller, view) => void Object.assign(view, { srtt, usable }))
    ),
    fc.tuple(index, mss).map(([i, mss]) => step(`#${i} mss ${mss}`, (model) => model.resize(i, mss))),
    duration.map((duration) => step(`pass ${duration}`, (model) => model.pass(duration))),
  ];
}
