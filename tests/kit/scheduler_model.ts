/**
 * A sending connection as far as a scheduler can tell it from a real one, watching what the scheduler does.
 *
 * @module
 */

import type { Env, Micros, Plugin, Scheduler, SendBatch, SendReason, SubflowView } from "../../core/plugin.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { guarded, type Judge, WAKES_AHEAD } from "./property.ts";

/** The rules that {@linkcode SchedulerModel} watches. */
export const SCHEDULER_RULES = {
  ends: "comes to an end when it is asked",
  room: "gives a subflow no more than it has room for",
  usable: "gives data only to subflows that are usable now",
  bytes: "assigns whole bytes",
  again: "sends again only what is on its way",
  backup: "leaves backups alone while a regular subflow is usable",
  stale: "leaves stale subflows alone while another is usable",
  progress: "assigns something while a usable subflow has room",
} as const;

/** Largest mapping that a DSS option can express (RFC 8684 section 3.3). */
const LARGEST_MAPPING = 65_535;

/** Assignments in one question beyond which the scheduler is taken to run in circles. */
const PATIENCE = 5000;

/** Bytes from data offset `start` up to `end`. */
interface Range {
  start: number;
  end: number;
}

/** A range and the subflow that carries it. */
interface Mapping extends Range {
  readonly subflow: FakeSubflow;
}

/** Thrown out of a scheduler that does not stop assigning. */
class Runaway extends Error {}

/** Send buffer, window and subflows of one connection. */
export class SchedulerModel {
  /** What was decided, one line an assignment. */
  readonly log: string[] = [];
  /** Subflows that exist, in order of creation. */
  readonly subflows: FakeSubflow[] = [];
  readonly #scheduler: Scheduler;
  readonly #judge: Judge;
  readonly #mayWait: boolean;
  #now: Micros = 0;
  #nextId = 0;
  #written = 0;
  #next = 0;
  #unacked = 0;
  #window = 200_000;
  #windowEnd = 200_000;
  #mappings: Mapping[] = [];
  #delivered: Range[] = [];
  #toReinject: Range[] = [];

  /** A connection without subflows or data. `mayWait`: the scheduler may leave room unused while something is in flight. */
  constructor(plugin: Plugin<Scheduler>, env: Env, judge: Judge, mayWait: boolean) {
    this.#scheduler = plugin.create(env);
    this.#judge = judge;
    this.#mayWait = mayWait;
  }

  /** A subflow is established. */
  open(fields: ConstructorParameters<typeof FakeSubflow>[1]): void {
    this.subflows.push(new FakeSubflow(this.#nextId++, fields));
    this.#ask();
  }

  /** Something about a subflow changes. */
  change(index: number, change: (subflow: FakeSubflow) => void): void {
    const subflow = this.#pick(index);
    if (subflow === undefined) return;
    change(subflow);
    if (subflow.stale) this.#reinject(subflow);
    this.#ask();
  }

  /** A subflow closes; what it carried has to go again. */
  close(index: number): void {
    const subflow = this.#pick(index);
    if (subflow === undefined) return;
    subflow.usable = false;
    this.subflows.splice(this.subflows.indexOf(subflow), 1);
    this.#reinject(subflow);
    this.#ask();
  }

  /** The application writes. */
  write(bytes: number): void {
    this.#written += bytes;
    this.#ask();
  }

  /** The peer's window becomes `bytes`; its right edge never moves back. */
  offerWindow(bytes: number): void {
    this.#window = bytes;
    this.#slideWindow();
    this.#ask();
  }

  /** A subflow sends all that it was given, and the oldest `count` of its mappings are acknowledged. */
  acknowledge(index: number, count: number): void {
    const subflow = this.#pick(index);
    if (subflow === undefined) return;
    subflow.inFlight += subflow.queued;
    subflow.queued = 0;
    for (const mapping of this.#mappings.filter((it) => it.subflow === subflow).slice(0, count)) {
      this.#mappings.splice(this.#mappings.indexOf(mapping), 1);
      subflow.inFlight -= mapping.end - mapping.start;
      this.#delivered.push(mapping);
    }
    this.#slideWindow();
    this.#ask();
  }

  /** Time passes. */
  pass(duration: Micros): void {
    this.#now += duration;
    this.#ask();
  }

  #pick(index: number): FakeSubflow | undefined {
    return this.subflows[index % this.subflows.length];
  }

  #reinject(subflow: FakeSubflow): void {
    this.#toReinject.push(...this.#mappings.filter((it) => it.subflow === subflow && it.end > this.#unacked));
    this.#mappings = this.#mappings.filter((it) => it.subflow !== subflow);
    subflow.inFlight = 0;
    subflow.queued = 0;
  }

  #slideWindow(): void {
    let found: Range | undefined;
    do {
      found = this.#delivered.find((it) => it.start <= this.#unacked && it.end > this.#unacked);
      if (found !== undefined) this.#unacked = found.end;
    } while (found !== undefined);
    this.#delivered = this.#delivered.filter((it) => it.end > this.#unacked);
    this.#toReinject = this.#toReinject.filter((it) => it.end > this.#unacked);
    this.#windowEnd = Math.max(this.#windowEnd, this.#unacked + this.#window);
  }

  /** Asks what a connection asks whenever something has happened. */
  #ask(): void {
    if (this.subflows.length === 0) return;
    if (this.#toReinject.length > 0) this.#question("reinjection");
    const redundant = this.#scheduler.redundant === true && this.#unacked < this.#next;
    if (this.#waiting("data") > 0 || redundant) this.#question("data");
    const full = this.#windowEnd <= this.#next && this.#written > this.#next;
    if (full && this.subflows.some((it) => it.room > 0)) this.#question("window-limited");
  }

  #waiting(reason: SendReason): number {
    switch (reason) {
      case "data":
        return Math.max(0, Math.min(this.#written, this.#windowEnd) - this.#next);
      case "reinjection":
        return this.#toReinject.reduce((sum, it) => sum + it.end - it.start, 0);
      case "window-limited":
        return 0;
    }
  }

  #question(reason: SendReason): void {
    const offer = this.#offer(reason);
    let calls = 0;
    let assigned = 0;
    const waiting = (): number => this.#waiting(reason);
    const batch: SendBatch = {
      reason,
      subflows: this.subflows,
      get waiting(): number {
        return waiting();
      },
      queued: this.#written - this.#next,
      unacked: this.#unacked,
      next: this.#next,
      windowEnd: this.#windowEnd,
      assign: (view, bytes, from) => {
        if (++calls > PATIENCE) throw new Runaway();
        const took = this.#assign(reason, view, bytes, from);
        assigned += took;
        return took;
      },
      carrier: (at) => this.#carrier(at),
      penalise: (view) => this.#penalise(view),
    };
    guarded(this.#judge, () => {
      try {
        this.#scheduler.schedule(batch, this.#now);
      } catch (error) {
        if (!(error instanceof Runaway)) throw error;
        this.#judge(SCHEDULER_RULES.ends, false, () => `${PATIENCE} assignments for one question`);
      }
    });
    const wakeAt = this.#scheduler.wakeAt ?? Infinity;
    this.#judge(WAKES_AHEAD, wakeAt > this.#now, () => `wakeAt is ${wakeAt} at ${this.#now}`);
    const expected = offer && !(this.#mayWait && (wakeAt < Infinity || this.#isBusy()));
    this.#judge(SCHEDULER_RULES.progress, assigned > 0 || !expected, () => `nothing assigned for "${reason}"`);
  }

  /** True if there are bytes to assign and a subflow that should take some. */
  #offer(reason: SendReason): boolean {
    const waiting = this.#waiting(reason);
    if (waiting === 0) return false;
    const best = Math.min(...this.subflows.map(rank));
    return this.subflows.some((it) =>
      rank(it) === best && (it.room >= Math.min(it.mss, waiting) || (it.inFlight === 0 && it.queued === 0))
    );
  }

  #isBusy(): boolean {
    return this.subflows.some((it) => it.inFlight + it.queued > 0);
  }

  #assign(reason: SendReason, view: SubflowView, bytes: number, from: number | undefined): number {
    const whole = Number.isSafeInteger(bytes) && bytes > 0;
    this.#judge(SCHEDULER_RULES.bytes, whole, () => `assigned ${bytes} bytes`);
    const subflow = this.subflows.find((it) => it === view);
    this.#judge(SCHEDULER_RULES.usable, subflow !== undefined, () => `assigned to subflow ${view.id}, which is gone`);
    if (!whole || subflow === undefined) return 0;
    this.#judgeRank(subflow);
    const range = from === undefined ? this.#takeWaiting(reason, bytes) : this.#takeAgain(bytes, from);
    const length = range.end - range.start;
    if (length === 0) return 0;
    this.#judgeRoom(subflow, length);
    this.#mappings.push({ ...range, subflow });
    subflow.queued += length;
    subflow.dataEnd = Math.max(subflow.dataEnd, range.end);
    this.log.push(`${reason} ${subflow.id} ${range.start} ${range.end}`);
    return length;
  }

  #judgeRank(subflow: FakeSubflow): void {
    const others = this.subflows.filter((it) => !it.stale);
    const { stale, backup } = SCHEDULER_RULES;
    this.#judge(stale, !subflow.stale || others.length === 0, () => `subflow ${subflow.id} is stale`);
    const spared = !subflow.backup || subflow.stale || others.every((it) => it.backup);
    this.#judge(backup, spared, () => `subflow ${subflow.id} is a backup`);
  }

  #judgeRoom(subflow: FakeSubflow, length: number): void {
    const idle = subflow.inFlight === 0 && subflow.queued === 0;
    const allowed = idle ? Math.max(subflow.room, subflow.mss) : subflow.room;
    this.#judge(
      SCHEDULER_RULES.room,
      length <= allowed,
      () => `subflow ${subflow.id} has room for ${allowed} bytes and got ${length}`,
    );
  }

  #takeWaiting(reason: SendReason, bytes: number): Range {
    const wanted = Math.min(bytes, LARGEST_MAPPING);
    if (reason === "reinjection") {
      const first = this.#toReinject.shift();
      if (first === undefined) return { start: 0, end: 0 };
      const end = Math.min(first.end, first.start + wanted);
      if (end < first.end) this.#toReinject.unshift({ start: end, end: first.end });
      return { start: first.start, end };
    }
    const start = this.#next;
    this.#next += Math.min(wanted, this.#waiting(reason));
    return { start, end: this.#next };
  }

  #takeAgain(bytes: number, from: number): Range {
    const onItsWay = from >= this.#unacked && from < this.#next;
    this.#judge(SCHEDULER_RULES.again, onItsWay, () => `offset ${from} is not in ${this.#unacked} to ${this.#next}`);
    if (!onItsWay) return { start: 0, end: 0 };
    return { start: from, end: Math.min(from + Math.min(bytes, LARGEST_MAPPING), this.#next) };
  }

  #carrier(at: number): SubflowView | null {
    if (at < this.#unacked) return null;
    return this.#mappings.findLast((it) => it.start <= at && at < it.end)?.subflow ?? null;
  }

  #penalise(view: SubflowView): void {
    const subflow = this.subflows.find((it) => it === view);
    if (subflow !== undefined) subflow.cwnd = Math.max(subflow.mss, Math.floor(subflow.cwnd / 2));
    this.log.push(`penalty ${view.id}`);
  }
}

function rank(subflow: SubflowView): number {
  return (subflow.stale ? 2 : 0) + (subflow.backup ? 1 : 0);
}
