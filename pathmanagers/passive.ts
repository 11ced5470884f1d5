/**
 * The path manager that leaves everything to the peer.
 *
 * @module
 */

import type { PathActions, PathEvent, PathManager, Plugin } from "../core/plugin.ts";

/** Opens, closes and announces nothing; subflows that the peer opens are accepted all the same. */
export function passive(): Plugin<PathManager> {
  return { name: "passive", create: (): PathManager => new Passive() };
}

class Passive implements PathManager {
  onEvent(_event: PathEvent, _actions: PathActions): void {}
}
