/**
 * SIGINT and SIGTERM.
 *
 * @module
 */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** What the user's signals ask for, from now until it is disposed of. */
export class Interruption implements Disposable {
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  readonly #handle: () => void;

  /** Where it `isPatient`, the first signal lets go on what is under way, and the second does not. */
  constructor(isPatient: boolean) {
    this.#handle = () => {
      const reason = new Error("it was interrupted");
      if (!isPatient || this.stop.aborted) this.#cut.abort(reason);
      this.#stop.abort(reason);
    };
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#handle);
  }

  /** Nothing new is to begin. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** What is under way is to end at once. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#handle);
  }
}

/** Resolves to the reason of `signal` once it is aborted. */
export function aborted(signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}
