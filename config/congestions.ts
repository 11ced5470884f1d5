/**
 * Congestion controls by name, with the options that files and flags can give them.
 *
 * @module
 */

import { balia, bbr, coupled, cubic, desync, ewtcp, lia, newReno, olia, wvegas } from "../congestion/mod.ts";
import type { CongestionGroup } from "../core/plugin.ts";
import { flag, numberFrom, wholeNumber } from "./checks.ts";
import type { PluginTable } from "./plugin_entry.ts";

const INITIAL_WINDOW = { initialWindow: wholeNumber(1, 1000).optional() };
const LOSS_BASED = { ...INITIAL_WINDOW, pacing: flag().optional(), hystart: flag().optional() };

/** See {@linkcode PluginTable}. */
export const CONGESTIONS = {
  "balia": { shape: LOSS_BASED, create: balia },
  "bbr": { shape: INITIAL_WINDOW, create: bbr },
  "coupled": { shape: LOSS_BASED, create: coupled },
  "cubic": {
    shape: {
      ...LOSS_BASED,
      c: numberFrom(0.001, 1000).optional(),
      beta: numberFrom(0.1, 0.9).optional(),
      fastConvergence: flag().optional(),
    },
    create: cubic,
  },
  "desync": { shape: LOSS_BASED, create: desync },
  "ewtcp": { shape: LOSS_BASED, create: ewtcp },
  "lia": { shape: LOSS_BASED, create: lia },
  "new-reno": { shape: LOSS_BASED, create: newReno },
  "olia": { shape: LOSS_BASED, create: olia },
  "wvegas": {
    shape: { ...LOSS_BASED, totalAlpha: numberFrom(1, 1000).optional(), gamma: numberFrom(0, 1000).optional() },
    create: wvegas,
  },
} satisfies PluginTable<CongestionGroup>;
