/**
 * The names that papers use for congestion controls, and what they mean here.
 *
 * @module
 */

import { congestionSchema, parseConfig } from "../../config.ts";
import type { CongestionGroup, Plugin } from "../../core/plugin.ts";

/** The plug-in of that name; "uncoupled" is NewReno on each subflow. */
export function congestionOf(variant: string): Plugin<CongestionGroup> {
  return parseConfig(congestionSchema, variant === "uncoupled" ? "new-reno" : variant, "the variant");
}
