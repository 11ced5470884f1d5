/**
 * Acknowledgments as they come in the middle of a long transfer.
 *
 * @module
 */

import type { CongestionController, CongestionGroup } from "../../core/plugin.ts";
import { fakeAck } from "./fake_ack.ts";
import { FakeSubflow } from "./fake_subflow.ts";

const MSS = 1448;
/** Windows are kept around as many segments. */
const SEGMENTS = 100;

/** Acknowledgments of two segments on one subflow after the other, all of them in congestion avoidance. */
export class SteadyAcks {
  readonly #controllers: readonly CongestionController[];
  readonly #sample = { ...fakeAck(2 * MSS) };
  #count = 0;

  /** `count` subflows join `group`; tests may look at what is read of them. */
  constructor(group: CongestionGroup, count: number, see: (view: FakeSubflow) => FakeSubflow = (view) => view) {
    this.#controllers = Array.from({ length: count }, (_, id) => {
      return group.join(see(new FakeSubflow(id, { mss: MSS, srtt: 20_000 + 1000 * id, minRtt: 20_000 })));
    });
    this.lose();
  }

  /** Every subflow loses something: windows must not grow for ever. */
  lose(): void {
    for (const controller of this.#controllers) {
      while (controller.cwnd > SEGMENTS * MSS && controller.governsRecovery !== true) {
        controller.onLoss("timeout", MSS, controller.cwnd, this.#now);
        controller.onRecovered?.(this.#now);
      }
      controller.onLoss("fast", MSS, controller.cwnd, this.#now);
      controller.onRecovered?.(this.#now);
    }
  }

  /** The next acknowledgment. */
  acknowledge(): void {
    const sample = this.#sample;
    const index = this.#count++ % this.#controllers.length;
    const flight = 40 * MSS;
    sample.rtt = 20_000 + 1000 * index + this.#count % 512;
    sample.delivered += 2 * MSS;
    sample.priorDelivered = Math.max(0, sample.delivered - flight);
    sample.inFlight = sample.priorInFlight = sample.sentInFlight = flight;
    sample.deliveryRate = 50 * flight;
    this.#controllers[index]!.onAck(sample, this.#now);
  }

  get #now(): number {
    return 500 * this.#count;
  }
}
