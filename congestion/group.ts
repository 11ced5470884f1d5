/**
 * The subflows of one connection, side by side, so that a rule can look at all of them.
 *
 * @module
 */

import type { CongestionController, CongestionGroup, Plugin, SubflowView } from "../core/plugin.ts";
import { type LossBasedOptions, type LossBasedSettings, lossBasedSettings } from "./options.ts";
import { LossBasedController, type WindowRule } from "./shell.ts";

/**
 * Makes the rule of one subflow. `siblings` is live and holds every controller of the connection, `controller` included
 * from the moment that it has joined; each has its rule.
 */
export type RuleFactory<Rule extends WindowRule = WindowRule> = (
  controller: LossBasedController<Rule>,
  siblings: readonly LossBasedController<Rule>[],
) => Rule;

/**
 * A congestion control out of a name, the shared options and the one thing that is its own.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example Half of what NewReno gains
 * ```ts
 * import { lossBased } from "@userspace/mptcp/congestion";
 *
 * const timid = lossBased("timid", {}, (controller) => ({
 *   increase: (acked) => acked * controller.mss / controller.cwnd / 2,
 * }));
 * ```
 */
export function lossBased<Rule extends WindowRule>(
  name: string,
  options: LossBasedOptions,
  rule: RuleFactory<Rule>,
): Plugin<CongestionGroup> {
  const settings = lossBasedSettings(name, options);
  return { name, create: (): CongestionGroup => new LossBasedGroup(settings, rule) };
}

class LossBasedGroup<Rule extends WindowRule> implements CongestionGroup {
  readonly #settings: LossBasedSettings;
  readonly #rule: RuleFactory<Rule>;
  readonly #controllers: LossBasedController<Rule>[] = [];

  constructor(settings: LossBasedSettings, rule: RuleFactory<Rule>) {
    this.#settings = settings;
    this.#rule = rule;
  }

  join(view: SubflowView): CongestionController {
    const controller = new LossBasedController<Rule>(
      view,
      this.#settings,
      (own) => this.#rule(own, this.#controllers),
    );
    this.#controllers.push(controller);
    return controller;
  }

  leave(view: SubflowView): void {
    const index = this.#controllers.findIndex((controller) => controller.view.id === view.id);
    if (index >= 0) this.#controllers.splice(index, 1);
  }
}
