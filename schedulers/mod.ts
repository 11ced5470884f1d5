/**
 * Schedulers: which subflow carries which bytes. Each is a factory whose result goes to `createHost({ scheduler })`.
 *
 * @module
 */

export { minRtt, type MinRttOptions } from "./min_rtt.ts";
export { bestPreference, preferenceOf } from "./preference.ts";
export { wholeSegments } from "./whole_segments.ts";
export { roundRobin, type RoundRobinOptions } from "./round_robin.ts";
