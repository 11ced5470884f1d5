/**
 * The one timer of loss recovery, and what it is for at present.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** Exclusive uses of the one timer. */
export type TimerKind = "none" | "retransmission" | "loss-probe" | "reordering" | "new-data";

/** A time at which something is due. */
export class RecoveryTimer {
  /** What is due. */
  kind: TimerKind = "none";
  /** When it expires; Infinity for "none". */
  at: Micros = Infinity;

  /** It is for `kind` now, whatever it was for. */
  arm(kind: TimerKind, at: Micros): void {
    this.kind = kind;
    this.at = at;
  }

  /** Nothing is due. */
  disarm(): void {
    this.arm("none", Infinity);
  }
}
