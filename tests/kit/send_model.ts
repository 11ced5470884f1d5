/**
 * The sending half of a connection as plain lists of ranges: what is written, who carries it, and what waits.
 *
 * @module
 */

import type { SendReason } from "../../core/plugin.ts";
import type { FakeSubflow } from "./fake_subflow.ts";

/** Bytes from data offset `start` up to `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A range and the subflow that carries it. */
export interface Mapping extends Range {
  readonly subflow: FakeSubflow;
}

/** Largest mapping that a DSS option can express (RFC 8684 section 3.3). */
const LARGEST_MAPPING = 65_535;
const NOTHING: Range = { start: 0, end: 0 };

/** Send buffer and window of one connection. */
export class SendModel {
  /** Bytes written. */
  written = 0;
  /** Lowest offset that was never assigned. */
  next = 0;
  /** Lowest offset that is not acknowledged. */
  unacked = 0;
  /** Right edge of the window. */
  windowEnd = 200_000;
  #window = 200_000;
  #ahead: Range[] = [];
  #mappings: Mapping[] = [];
  #delivered: Range[] = [];
  #toReinject: Range[] = [];

  /** Bytes written and never assigned. */
  get queued(): number {
    return this.written - this.next - total(this.#ahead);
  }

  /** Whether something waits to go again. */
  get hasReinjections(): boolean {
    return this.#toReinject.length > 0;
  }

  /** Lowest offset that waits to go again. */
  get reinjectionStart(): number {
    return this.#toReinject[0]?.start ?? this.next;
  }

  /** Bytes that wait to be assigned for `reason`. */
  waiting(reason: SendReason): number {
    if (reason === "reinjection") return total(this.#toReinject);
    return reason === "data" ? Math.max(0, this.#end - this.next - total(this.#ahead)) : 0;
  }

  /** See `SendBatch`. */
  waitingFrom(at: number): number {
    let from = Math.max(at, this.next);
    for (const { start, end } of this.#ahead) if (from >= start && from < end) from = end;
    return Math.min(from, this.#end);
  }

  /** See `SendBatch`. */
  waitingTo(at: number): number {
    return Math.min(this.#end, this.#ahead.find(({ start }) => start >= at)?.start ?? Infinity);
  }

  /** Who carries the byte at `at`, the latest first; undefined if nobody does. */
  carrier(at: number): FakeSubflow | undefined {
    if (at < this.unacked) return undefined;
    return this.#mappings.findLast((it) => it.start <= at && at < it.end)?.subflow;
  }

  /** Offers a window of `bytes`; its right edge never moves back. */
  offer(bytes: number): void {
    this.#window = bytes;
    this.#slide();
  }

  /** Takes up to `bytes` for `reason`: what waits first, or what waits from `from` on. */
  take(reason: SendReason, bytes: number, from = this.next): Range {
    const wanted = Math.min(bytes, LARGEST_MAPPING);
    if (reason === "reinjection") return this.#takeReinjection(wanted);
    if (reason !== "data" || this.waitingFrom(from) !== from) return NOTHING;
    const range = { start: from, end: Math.min(from + wanted, this.waitingTo(from)) };
    if (range.end <= range.start) return NOTHING;
    if (from === this.next) this.next = range.end;
    else this.#ahead = [...this.#ahead, range].sort((a, b) => a.start - b.start);
    while (this.#ahead[0]?.start === this.next) this.next = this.#ahead.shift()!.end;
    return range;
  }

  /** Up to `bytes` of what was assigned, from `from` on, to be sent once more. */
  takeAgain(bytes: number, from: number): Range {
    return { start: from, end: Math.min(from + Math.min(bytes, LARGEST_MAPPING), this.next) };
  }

  /** `subflow` carries `range` from now on. */
  map(range: Range, subflow: FakeSubflow): void {
    this.#mappings.push({ ...range, subflow });
  }

  /** The oldest `count` mappings of `subflow` are acknowledged; answers how many bytes those are. */
  acknowledge(subflow: FakeSubflow, count: number): number {
    const acknowledged = this.#mappings.filter((it) => it.subflow === subflow).slice(0, count);
    this.#mappings = this.#mappings.filter((it) => !acknowledged.includes(it));
    this.#delivered.push(...acknowledged);
    this.#slide();
    return total(acknowledged);
  }

  /** What `subflow` carries has to go again; what is beyond `next` waits as it did before. */
  reinject(subflow: FakeSubflow): void {
    const carried = this.#mappings.filter((it) => it.subflow === subflow && it.end > this.unacked);
    this.#mappings = this.#mappings.filter((it) => it.subflow !== subflow);
    this.#toReinject = united([...this.#toReinject, ...carried.filter((it) => it.start < this.next)]);
    this.#ahead = this.#ahead.filter((range) => !carried.some((it) => it.start === range.start));
  }

  /** End of what may be assigned. */
  get #end(): number {
    return Math.max(this.next, Math.min(this.written, this.windowEnd));
  }

  #takeReinjection(bytes: number): Range {
    const first = this.#toReinject.shift();
    if (first === undefined) return NOTHING;
    const end = Math.min(first.end, first.start + bytes);
    if (end < first.end) this.#toReinject.unshift({ start: end, end: first.end });
    return { start: first.start, end };
  }

  #slide(): void {
    let found: Range | undefined;
    do {
      found = this.#delivered.find((it) => it.start <= this.unacked && it.end > this.unacked);
      if (found !== undefined) this.unacked = found.end;
    } while (found !== undefined);
    this.#delivered = this.#delivered.filter((it) => it.end > this.unacked);
    this.#toReinject = this.#toReinject.filter((it) => it.end > this.unacked);
    this.windowEnd = Math.max(this.windowEnd, this.unacked + this.#window);
  }
}

function total(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The same bytes as disjoint ranges in ascending order. */
function united(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || start > last.end) result.push({ start, end });
    else result[result.length - 1] = { start: last.start, end: Math.max(last.end, end) };
  }
  return result;
}
