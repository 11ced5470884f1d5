/**
 * Packets in the order of their arrival.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** What can be in an {@linkcode ArrivalList}. */
export interface Arriving<T> {
  /** When it arrives. */
  arrivesAt: Micros;
  /** The one behind it; belongs to the list. */
  next: T | null;
  /** The one before it; belongs to the list. */
  previous: T | null;
}

/** A list linked through its members; each is in one list at most. */
export class ArrivalList<T extends Arriving<T>> {
  /** What comes out next. */
  head: T | null = null;
  /** What came last. */
  tail: T | null = null;

  /** Puts a member at the end. */
  push(member: T): void {
    const tail = this.tail;
    member.previous = tail;
    if (tail === null) this.head = member;
    else tail.next = member;
    this.tail = member;
  }

  /** Puts a member behind all that arrive no later than it; cheap when few arrive later. */
  insertByArrival(member: T): void {
    let before = this.tail;
    while (before !== null && before.arrivesAt > member.arrivesAt) before = before.previous;
    if (before === this.tail) return this.push(member);
    const after = before === null ? this.head! : before.next!;
    member.previous = before;
    member.next = after;
    after.previous = member;
    if (before === null) this.head = member;
    else before.next = member;
  }

  /** Takes out the first; the list must not be empty. */
  shift(): T {
    const member = this.head!;
    this.remove(member);
    return member;
  }

  /** Takes out a member. */
  remove(member: T): void {
    const { next, previous } = member;
    if (previous === null) this.head = next;
    else previous.next = next;
    if (next === null) this.tail = previous;
    else next.previous = previous;
    member.next = null;
    member.previous = null;
  }
}
