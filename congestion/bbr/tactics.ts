/**
 * The states of BBR and what it does in each of them (draft-ietf-ccwg-bbr-05 section 5.6.1).
 *
 * @module
 */

/** The states; those of bandwidth probing, "down" to "up", follow each other in a cycle. */
export type BbrState =
  /** The rate doubles each round until more does not get through. */
  | "startup"
  /** The queue that startup made empties. */
  | "drain"
  /** Less than the bandwidth, to empty the queue and leave room for others. */
  | "down"
  /** Just the bandwidth, for some seconds. */
  | "cruise"
  /** Just the bandwidth for a round, with short-term bounds forgotten. */
  | "refill"
  /** More than the bandwidth, to see whether there is more. */
  | "up"
  /** Half of what the path holds, to see how long an empty one takes. */
  | "probe-rtt";

/** What BBR does in a state. */
export interface Tactic {
  /** Rate of sending as a multiple of the bandwidth. */
  readonly pacingGain: number;
  /** Window as a multiple of the bandwidth-delay product. */
  readonly windowGain: number;
  /** True where losses are provoked, and so do not count against the bounds of the short term. */
  readonly isProbing: boolean;
  /** True in the cycle of bandwidth probing. */
  readonly isInCycle: boolean;
  /** Which part of the long-term bound the window may use. */
  readonly bound: "none" | "all" | "headroom";
}

/** All of them. */
export const TACTICS: Readonly<Record<BbrState, Tactic>> = {
  "startup": { pacingGain: 2.77, windowGain: 2, isProbing: true, isInCycle: false, bound: "none" },
  "drain": { pacingGain: 0.5, windowGain: 2, isProbing: false, isInCycle: false, bound: "none" },
  "down": { pacingGain: 0.9, windowGain: 2, isProbing: false, isInCycle: true, bound: "all" },
  "cruise": { pacingGain: 1, windowGain: 2, isProbing: false, isInCycle: true, bound: "headroom" },
  "refill": { pacingGain: 1, windowGain: 2, isProbing: true, isInCycle: true, bound: "all" },
  "up": { pacingGain: 1.25, windowGain: 2.25, isProbing: true, isInCycle: true, bound: "all" },
  "probe-rtt": { pacingGain: 1, windowGain: 0.5, isProbing: false, isInCycle: false, bound: "headroom" },
};
