/**
 * What holds for every path manager.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type {
  LocalAddress,
  PathEvent,
  PathManager,
  Plugin,
  RemoteAddress,
  SubflowCloseReason,
} from "../../core/plugin.ts";
import { fakeEnv } from "./fake_env.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { ANSWERS, PATH_MANAGER_RULES, type PathManagerExpectations, PathManagerModel } from "./path_manager_model.ts";
import {
  assertHolds,
  checkHistories,
  type CheckOptions,
  type Judge,
  judgeOf,
  type Property,
  registerProperties,
  REPLAYS,
  type Step,
  step,
  THROWS_NOTHING,
  WAKES_AHEAD,
} from "./property.ts";

/** What a path manager is held to. The defaults of the first four are those of the path managers here. */
export interface PathManagerKitOptions extends CheckOptions, Partial<PathManagerExpectations> {
  /** True if it is meant to connect, or on a server announce, every address that appears. Default: false. */
  readonly everyPair?: boolean;
}

/**
 * Registers a test for each property of `plugin`.
 *
 * @example
 * ```ts ignore
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 * import { testPathManager } from "@userspace/mptcp/testing";
 *
 * testPathManager(fullMesh({ limit: 4 }), { limit: 4, everyPair: true });
 * ```
 */
export function testPathManager(plugin: Plugin<PathManager>, options: PathManagerKitOptions = {}): void {
  registerProperties(plugin.name, pathManagerProperties(plugin, options));
}

/**
 * The properties of a path manager, over random histories of a connection: addresses come and go on both ends, subflows
 * are established and end for every reason, time passes.
 *
 * @example
 * ```ts
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 * import { pathManagerProperties } from "@userspace/mptcp/testing";
 *
 * for (const property of pathManagerProperties(fullMesh(), { everyPair: true })) property.check();
 * ```
 */
export function pathManagerProperties(plugin: Plugin<PathManager>, options: PathManagerKitOptions = {}): Property[] {
  const expected: PathManagerExpectations = {
    limit: 8,
    subflowsPerPair: 1,
    shortestRetry: 1_000_000,
    refusals: 3,
    clientOnly: true,
    ...options,
  };
  const model = (rule: string, seed: number): PathManagerModel =>
    new PathManagerModel(plugin, fakeEnv(seed), judgeOf(rule), expected);
  const watched = [THROWS_NOTHING, WAKES_AHEAD, ...Object.values(PATH_MANAGER_RULES)];
  if (options.everyPair) watched.push(ANSWERS);
  const rules = watched.map((rule): Property => ({
    name: rule,
    check: () => checkHistories(pathManagerSteps(), (seed) => [model(rule, seed)], options),
  }));
  const backsOff: Property = { name: BACKS_OFF, check: () => checkBackoff(plugin, expected, options) };
  const replays: Property = {
    name: REPLAYS,
    check: () =>
      checkHistories(
        pathManagerSteps(),
        (seed) => [model(REPLAYS, seed), model(REPLAYS, seed)],
        options,
        ([one, other]) => assertEquals(one?.log, other?.log),
      ),
  };
  const survives: Property = {
    name: SURVIVES,
    check: () => {
      const judge: Judge = (rule, holds, complaint) => {
        if (rule === THROWS_NOTHING) judgeOf(SURVIVES)(SURVIVES, holds, complaint);
      };
      const create = (seed: number): PathManagerModel => new PathManagerModel(plugin, fakeEnv(seed), judge, expected);
      checkHistories([...pathManagerSteps(), strayEvents()], (seed) => [create(seed)], options);
    },
  };
  return [...rules, survives, backsOff, replays];
}

const SURVIVES = "survives events in any order";
const BACKS_OFF = "tries ever more seldom what fails every time";

const LOCAL: readonly LocalAddress[] = [
  { address: "10.0.0.1", id: 0, backup: false },
  { address: "10.1.0.1", id: 1, backup: false },
  { address: "10.2.0.1", id: 2, backup: true },
  { address: "fd00::1", id: 3, backup: false },
  { address: "fd00:1::1", id: 4, backup: false },
];

const REMOTE: readonly RemoteAddress[] = [
  { address: "192.0.2.1", port: 443, id: 0 },
  { address: "192.0.2.2", port: 443, id: 1 },
  { address: "192.0.2.1", port: 8443, id: 2 },
  { address: "2001:db8::1", port: 443, id: 3 },
  { address: "2001:db8::2", port: 443, id: 4 },
];

function pathManagerSteps(): fc.Arbitrary<Step<PathManagerModel>>[] {
  const index = fc.nat(9);
  const local = fc.constantFrom(...LOCAL);
  const remote = fc.constantFrom(...REMOTE);
  const failure = fc.constantFrom<SubflowCloseReason>(
    "reset",
    "timeout",
    "unreachable",
    "protocol",
    "refused",
    "refused",
  );
  const ending = fc.constantFrom<SubflowCloseReason>("finished", "closed", "address-removed");
  return [
    fc.tuple(fc.boolean(), fc.boolean()).map(([isServer, joins]) =>
      step(`established isServer ${isServer} joins ${joins}`, (model) => model.establish(isServer, joins))
    ),
    local.map((it) => step(`up ${it.address}`, (model) => model.addLocal(it))),
    local.map((it) => step(`down ${it.address}`, (model) => model.removeLocal(it.id))),
    remote.map((it) => step(`announced ${it.address} ${it.port}`, (model) => model.announceRemote(it))),
    remote.map((it) => step(`removed ${it.id}`, (model) => model.removeRemote(it.id))),
    index.map((i) => step(`answer #${i}`, (model) => model.answer(i))),
    fc.tuple(index, failure).map(([i, reason]) => step(`end #${i} ${reason}`, (model) => model.end(i, reason))),
    fc.tuple(index, ending).map(([i, reason]) => step(`end #${i} ${reason}`, (model) => model.end(i, reason))),
    fc.tuple(index, fc.constantFrom("priority" as const, "stale" as const)).map(([i, type]) =>
      step(`${type} #${i}`, (model) => model.alter(i, type))
    ),
    fc.constant(step("obstruct", (model) => model.obstruct())),
    fc.constantFrom(1000, 500_000, 1_500_000, 10_000_000, 200_000_000).map((duration) =>
      step(`pass ${duration}`, (model) => model.pass(duration))
    ),
  ];
}

/** Events that fit nothing that has happened. */
function strayEvents(): fc.Arbitrary<Step<PathManagerModel>> {
  const subflow = fc.nat(12).map((id) => new FakeSubflow(id));
  const type = fc.constantFrom("subflow-established" as const, "priority" as const, "stale" as const);
  const event: fc.Arbitrary<PathEvent> = fc.oneof(
    fc.boolean().map((isServer) => ({ type: "established" as const, isServer })),
    fc.constantFrom(...LOCAL).map((address) => ({ type: "local-address-up" as const, address })),
    fc.constantFrom(...LOCAL).map((address) => ({ type: "local-address-down" as const, address })),
    fc.constantFrom(...REMOTE).map((address) => ({ type: "announced" as const, address })),
    fc.nat(255).map((addressId) => ({ type: "removed" as const, addressId })),
    fc.tuple(type, subflow).map(([type, subflow]) => ({ type, subflow })),
    subflow.map((subflow) => ({ type: "subflow-closed" as const, subflow, reason: "reset" as const })),
    fc.constant({ type: "timer" as const }),
  );
  return event.map((it) => step(`stray ${it.type}`, (model) => model.stray(it)));
}

/** Attempts at one time beyond which the path manager is taken to know no wait. */
const PATIENCE = 100;
/** How long {@linkcode checkBackoff} watches, and in what steps, in microseconds. */
const WATCH = 900_000_000;
const STEP = 100_000;

/** Lets every attempt from a second address fail, or break at once, and looks at the times between the attempts. */
function checkBackoff(plugin: Plugin<PathManager>, expected: PathManagerExpectations, options: CheckOptions): void {
  const judge = judgeOf(BACKS_OFF);
  const reason = fc.constantFrom<SubflowCloseReason>("reset", "timeout", "unreachable");
  assertHolds(
    fc.property(fc.nat(), reason, fc.boolean(), (seed, reason, isAnswered) => {
      const model = new PathManagerModel(plugin, fakeEnv(seed), judge, expected);
      model.establish(false, true);
      model.addLocal(LOCAL[1]!);
      for (let time = 0; time < WATCH; time += STEP) {
        for (let i = 0; model.subflows.length > 1 && i < PATIENCE; i++) {
          if (isAnswered) model.answer(1);
          model.end(1, reason);
        }
        judge(BACKS_OFF, model.subflows.length === 1, () => `${PATIENCE} attempts at ${time}`);
        model.pass(STEP);
      }
      const times = [...new Set(model.attempts.filter((it) => it.local === LOCAL[1]).map((it) => it.at))];
      const waits = times.slice(1).map((at, i) => at - times[i]!);
      const shrinking = waits.findIndex((wait, i) => i > 0 && wait < 0.5 * waits[i - 1]!);
      judge(BACKS_OFF, shrinking < 0, () => `waits ${waits}`);
      judge(BACKS_OFF, waits.length < 4 || waits[3]! > 1.5 * waits[0]!, () => `waits ${waits}`);
    }),
    { runs: 10, ...options },
  );
}
