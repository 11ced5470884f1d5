/**
 * The subflows of one connection, side by side, so that a rule can look at all of them.
 *
 * @module
 */

import type { CongestionController, CongestionGroup, Plugin, SubflowView } from "../core/plugin.ts";
import {
  LossBasedController,
  type LossBasedOptions,
  type LossBasedSettings,
  lossBasedSettings,
  type WindowRule,
} from "./shell.ts";

/**
 * Makes the rule of one subflow. `siblings` is live and holds every controller of the connection, `controller` included
 * from the moment that it has joined.
 */
export type RuleFactory = (controller: LossBasedController, siblings: readonly LossBasedController[]) => WindowRule;

/**
 * A congestion control out of a name, the shared options and the one thing that is its own.
 *
 * @throws {RangeError} if an option is out of range.
 */
export function lossBased(name: string, options: LossBasedOptions, rule: RuleFactory): Plugin<CongestionGroup> {
  const settings = lossBasedSettings(name, options);
  return { name, create: (): CongestionGroup => new LossBasedGroup(settings, rule) };
}

class LossBasedGroup implements CongestionGroup {
  readonly #settings: LossBasedSettings;
  readonly #rule: RuleFactory;
  readonly #controllers: LossBasedController[] = [];

  constructor(settings: LossBasedSettings, rule: RuleFactory) {
    this.#settings = settings;
    this.#rule = rule;
  }

  join(view: SubflowView): CongestionController {
    const controller = new LossBasedController(view, this.#settings, (own) => this.#rule(own, this.#controllers));
    this.#controllers.push(controller);
    return controller;
  }

  leave(view: SubflowView): void {
    const index = this.#controllers.findIndex((controller) => controller.view.id === view.id);
    if (index >= 0) this.#controllers.splice(index, 1);
  }
}
