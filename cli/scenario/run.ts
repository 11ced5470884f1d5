/**
 * Runs a scenario.
 *
 * @module
 */

import type { Scenario } from "../../config/scenario.ts";
import { StuckError, Tap } from "../../sim/mod.ts";
import { buildScenario } from "./build.ts";
import { Flow } from "./flow.ts";
import type { ScenarioReport } from "./report.ts";

/** How a scenario is run. */
export interface RunScenarioOptions {
  /** Instead of the seed of the scenario. */
  readonly seed?: number | string;
  /** Takes captures: asked once for each file, answers what its bytes are handed to. Without it nothing is captured. */
  readonly capture?: (file: string) => (bytes: Uint8Array) => void;
  /** Takes the trace of all hosts, a line of JSON at a time. */
  readonly trace?: (line: string) => void;
}

const DEFAULT_LIMIT = 600_000;

/** The seed that `scenario` runs with if no other is given. */
export function seedOf(scenario: Scenario): number | string {
  return scenario.seed ?? 1;
}

/** Runs `scenario` once, from its beginning until every application has ended or the limit is reached. */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions = {}): Promise<ScenarioReport> {
  const { seed = seedOf(scenario), capture } = options;
  const { limit = DEFAULT_LIMIT } = scenario;
  const built = buildScenario(scenario, seed, options.trace);
  const { simulator } = built;
  const taps = capture === undefined ? [] : capturesOf(scenario).map(({ file, links, end }) => {
    const tap = new Tap({ sink: capture(file) });
    for (const link of links) tap.watch(built.links.get(link)!, { end });
    return tap;
  });
  const flows = scenario.applications.map((application, i) => new Flow(nameOf(scenario, i), application, built));
  let reason = "";
  try {
    await simulator.run(() => Promise.all(flows.map((flow) => flow.run())), { limit });
  } catch (error) {
    if (!(error instanceof StuckError)) throw error;
    reason = error.message;
    // The clock stands at the last event before the limit.
    if (simulator.pendingEvents > 0) simulator.runUntil(1000 * limit);
  }
  for (const tap of taps) tap.flush();
  return {
    seed,
    seconds: simulator.now() / 1e6,
    events: simulator.eventCount,
    connections: flows.map((flow) => flow.report(reason)),
    links: built.meters.map((meter) => meter.report()),
  };
}

/** The name of application `i`: its own, or its type with its number among those of its type. */
function nameOf({ applications }: Scenario, i: number): string {
  const { name, type } = applications[i]!;
  const alike = applications.filter((other) => other.type === type && other.name === undefined);
  return name ?? (alike.length === 1 ? type : `${type} ${alike.indexOf(applications[i]!) + 1}`);
}

/** The captures that are asked for, or one of each link. */
function capturesOf(scenario: Scenario): { file: string; links: readonly string[]; end: "near" | "far" }[] {
  const captures = scenario.captures ??
    Object.keys(scenario.links).map((link) => ({ file: `${link}.pcapng`, links: [link] }));
  return captures.map((capture) => ({ end: "near", ...capture }));
}
