/**
 * What a kit consists of: sentences that hold for every plug-in of a kind, each of which can be checked by itself.
 *
 * @module
 */

import fc from "fast-check";

/** A sentence about a plug-in and the means to refute it. */
export interface Property {
  /** What holds, as a sentence about the plug-in. */
  readonly name: string;
  /** Returns if no counterexample was found, and throws it otherwise, with the seed and path that replay it. */
  check(): void | Promise<void>;
}

/** How thoroughly to look for counterexamples. */
export interface CheckOptions {
  /** Random histories per property. Default: 100. */
  readonly runs?: number;
  /** Seed of the histories, to replay a failure. Default: chance. */
  readonly seed?: number;
  /** Path to the counterexample, as printed with the seed. */
  readonly path?: string;
}

/** Registers a `Deno.test` for each of `properties` of the plug-in called `name`. */
export function registerProperties(name: string, properties: readonly Property[]): void {
  for (const property of properties) Deno.test(`${name} ${property.name}`, () => property.check());
}

/**
 * `properties`, of which those that `exceptions` names with a reason are turned round: they have to be refuted, since an
 * exception that is none hides what breaks later.
 */
export function excepting(properties: readonly Property[], exceptions: Readonly<Record<string, string>>): Property[] {
  for (const name of Object.keys(exceptions)) {
    if (!properties.some((property) => property.name === name)) {
      throw new TypeError(`Cannot except from "${name}": the kit has no such property`);
    }
  }
  return properties.map((property) => {
    const reason = exceptions[property.name];
    if (reason === undefined) return property;
    const name = `does not hold to "${property.name}": ${reason}`;
    return { name, check: () => assertRefuted(property) };
  });
}

async function assertRefuted(property: Property): Promise<void> {
  try {
    await property.check();
  } catch {
    return;
  }
  throw new Error(`Cannot except from "${property.name}": no counterexample was found`);
}

/** Decides what becomes of a rule that does or does not hold; complaints are composed only when needed. */
export type Judge = (rule: string, holds: boolean, complaint: () => string) => void;

/** A rule that does not hold. Not for plug-ins to catch. */
export class Violation extends Error {
  /** Names what happened. */
  override readonly name = "Violation";
}

/** A judge that cares for one rule alone, so that a plug-in that breaks two shows each under its own name. */
export function judgeOf(rule: string): Judge {
  return (broken, holds, complaint) => {
    if (broken === rule && !holds) throw new Violation(`${rule}: ${complaint()}`);
  };
}

/** One step of a history, applied to every model that is given; two models side by side show hidden shared state. */
export type Step<M> = fc.Command<readonly M[], null>;

/** A step that prints as `text` in a counterexample. */
export function step<M>(text: string, run: (model: M) => void): Step<M> {
  return { check: () => true, run: (models) => models.forEach(run), toString: () => text };
}

/** Looks for a history of `steps` that makes a model throw, or `after` when it is over. */
export function checkHistories<M>(
  steps: readonly fc.Arbitrary<Step<M>>[],
  models: (seed: number) => readonly M[],
  options: CheckOptions,
  after: (models: readonly M[]) => void = () => {},
): void {
  const histories = fc.commands(steps.map((it) => it as fc.Arbitrary<fc.Command<readonly M[], null>>), {
    maxCommands: 80,
    size: "max",
  });
  const property = fc.property(fc.nat(), histories, (seed, history) => {
    const made = models(seed);
    fc.modelRun(() => ({ model: made, real: null }), history);
    after(made);
  });
  assertHolds(property, options);
}

/** Throws if there is a counterexample: what does not hold first, then the history, and the seed and path that replay it. */
export function assertHolds<T>(property: fc.IProperty<T>, { runs = 100, seed, path }: CheckOptions): void {
  const details = fc.check(property, {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path }),
  });
  if (!details.failed) return;
  const cause = details.errorInstance;
  const rule = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`${rule}\n\n${fc.defaultReportMessage(details)}`, { cause });
}

/**
 * Runs `body`, which calls into a plug-in. What the plug-in throws breaks the rule {@linkcode THROWS_NOTHING}; a judge
 * that cares for another rule lets it pass.
 */
export function guarded(judge: Judge, body: () => void): void {
  try {
    body();
  } catch (error) {
    if (error instanceof Violation) throw error;
    judge(THROWS_NOTHING, false, () => `threw ${error}`);
  }
}

/** The rule that {@linkcode guarded} watches. */
export const THROWS_NOTHING = "throws nothing";

/** The rule that two instances made with the same seed decide alike, side by side. */
export const REPLAYS = "decides alike for the same seed and history";

/** The rule that `wakeAt` lies ahead. */
export const WAKES_AHEAD = "asks to be woken in the future only";
