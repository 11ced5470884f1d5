/**
 * Application-level gateways: boxes that replace text in streams.
 *
 * @module
 */

import { SYN } from "../../core/wire/tcp.ts";
import { unwrap32 } from "../../core/wire/seq.ts";
import type { Frame } from "../frame.ts";
import type { BoxFunction, BoxPlace } from "./box.ts";
import { type BothWays, Flows, opposite } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { flagsOf, makeSegment, payloadLengthOf, payloadStartOf, renumber, sequenceOf } from "./segment.ts";

/** What {@linkcode replacePayload} does. */
export interface ReplaceOptions extends BoxScope {
  /** What it looks for in each segment, bytes or text (UTF-8). */
  readonly find: string | Uint8Array;
  /** What it puts there, of any length. */
  readonly replacement: string | Uint8Array;
  /** Whether it puts sequence and acknowledgment numbers right where the length changes; true by default. */
  readonly renumbers?: boolean;
}

/**
 * Replaces text in the payload, as gateways do that know the protocol of an application, such as for addresses in FTP.
 * Sequence numbers of what follows are shifted, acknowledgments and SACK blocks of the other end back. What was replaced
 * once is replaced again when it is sent again, in whatever pieces.
 */
export function replacePayload(options: ReplaceOptions): BoxFunction {
  const find = bytesOf(options.find);
  const replacement = bytesOf(options.replacement);
  if (find.length === 0) throw new RangeError("Cannot replace payload: there must be something to find");
  const scope = new Scope(options);
  const flows = new Flows<BothWays<EditedStream>>(() => ({
    forward: new EditedStream(find.length, replacement),
    backward: new EditedStream(find.length, replacement),
  }));
  return (frame, direction, place) => {
    const flow = flows.of(frame, direction);
    const own = flow[direction];
    const other = flow[opposite(direction)];
    if (flagsOf(frame) & SYN) own.restart(sequenceOf(frame));
    const isCovered = scope.covers(frame, direction, place, payloadLengthOf(frame) > 0);
    own.search(frame, isCovered ? find : null);
    if (!own.isEdited && !other.isEdited) return true;
    const edited = own.edit(frame, place);
    if (options.renumbers ?? true) renumber(edited, (wire) => own.outer(wire), (wire) => other.inner(wire));
    if (edited === frame) return true;
    place.inject(edited, direction);
    return false;
  };
}

/** One direction of a subflow. Offsets are those of its sender, from the SYN on. */
class EditedStream {
  readonly #replaced: number;
  readonly #replacement: Uint8Array;
  /** Where replaced text begins, in ascending order. */
  readonly #edits: number[] = [];
  #initial = 0;
  #latest = 0;

  constructor(replaced: number, replacement: Uint8Array) {
    this.#replaced = replaced;
    this.#replacement = replacement;
  }

  get isEdited(): boolean {
    return this.#edits.length > 0;
  }

  restart(initial: number): void {
    if (initial === this.#initial) return;
    this.#initial = initial;
    this.#latest = 0;
    this.#edits.length = 0;
  }

  /** Notes where `find` stands in the payload of `frame`, as far as that has not passed before. */
  search(frame: Frame, find: Uint8Array | null): void {
    const start = this.#offset(sequenceOf(frame));
    const at = payloadStartOf(frame);
    for (let i = Math.max(0, this.#latest - start); find !== null && at + i + find.length <= frame.end; i++) {
      if (!find.every((byte, k) => frame.bytes[at + i + k] === byte)) continue;
      this.#edits.push(start + i);
      i += find.length - 1;
    }
    this.#latest = Math.max(this.#latest, start + frame.end - at);
  }

  /** `frame`, or another in its place if its payload is different; its numbers stay. */
  edit(frame: Frame, place: BoxPlace): Frame {
    const at = payloadStartOf(frame);
    const start = this.#offset(sequenceOf(frame));
    const end = start + frame.end - at;
    const edits = this.#edits.filter((edit) => edit < end && edit + this.#replaced > start);
    if (edits.length === 0) return frame;
    const parts: Uint8Array[] = [];
    let from = start;
    for (const edit of edits) {
      if (edit > from) parts.push(frame.bytes.slice(at + from - start, at + edit - start));
      // What comes in two pieces is replaced in the first of them.
      if (edit >= start) parts.push(this.#replacement);
      from = edit + this.#replaced;
    }
    if (from < end) parts.push(frame.bytes.slice(at + from - start, frame.end));
    return makeSegment(place, frame, { payload: concatenate(parts) });
  }

  /** The number that stands for `wire` behind the box. */
  outer(wire: number): number {
    const offset = this.#offset(wire);
    let shift = 0;
    for (const edit of this.#edits) {
      if (edit >= offset) break;
      // In the middle of what was replaced, all of the replacement has gone.
      const gone = Math.min(this.#replaced, offset - edit);
      shift += this.#replacement.length - gone;
    }
    return (wire + shift) >>> 0;
  }

  /** The number that `wire` behind the box stands for. */
  inner(wire: number): number {
    const growth = this.#replacement.length - this.#replaced;
    const offset = unwrap32(this.#latest + growth * this.#edits.length, (wire - this.#initial) >>> 0);
    let shift = 0;
    for (const [i, edit] of this.#edits.entries()) {
      const begin = edit + growth * i;
      // What was taken out counts as arrived with all that stands before it.
      if (offset < begin || (offset === begin && this.#replacement.length > 0)) break;
      // A part of a replacement says nothing of what it stands for.
      if (offset < begin + this.#replacement.length) return (this.#initial + edit) >>> 0;
      shift += growth;
    }
    return (wire - shift) >>> 0;
  }

  #offset(wire: number): number {
    return unwrap32(this.#latest, (wire - this.#initial) >>> 0);
  }
}

function bytesOf(given: string | Uint8Array): Uint8Array {
  return typeof given === "string" ? new TextEncoder().encode(given) : given;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
