/**
 * Schedulers: which subflow carries which bytes. Each is a factory whose result goes to `createHost({ scheduler })`.
 *
 * @module
 */

export { adaptiveRedundancy, type AdaptiveRedundancyOptions } from "./adaptive_redundancy.ts";
export { blest, type BlestOptions } from "./blest.ts";
export { burst, type BurstOptions } from "./burst.ts";
export { daps } from "./daps.ts";
export { dems, type DemsOptions } from "./dems.ts";
export { ecf, type EcfOptions } from "./ecf.ts";
export { minRtt, type MinRttOptions } from "./min_rtt.ts";
export { otias } from "./otias.ts";
export { peekaboo, type PeekabooOptions } from "./peekaboo.ts";
export { redundant } from "./redundant.ts";
export { roundRobin, type RoundRobinOptions } from "./round_robin.ts";
export { stms } from "./stms.ts";
export { sttf } from "./sttf.ts";
// For schedulers of one's own.
export { assignFastestFirst, fastestWithRoom, fill, nextFastest, roundTrip } from "./fastest.ts";
export { bestPreference, preferenceOf } from "./preference.ts";
export { Relief, type ReliefOptions } from "./relief.ts";
export { wholeSegments } from "./whole_segments.ts";
