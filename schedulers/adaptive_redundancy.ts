/**
 * Redundancy where it is cheap or asked for: short flows and tails on every subflow, everything else on the fastest.
 *
 * Frömmgen, Rizk, Erbshäußer, Weller, Koldehofe, Buchmann and Steinmetz, "A Programming Model for Application-defined
 * Multipath TCP Scheduling" (Middleware 2017), after ReMP TCP (ICC 2016).
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch } from "../core/plugin.ts";
import { assignFastestFirst } from "./fastest.ts";
import { within } from "./options.ts";
import { assignEverywhere } from "./redundant.ts";
import { Relief, type ReliefOptions } from "./relief.ts";

/** Options of {@linkcode adaptiveRedundancy}. */
export interface AdaptiveRedundancyOptions extends ReliefOptions {
  /** Bytes written and not acknowledged up to which a flow counts as short, at least 0. Default: 65,536. */
  readonly shortFlow?: number;
  /** Whether any flow is sent redundantly while one of its subflows recovers from a loss. Default: false. */
  readonly lossSensitive?: boolean;
}

/**
 * Redundant while little is outstanding, a request, a response or the end of a long transfer, and for a loss-sensitive
 * flow while a subflow is in recovery; else lowest round-trip time first, as {@linkcode minRtt}.
 *
 * A subflow repeats what it has not carried of the bytes behind its own last one; what it left to others before stays with
 * them.
 *
 * @throws {RangeError} if `shortFlow` is below 0.
 *
 * @example
 * ```ts
 * import { adaptiveRedundancy } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = adaptiveRedundancy({ shortFlow: 20_000 });
 * ```
 */
export function adaptiveRedundancy(options: AdaptiveRedundancyOptions = {}): Plugin<Scheduler> {
  const shortFlow = within("adaptive-redundancy", "shortFlow", options.shortFlow ?? 65_536, 0, Infinity);
  const create = (): Scheduler => new AdaptiveRedundancy(shortFlow, options.lossSensitive ?? false, options);
  return { name: "adaptive-redundancy", create };
}

class AdaptiveRedundancy implements Scheduler {
  readonly redundant = true;
  readonly #shortFlow: number;
  readonly #lossSensitive: boolean;
  readonly #relief: Relief;

  constructor(shortFlow: number, lossSensitive: boolean, options: ReliefOptions) {
    this.#shortFlow = shortFlow;
    this.#lossSensitive = lossSensitive;
    this.#relief = new Relief(options);
  }

  schedule(batch: SendBatch, now: Micros): void {
    if (batch.reason === "window-limited") this.#relief.handle(batch, now);
    else if (batch.reason === "data" && this.#isRedundant(batch)) assignEverywhere(batch);
    else assignFastestFirst(batch);
  }

  #isRedundant(batch: SendBatch): boolean {
    if (batch.queued + batch.next - batch.unacked <= this.#shortFlow) return true;
    return this.#lossSensitive && isRecovering(batch);
  }
}

function isRecovering({ subflows }: SendBatch): boolean {
  for (let i = 0; i < subflows.length; i++) if (subflows[i]!.inRecovery) return true;
  return false;
}
