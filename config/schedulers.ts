/**
 * Schedulers by name, with the options that files and flags can give them.
 *
 * @module
 */

import type { Scheduler } from "../core/plugin.ts";
import {
  adaptiveRedundancy,
  blest,
  burst,
  daps,
  dems,
  ecf,
  minRtt,
  otias,
  peekaboo,
  redundant,
  roundRobin,
  stms,
  sttf,
} from "../schedulers/mod.ts";
import { flag, numberFrom, probability, wholeNumber } from "./checks.ts";
import type { PluginTable } from "./plugin_entry.ts";
import { byteCount } from "./quantities.ts";

const RELIEF = { opportunisticRetransmission: flag().optional(), penalisation: flag().optional() };
const FACTOR = numberFrom(0.001, 1000).optional();
const STEP = numberFrom(0, 1000).optional();

/** See {@linkcode PluginTable}. */
export const SCHEDULERS = {
  "min-rtt": { shape: RELIEF, create: minRtt },
  "round-robin": { shape: { quota: wholeNumber(1).optional() }, create: roundRobin },
  "burst": { shape: { size: byteCount(1).optional(), sendMemory: numberFrom(1, 1000).optional() }, create: burst },
  "blest": {
    shape: { lambda: FACTOR, minimum: FACTOR, maximum: FACTOR, increase: STEP, decrease: STEP },
    create: blest,
  },
  "ecf": { shape: { ...RELIEF, beta: STEP }, create: ecf },
  "daps": { shape: {}, create: daps },
  "otias": { shape: {}, create: otias },
  "sttf": { shape: {}, create: sttf },
  "stms": { shape: {}, create: stms },
  "dems": {
    shape: { chunk: byteCount(1).optional(), redundancy: byteCount(0).optional() },
    create: dems,
  },
  "peekaboo": {
    shape: { alpha: STEP, adjustment: probability().optional() },
    create: peekaboo,
  },
  "redundant": { shape: {}, create: redundant },
  "adaptive-redundancy": {
    shape: { ...RELIEF, shortFlow: byteCount(0).optional(), lossSensitive: flag().optional() },
    create: adaptiveRedundancy,
  },
} satisfies PluginTable<Scheduler>;
