/**
 * Frames in a row.
 *
 * @module
 */

import type { Frame } from "./frame.ts";

/** A list of frames linked through the frames themselves; a frame is in one list at most. */
export class FrameList {
  /** The frame that comes out next. */
  head: Frame | null = null;
  /** The frame that came last. */
  tail: Frame | null = null;

  /** Puts a frame at the end. */
  push(frame: Frame): void {
    const tail = this.tail;
    frame.previous = tail;
    if (tail === null) this.head = frame;
    else tail.next = frame;
    this.tail = frame;
  }

  /** Puts a frame behind all that arrive no later than it; cheap when few arrive later. */
  insertByArrival(frame: Frame): void {
    let before = this.tail;
    while (before !== null && before.arrivesAt > frame.arrivesAt) before = before.previous;
    if (before === this.tail) return this.push(frame);
    const after = before === null ? this.head! : before.next!;
    frame.previous = before;
    frame.next = after;
    after.previous = frame;
    if (before === null) this.head = frame;
    else before.next = frame;
  }

  /** Takes out the first; the list must not be empty. */
  shift(): Frame {
    const frame = this.head!;
    this.remove(frame);
    return frame;
  }

  /** Takes out a frame that is in the list. */
  remove(frame: Frame): void {
    const { next, previous } = frame;
    if (previous === null) this.head = next;
    else previous.next = next;
    if (next === null) this.tail = previous;
    else next.previous = previous;
    frame.next = null;
    frame.previous = null;
  }
}
