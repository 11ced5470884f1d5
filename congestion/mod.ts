/**
 * Congestion controls: how much each subflow may have in flight. Each is a factory whose result goes to
 * `createHost({ congestion })`.
 *
 * @module
 */

export { lossBased, type RuleFactory } from "./group.ts";
export { lia, type LiaOptions } from "./lia.ts";
export { newReno, type NewRenoOptions } from "./new_reno.ts";
export { LossBasedController, type LossBasedOptions, type LossBasedSettings, type WindowRule } from "./shell.ts";
