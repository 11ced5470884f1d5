/**
 * The boxes of the matrix.
 *
 * @module
 */

import {
  acknowledgeEarly,
  alterPayload,
  type BoxFunction,
  type BoxScope,
  chain,
  coalesceSegments,
  delayPackets,
  dropHoles,
  dropOptions,
  dropPackets,
  duplicatePackets,
  limitPackets,
  type Moment,
  MOMENTS,
  renumberSequences,
  replacePayload,
  splitSegments,
  stripOptions,
  translateAddresses,
} from "../../sim/mod.ts";
import { FORGERIES } from "./forgeries.ts";

/** What the streams of the matrix hold here and there, and a gateway may know. */
export const MARKER = "PORT 10,0,0,1";

/** What a box does to the bytes of a stream, so that it is known what plain TCP would deliver. */
export type Change =
  /** Nothing. */
  | { readonly type: "none" }
  /** Bytes are inverted. */
  | { readonly type: "inverted" }
  /** Markers are replaced. */
  | { readonly type: "replaced"; readonly replacement: string }
  /** Plain TCP would deliver something wrong, too: only that it ends can be asked for. */
  | { readonly type: "any" };

/** One row of the matrix. */
export interface BoxCase {
  /** What the box does, for the table. */
  readonly name: string;
  /** The box, from the moment on in the direction. */
  readonly make: (way: Pick<BoxScope, "direction">, moment: Moment) => BoxFunction;
  /** When it can begin; at every moment by default. */
  readonly moments?: readonly Moment[];
  /** It is the same for both directions. */
  readonly isUndirected?: boolean;
  /** See {@linkcode Change}. */
  readonly change?: Change;
  /** The client's address behind it. */
  readonly outside?: string;
  /** Ends hand over super-segments of so many bytes. */
  readonly superSegment?: number;
  /** What the links lose by themselves. */
  readonly loss?: number;
}

/** When a box that has to see the handshake can begin. */
const HANDSHAKES: readonly Moment[] = ["syn", "syn-ack", "join"];
const OUTSIDE = "192.0.2.1";

/** All of them. */
export const BOXES: readonly BoxCase[] = [
  { name: "strips options at", make: (way, moment) => stripOptions({ ...way, at: moment }) },
  { name: "strips options from", make: (way, moment) => stripOptions({ ...way, from: moment }) },
  { name: "drops segments with options at", make: (way, moment) => dropOptions({ ...way, at: moment }) },
  {
    name: "drops segments with options from",
    make: (way, moment) => dropOptions({ ...way, from: moment }),
  },
  { name: "drops everything from", make: (way, moment) => dropPackets({ ...way, from: moment }) },
  { name: "drops the first two at", make: (way, moment) => dropPackets({ ...way, at: moment, count: 2 }) },
  {
    name: "translates addresses",
    make: (_way, moment) => translateAddresses(OUTSIDE, moment === "syn" ? {} : { rebinds: { from: moment } }),
    outside: OUTSIDE,
    isUndirected: true,
  },
  {
    name: "renumbers",
    make: (way, moment) => renumberSequences({ ...way, from: moment }),
    moments: HANDSHAKES,
  },
  {
    name: "renumbers but for SACK",
    make: (way, moment) => renumberSequences({ ...way, from: moment, sack: false }),
    moments: HANDSHAKES,
    loss: 0.03,
  },
  ...(["copy", "first", "last", "drop"] as const).map((mptcp): BoxCase => ({
    name: `splits segments, options: ${mptcp}`,
    make: (way, moment) => splitSegments({ ...way, from: moment, bytes: 500, mptcp }),
  })),
  ...(["first", "last", "drop"] as const).map((mptcp): BoxCase => ({
    name: `joins segments, options: ${mptcp}`,
    make: (way, moment) => coalesceSegments({ ...way, from: moment, bytes: 4000, wait: 8, mptcp }),
  })),
  {
    name: "cuts the stream anew",
    make: (way, moment) =>
      chain(
        coalesceSegments({ ...way, from: moment, bytes: 4000, wait: 8 }),
        splitSegments({ ...way, from: moment, bytes: 900 }),
      ),
  },
  {
    name: "cuts super-segments",
    make: (way, moment) => splitSegments({ ...way, from: moment, bytes: 1000 }),
    superSegment: 20_000,
  },
  { name: "acknowledges early", make: (way, moment) => acknowledgeEarly({ ...way, from: moment }) },
  {
    name: "acknowledges early, copies options",
    make: (way, moment) => acknowledgeEarly({ ...way, from: moment, copiesOptions: true }),
  },
  {
    name: "changes bytes",
    make: (way, moment) => alterPayload({ ...way, from: moment, byte: 100 }),
    change: { type: "inverted" },
  },
  ...["PORT 192,0,2,123", "PORT 1"].map((replacement): BoxCase => ({
    name: replacement.length > MARKER.length ? "makes data longer" : "makes data shorter",
    make: (way, moment) => replacePayload({ ...way, from: moment, find: MARKER, replacement }),
    change: { type: "replaced", replacement },
  })),
  ...["PORT 192,0,2,123", "PORT 1"].map((replacement): BoxCase => ({
    name: `makes data ${replacement.length > MARKER.length ? "longer" : "shorter"}, numbers stay`,
    make: (way, moment) => replacePayload({ ...way, from: moment, find: MARKER, replacement, renumbers: false }),
    change: { type: "any" },
  })),
  {
    name: "narrow link that says so",
    make: (way, moment) => limitPackets({ ...way, from: moment, mtu: 1000 }),
  },
  {
    name: "narrow link that keeps silent",
    make: (way, moment) => limitPackets({ ...way, from: moment, mtu: 1000, tells: false }),
  },
  {
    name: "drops what leaves a hole",
    make: (way, moment) => dropHoles({ ...way, from: moment }),
    loss: 0.03,
  },
  {
    name: "repeats packets",
    make: (way, moment) => duplicatePackets({ ...way, from: moment, delay: 30 }),
  },
  {
    name: "changes the order",
    make: (way, moment) => delayPackets({ ...way, from: moment, delay: 40, every: 7 }),
  },
  {
    name: "damages packets",
    make: (way, moment) => alterPayload({ ...way, from: moment, fixChecksum: false, count: 10 }),
  },
  ...FORGERIES,
];

/** When a box can begin. */
export function momentsOf({ moments = MOMENTS }: BoxCase): readonly Moment[] {
  return moments;
}
