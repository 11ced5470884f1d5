/**
 * Boxes that take options out, or segments with them.
 *
 * @module
 */

import { MPTCP_OPTION_KIND } from "../../core/wire/mptcp_subtype.ts";
import type { Frame } from "../frame.ts";
import type { BoxFunction } from "./box.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { blankOptions, mptcpBitAt, visitOptions } from "./segment.ts";

/** Which options are meant. */
export interface OptionChoice {
  /** Option kinds; 30, Multipath TCP, by default. */
  readonly kinds?: readonly number[];
  /** Of Multipath TCP only these subtypes (RFC 8684 section 8.2), such as 3 for ADD_ADDR; all by default. */
  readonly subtypes?: readonly number[];
}

/** Which options {@linkcode stripOptions} takes out. */
export interface StripOptions extends OptionChoice, BoxScope {}

/** Overwrites TCP options with no-operation, as firewalls do that do not know them. */
export function stripOptions(options: StripOptions = {}): BoxFunction {
  const scope = new Scope(options);
  const isMeant = chooser(options);
  return (frame, direction, place) => {
    if (scope.covers(frame, direction, place) && blankOptions(frame, (kind, at) => isMeant(frame, kind, at))) {
      frame.reseal();
    }
    return true;
  };
}

/** Which segments {@linkcode dropOptions} drops. */
export interface DropOptionsOptions extends OptionChoice, BoxScope {}

/** Drops segments with options that it does not know, as firewalls do whose makers meant well. */
export function dropOptions(options: DropOptionsOptions = {}): BoxFunction {
  const scope = new Scope(options);
  const isMeant = chooser(options);
  return (frame, direction, place) => {
    if (!scope.covers(frame, direction, place)) return true;
    let isKnown = true;
    visitOptions(frame, (kind, at) => isKnown &&= !isMeant(frame, kind, at));
    return isKnown;
  };
}

function chooser({ kinds = [MPTCP_OPTION_KIND], subtypes }: OptionChoice) {
  const bits = subtypes?.reduce((sum, subtype) => sum | 1 << subtype, 0) ?? -1;
  return (frame: Frame, kind: number, at: number): boolean =>
    kinds.includes(kind) && (kind !== MPTCP_OPTION_KIND || (mptcpBitAt(frame, at) & bits) !== 0);
}
