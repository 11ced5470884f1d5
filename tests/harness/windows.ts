/**
 * Congestion windows of a size that a test needs.
 *
 * @module
 */

import type { CongestionController, CongestionGroup } from "../../core/plugin.ts";
import type { LossBasedController } from "../../congestion/mod.ts";
import { fakeAck, FakeSubflow } from "../kit/mod.ts";

/** A subflow and its window, in segments of 1000 bytes. */
export class Window {
  readonly view: FakeSubflow;
  readonly controller: CongestionController;
  #delivered = 0;

  /**
   * A subflow that joins `group`, in congestion avoidance at `segments`, or untouched for null; its round trips take
   * `srtt`.
   */
  constructor(group: CongestionGroup, id: number, segments: number | null, srtt = 50_000) {
    this.view = new FakeSubflow(id, { srtt });
    this.controller = group.join(this.view);
    if (segments === null) return;
    while (this.segments < segments) this.acknowledge(segments - this.segments);
    // A loss would count, and mean something else to each algorithm.
    (this.controller as LossBasedController).endSlowStart(1000 * segments);
  }

  /** The window in segments. */
  get segments(): number {
    return this.controller.cwnd / 1000;
  }

  /** Acknowledges `segments`; returns by how many segments the window grew. */
  acknowledge(segments: number, now = 0): number {
    const before = this.segments;
    const priorDelivered = this.#delivered;
    this.#delivered += 1000 * segments;
    this.controller.onAck(
      fakeAck(1000 * segments, { rtt: this.view.srtt, delivered: this.#delivered, priorDelivered }),
      now,
    );
    return this.segments - before;
  }

  /** Delivers `segments` though the window is not what holds the sender back. */
  deliver(segments: number, now = 0): void {
    this.controller.onAck(fakeAck(1000 * segments, { cwndLimited: false }), now);
  }

  /** Loses a segment; returns the window after it. */
  lose(now = 0): number {
    this.controller.onLoss("fast", 1000, this.controller.cwnd, now);
    this.controller.onRecovered?.(now);
    return this.segments;
  }
}

/** Windows of so many segments, all with round trips of 50 ms. */
export function windows(group: CongestionGroup, ...segments: readonly number[]): Window[] {
  return segments.map((size, id) => new Window(group, id, size));
}
