/**
 * Boxes that give a subflow other sequence numbers.
 *
 * @module
 */

import { SYN } from "../../core/wire/tcp.ts";
import type { Random } from "../../transports/random.ts";
import type { BoxFunction } from "./box.ts";
import { type BothWays, Flows, opposite } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { flagsOf, renumber, sequenceOf } from "./segment.ts";

/** What {@linkcode renumberSequences} does. */
export interface RenumberOptions extends BoxScope {
  /** Renumbers SACK blocks as well as acknowledgments; true by default. Boxes were seen that forget them. */
  readonly sack?: boolean;
}

/** Numbers of one direction of a subflow. */
interface Numbering {
  /** Initial sequence number of its sender; -1 before the SYN. */
  initial: number;
  /** What is added. */
  shift: number;
}

/**
 * Adds a random number to all sequence numbers of a subflow, as firewalls do that do not trust the initial ones. It begins
 * with a SYN in its scope; subflows that were open before are left alone.
 */
export function renumberSequences(options: RenumberOptions = {}): BoxFunction {
  const scope = new Scope(options);
  const flows = new Flows<BothWays<Numbering>>(() => ({
    forward: { initial: -1, shift: 0 },
    backward: { initial: -1, shift: 0 },
  }));
  let random: Random | null = null;
  return (frame, direction, place) => {
    const flow = flows.of(frame, direction);
    const own = flow[direction];
    const isCovered = scope.covers(frame, direction, place);
    // A SYN that is sent again keeps its number.
    if (flagsOf(frame) & SYN && own.initial !== sequenceOf(frame)) {
      random ??= place.simulator.random("renumber sequences");
      own.initial = sequenceOf(frame);
      own.shift = isCovered ? random.uint32() : 0;
    }
    const { shift } = flow[opposite(direction)];
    if (own.shift === 0 && shift === 0) return true;
    renumber(frame, (wire) => (wire + own.shift) >>> 0, (wire) => (wire - shift) >>> 0, options.sack ?? true);
    return true;
  };
}
