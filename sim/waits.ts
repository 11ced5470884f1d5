/**
 * What the application of a simulation waits for.
 *
 * @module
 */

/** Descriptions that an error text shows at most. */
const SHOWN = 20;

/** The pending promises of a simulation, by description. */
export class Waits {
  readonly #pending = new Set<{ readonly describe: () => string }>();
  /** True from the moment at which one of them settled until it is set to false: the application may have work to do. */
  hasSettled = false;

  /** Begins a wait; the function that comes back ends it, once. */
  begin(describe: () => string): () => void {
    const wait = { describe };
    this.#pending.add(wait);
    return () => {
      if (this.#pending.delete(wait)) this.hasSettled = true;
    };
  }

  /** The descriptions of all that is pending, oldest first, equal ones once with their number. */
  describe(): string[] {
    const counts = new Map<string, number>();
    for (const { describe } of this.#pending) {
      const description = describe();
      counts.set(description, (counts.get(description) ?? 0) + 1);
    }
    return Array.from(counts, ([description, count]) => count === 1 ? description : `${description} (${count} times)`);
  }
}

/** A simulation cannot go on although its application function has not returned. */
export class StuckError extends Error {
  /** What the application waited for, in words. */
  readonly waits: readonly string[];

  /** `reason` says why it cannot go on. */
  constructor(reason: string, waits: readonly string[]) {
    const shown = waits.slice(0, SHOWN);
    if (waits.length > SHOWN) shown.push(`and ${waits.length - SHOWN} more`);
    const pending = shown.length === 0 ? "a promise that is not the simulator's" : shown.join("; ");
    super(`Cannot go on: ${reason}. Waiting for: ${pending}`);
    this.name = "StuckError";
    this.waits = waits;
  }
}
