/**
 * Boxes that send ICMP errors: routers before a narrow link, and attackers that pretend to be one.
 *
 * @module
 */

import type { IcmpErrorKind } from "../../core/wire/icmp.ts";
import type { Frame } from "../frame.ts";
import { icmpErrorAbout } from "../icmp.ts";
import type { BoxDirection, BoxFunction, BoxPlace } from "./box.ts";
import { opposite } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { sequenceOf } from "./segment.ts";

/** What {@linkcode forgeErrors} sends. */
export interface ForgeErrorsOptions extends BoxScope {
  /** What the error claims. */
  readonly kind: IcmpErrorKind;
  /** Longest packet that the next link takes, in bytes, as "too-big" tells; 0, the default, says nothing (RFC 1191). */
  readonly mtu?: number;
  /** By how much the sequence number in the quoted segment is off; 0, the default, quotes what was sent. */
  readonly sequence?: number;
}

/** What {@linkcode limitPackets} does. */
export interface LimitOptions extends BoxScope {
  /** Longest IP packet that passes, in bytes. */
  readonly mtu: number;
  /** Whether the sender of a longer one is told by ICMP; true by default. */
  readonly tells?: boolean;
}

/**
 * Lets each segment in its scope pass, and tells its sender by ICMP that it did not: what an attacker does who sees packets,
 * or guesses what is in them (RFC 5927).
 */
export function forgeErrors(options: ForgeErrorsOptions): BoxFunction {
  const { kind, mtu = 0, sequence = 0 } = options;
  const scope = new Scope(options);
  return (frame, direction, place) => {
    if (!scope.covers(frame, direction, place)) return true;
    const quoted = frame.copy();
    quoted.view.setUint32(quoted.start + 4, (sequenceOf(quoted) + sequence) >>> 0);
    quoted.reseal();
    report(quoted, kind, mtu, direction, place);
    quoted.release();
    return true;
  };
}

/** Drops packets longer than the next link takes, as a router does when they must not be fragmented. */
export function limitPackets(options: LimitOptions): BoxFunction {
  const { mtu, tells = true } = options;
  const scope = new Scope(options);
  return (frame, direction, place) => {
    if (!scope.covers(frame, direction, place, frame.length > mtu)) return true;
    if (tells) report(frame, "too-big", mtu, direction, place);
    return false;
  };
}

function report(frame: Frame, kind: IcmpErrorKind, mtu: number, direction: BoxDirection, place: BoxPlace): void {
  const error = icmpErrorAbout(frame, kind, { mtu });
  if (error !== null) place.inject(error, opposite(direction));
}
