/**
 * Firewalls that insist on order.
 *
 * @module
 */

import { FIN, SYN } from "../../core/wire/tcp.ts";
import { sequenceDistance } from "../../core/wire/seq.ts";
import type { BoxFunction } from "./box.ts";
import { type BothWays, Flows } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { flagsOf, payloadLengthOf, sequenceOf } from "./segment.ts";

/**
 * Drops segments that leave a hole behind what has passed, as firewalls do that look into streams and do not want to keep
 * what they cannot read yet.
 */
export function dropHoles(options: BoxScope = {}): BoxFunction {
  const scope = new Scope(options);
  const flows = new Flows<BothWays<number>>(() => ({ forward: NaN, backward: NaN }));
  return (frame, direction, place) => {
    const flow = flows.of(frame, direction);
    const flags = flagsOf(frame);
    const sequence = sequenceOf(frame);
    const isCovered = scope.covers(frame, direction, place);
    if (flags & SYN || Number.isNaN(flow[direction])) flow[direction] = sequence;
    const isAhead = sequenceDistance(flow[direction], sequence) > 0;
    if (isAhead && isCovered) return false;
    const end = (sequence + payloadLengthOf(frame) + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
    if (sequenceDistance(flow[direction], end) > 0) flow[direction] = end;
    return true;
  };
}
