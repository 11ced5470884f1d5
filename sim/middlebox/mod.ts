/**
 * Boxes in the way: firewalls, translators, proxies, gateways, and worse.
 *
 * @module
 */

export { alterPayload } from "./alter.ts";
export type { AlterOptions } from "./alter.ts";
export { chain, Middlebox } from "./box.ts";
export type { BoxDirection, BoxFunction, BoxPlace, MiddleboxCounters } from "./box.ts";
export { coalesceSegments } from "./coalesce.ts";
export type { CoalesceOptions } from "./coalesce.ts";
export { delayPackets, dropPackets, duplicatePackets } from "./disorder.ts";
export type { DelayOptions, DuplicateOptions } from "./disorder.ts";
export { forgeSegments } from "./forge.ts";
export type { ForgeOptions } from "./forge.ts";
export { replacePayload } from "./gateway.ts";
export type { ReplaceOptions } from "./gateway.ts";
export { dropHoles } from "./holes.ts";
export { forgeErrors, limitPackets } from "./icmp.ts";
export type { ForgeErrorsOptions, LimitOptions } from "./icmp.ts";
export { acknowledgeEarly } from "./proxy.ts";
export type { ProxyOptions } from "./proxy.ts";
export { renumberSequences } from "./renumber.ts";
export type { RenumberOptions } from "./renumber.ts";
export { MOMENTS } from "./scope.ts";
export type { BoxScope, Moment } from "./scope.ts";
export { splitSegments } from "./split.ts";
export type { SplitOptions } from "./split.ts";
export { dropOptions, stripOptions } from "./strip.ts";
export type { DropOptionsOptions, OptionChoice, StripOptions } from "./strip.ts";
export { translateAddresses } from "./translate.ts";
export type { TranslateOptions } from "./translate.ts";
