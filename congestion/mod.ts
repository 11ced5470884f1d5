/**
 * Congestion controls: how much each subflow may have in flight. Each is a factory whose result goes to
 * `createHost({ congestion })`.
 *
 * | each subflow for itself | subflows of a connection together |
 * | ----------------------- | --------------------------------- |
 * | {@linkcode newReno}     | {@linkcode lia}, the default      |
 * | {@linkcode cubic}       | {@linkcode olia}                  |
 * | {@linkcode bbr}         | {@linkcode balia}                 |
 * |                         | {@linkcode wvegas}, by delay      |
 * |                         | {@linkcode desync}                |
 * |                         | {@linkcode ewtcp} and {@linkcode coupled}, to compare with |
 *
 * @module
 */

export { balia, type BaliaOptions } from "./balia.ts";
export { bbr, type BbrOptions } from "./bbr.ts";
export { coupled, type CoupledOptions } from "./coupled.ts";
export { cubic, type CubicOptions } from "./cubic.ts";
export { desync, type DesyncOptions } from "./desync.ts";
export { ewtcp, type EwtcpOptions } from "./ewtcp.ts";
export { lossBased, type RuleFactory } from "./group.ts";
export { lia, type LiaOptions } from "./lia.ts";
export { newReno, type NewRenoOptions } from "./new_reno.ts";
export { olia, type OliaOptions } from "./olia.ts";
export { type LossBasedOptions, type LossBasedSettings } from "./options.ts";
export { LossBasedController, type WindowRule } from "./shell.ts";
export { wvegas, type WvegasOptions } from "./wvegas.ts";
