/**
 * A path manager in the hands of a test.
 *
 * @module
 */

import type { Micros, PathActions, PathEvent, PathManager, Plugin } from "../../mod.ts";

/** How soon what is asked for is done. */
const INTERVAL: Micros = 5000;

/** Opens as a client one subflow from each further address, and does what it is asked to. */
export class Steering implements Plugin<PathManager> {
  readonly name = "steering";
  readonly #asked: ((actions: PathActions) => void)[] = [];

  create(): PathManager {
    return { onEvent: (event, actions, now) => this.#handle(event, actions, now) };
  }

  /** Lets the path manager of the connection do something soon. */
  ask(command: (actions: PathActions) => void): void {
    this.#asked.push(command);
  }

  #handle(event: PathEvent, actions: PathActions, now: Micros): void {
    if (event.type === "established" && !event.isServer) {
      const [remote] = actions.remoteAddresses;
      for (const local of actions.localAddresses) if (local.id !== 0) actions.open(local, remote!);
    }
    for (const command of this.#asked.splice(0)) command(actions);
    actions.wakeAt(now + INTERVAL);
  }
}
