/**
 * Where an experiment takes place.
 *
 * @module
 */

import { newReno } from "../../congestion/mod.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { Network, type SimHostOptions, Simulator } from "../../sim/mod.ts";
import type { ConnectOptions } from "../../transports/host.ts";
import { congestionOf } from "./algorithms.ts";

/** A simulation with a network that is still empty. */
export interface Scene {
  /** Its clock and chance. */
  readonly simulator: Simulator;
  /** Where hosts and links go. */
  readonly network: Network;
}

/**
 * A simulation of `seed` whose connections have the congestion control `variant` as papers call it, a full mesh of
 * subflows and the scheduler of the literature, except for what `others` say.
 */
export function scene(variant: string, seed: number, others: Partial<SimHostOptions> = {}): Scene {
  const simulator = new Simulator({ seed });
  const congestion = congestionOf(variant);
  const network = new Network(simulator, { scheduler: minRtt(), congestion, pathManager: fullMesh(), ...others });
  return { simulator, network };
}

/** Makes a connection the TCP of papers, to compare with: NewReno, and no multipath. */
export const SINGLE_PATH: Partial<ConnectOptions> = { congestion: newReno(), options: { multipath: false } };
