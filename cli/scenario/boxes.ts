/**
 * What the middleboxes of a scenario do.
 *
 * @module
 */

import type { BoxStep } from "../../config/middleboxes.ts";
import {
  acknowledgeEarly,
  alterPayload,
  type BoxFunction,
  coalesceSegments,
  delayPackets,
  dropHoles,
  dropOptions,
  dropPackets,
  duplicatePackets,
  forgeSegments,
  renumberSequences,
  replacePayload,
  splitSegments,
  stripOptions,
  translateAddresses,
} from "../../sim/mod.ts";

type Makers = { readonly [Type in BoxStep["type"]]: (step: Extract<BoxStep, { type: Type }>) => BoxFunction };

const MAKERS: Makers = {
  "strip-options": stripOptions,
  "drop-options": dropOptions,
  "drop": dropPackets,
  "drop-holes": dropHoles,
  "duplicate": duplicatePackets,
  "delay": delayPackets,
  "renumber": renumberSequences,
  "split": splitSegments,
  "coalesce": coalesceSegments,
  "acknowledge-early": acknowledgeEarly,
  "alter": alterPayload,
  "replace": replacePayload,
  "forge": forgeSegments,
  "translate-addresses": ({ address, ...options }) => translateAddresses(address, options),
};

/** A function of its own for the box that does `step`. */
export function boxFunction(step: BoxStep): BoxFunction {
  return (MAKERS[step.type] as (step: BoxStep) => BoxFunction)(step);
}
