/**
 * A sending connection as far as a scheduler can tell it from a real one, watching what the scheduler does.
 *
 * @module
 */

import type { Env, Micros, Plugin, Scheduler, SendBatch, SendReason, SubflowView } from "../../core/plugin.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { guarded, type Judge, WAKES_AHEAD } from "./property.ts";
import { SendModel } from "./send_model.ts";

/** The rules that {@linkcode SchedulerModel} watches. */
export const SCHEDULER_RULES = {
  ends: "comes to an end when it is asked",
  work: "looks at a bounded number of things when it is asked",
  room: "gives a subflow no more than it has room for",
  usable: "gives data only to subflows that are usable now",
  bytes: "assigns whole bytes",
  again: "sends again only what is on its way",
  ahead: "leaves bytes out only to assign others that wait",
  backup: "leaves backups alone while a regular subflow is usable",
  stale: "leaves stale subflows alone while another is usable",
  progress: "assigns something while a usable subflow has room",
  delivery: "delivers everything while a path works",
} as const;

/** What a scheduler is allowed. */
export interface SchedulerAllowances {
  /** It may leave room unused while something would bring the question back. */
  readonly mayWait: boolean;
}

/** Assignments in one question beyond which the scheduler is taken to run in circles. */
const PATIENCE = 5000;
/** How often one question may look at the batch and at the list of subflows, for each subflow and for each assignment. */
const MOST_LOOKS = 1000;
/** Rounds in which everything is acknowledged and still nothing more arrives. */
const LONGEST_PAUSE = 20;
/** Rounds that the end of a history is watched for. */
const LAST_ROUNDS = 100;

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
  readonly #allowances: SchedulerAllowances;
  readonly #data = new SendModel();
  #looks = 0;
  #now: Micros = 0;
  #nextId = 0;

  /** A connection without subflows or data. */
  constructor(plugin: Plugin<Scheduler>, env: Env, judge: Judge, allowances: SchedulerAllowances) {
    this.#scheduler = plugin.create(env);
    this.#judge = judge;
    this.#allowances = allowances;
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
    this.#data.written += bytes;
    this.#ask();
  }

  /** The peer's window becomes `bytes`; its right edge never moves back. */
  offerWindow(bytes: number): void {
    this.#data.offer(bytes);
    this.#ask();
  }

  /** A subflow sends all that it was given, and the oldest `count` of its mappings are acknowledged. */
  acknowledge(index: number, count: number): void {
    const subflow = this.#pick(index);
    if (subflow !== undefined) this.#acknowledge(subflow, count);
  }

  /** Time passes. */
  pass(duration: Micros): void {
    this.#now += duration;
    this.#ask();
  }

  /** From now on a subflow works, the window is open and everything sent is acknowledged: all has to arrive. */
  finish(): void {
    if (this.subflows.length === 0) this.open({});
    this.offerWindow(1e6);
    let pause = 0;
    for (let round = 0; round < LAST_ROUNDS && this.#data.unacked < this.#data.written; round++) {
      const before = this.#data.unacked;
      for (const subflow of [...this.subflows]) this.#acknowledge(subflow, Infinity);
      this.pass(1_000_000);
      pause = this.#data.unacked > before ? 0 : pause + 1;
      const { unacked } = this.#data;
      this.#judge(SCHEDULER_RULES.delivery, pause < LONGEST_PAUSE, () => `stuck at data offset ${unacked}`);
    }
  }

  #pick(index: number): FakeSubflow | undefined {
    return this.subflows[index % this.subflows.length];
  }

  #acknowledge(subflow: FakeSubflow, count: number): void {
    subflow.inFlight += subflow.queued;
    subflow.queued = 0;
    subflow.inFlight -= this.#data.acknowledge(subflow, count);
    this.#ask();
  }

  #reinject(subflow: FakeSubflow): void {
    this.#data.reinject(subflow);
    subflow.inFlight = 0;
    subflow.queued = 0;
  }

  /** Asks what a connection asks whenever something has happened. */
  #ask(): void {
    if (this.subflows.length === 0) return;
    const data = this.#data;
    if (data.hasReinjections) this.#question("reinjection");
    const redundant = this.#scheduler.redundant === true && data.unacked < data.next;
    if (data.waiting("data") > 0 || redundant) this.#question("data");
    const full = data.windowEnd <= data.next && data.written > data.next;
    if (full && this.subflows.some((it) => it.room > 0)) this.#question("window-limited");
  }

  #question(reason: SendReason): void {
    const offer = this.#offer(reason);
    const progress = { calls: 0, assigned: 0 };
    const batch = this.#batch(reason, progress);
    this.#looks = 0;
    guarded(this.#judge, () => {
      try {
        this.#scheduler.schedule(batch, this.#now);
      } catch (error) {
        if (!(error instanceof Runaway)) throw error;
        this.#judge(SCHEDULER_RULES.ends, false, () => `${PATIENCE} assignments for one question`);
      }
    });
    const isBounded = this.#looks <= MOST_LOOKS * this.subflows.length * (1 + progress.calls);
    this.#judge(SCHEDULER_RULES.work, isBounded, () => `${this.#looks} looks for ${progress.calls} assignments`);
    const wakeAt = this.#scheduler.wakeAt ?? Infinity;
    this.#judge(WAKES_AHEAD, wakeAt > this.#now, () => `wakeAt is ${wakeAt} at ${this.#now}`);
    const expected = offer && !(this.#allowances.mayWait && (wakeAt < Infinity || this.#isBusy()));
    this.#judge(SCHEDULER_RULES.progress, progress.assigned > 0 || !expected, () => `nothing assigned for "${reason}"`);
  }

  /** The question, which counts how often it is looked at. */
  #batch(reason: SendReason, progress: { calls: number; assigned: number }): SendBatch {
    const data = this.#data;
    const look = <T>(value: T): T => {
      this.#looks++;
      return value;
    };
    // Not the subflows themselves: one that is of another kind than those of other tests would be slower for all of them.
    const subflows = new Proxy([...this.subflows], { get: (list, key) => look(Reflect.get(list, key)) });
    return {
      reason,
      get subflows(): readonly SubflowView[] {
        return look(subflows);
      },
      get waiting(): number {
        return look(data.waiting(reason));
      },
      get queued(): number {
        return look(data.queued);
      },
      get unacked(): number {
        return look(data.unacked);
      },
      get next(): number {
        return look(reason === "reinjection" ? data.reinjectionStart : data.next);
      },
      get windowEnd(): number {
        return look(data.windowEnd);
      },
      waitingFrom: (at) => look(data.waitingFrom(at)),
      waitingTo: (at) => look(data.waitingTo(at)),
      assign: (view, bytes, from) => {
        if (++progress.calls > PATIENCE) throw new Runaway();
        const took = this.#assign(reason, view, bytes, from);
        progress.assigned += took;
        return took;
      },
      carrier: (at) => look(data.carrier(at)) ?? null,
      penalise: (view) => this.#penalise(view),
    };
  }

  /** True if there are bytes to assign and a subflow that should take some. */
  #offer(reason: SendReason): boolean {
    const waiting = this.#data.waiting(reason);
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
    const subflow = this.#subflowOf(view);
    this.#judge(SCHEDULER_RULES.usable, subflow !== undefined, () => `assigned to subflow ${view.id}, which is gone`);
    if (!whole || subflow === undefined) return 0;
    this.#judgeRank(subflow);
    const { start, end } = this.#range(reason, bytes, from);
    const length = end - start;
    if (length === 0) return 0;
    this.#judgeRoom(subflow, length);
    this.#data.map({ start, end }, subflow);
    subflow.queued += length;
    subflow.dataEnd = Math.max(subflow.dataEnd, end);
    this.log.push(`${reason} ${subflow.id} ${start} ${end}`);
    return length;
  }

  /** What an assignment takes. */
  #range(reason: SendReason, bytes: number, from: number | undefined): { start: number; end: number } {
    const data = this.#data;
    const next = reason === "reinjection" ? data.reinjectionStart : data.next;
    if (from === undefined || from === next) return data.take(reason, bytes);
    if (from > data.next) {
      const waits = reason === "data" && data.waitingFrom(from) === from && from < data.waitingTo(from);
      this.#judge(SCHEDULER_RULES.ahead, waits, () => `${from} does not wait`);
      return data.take(reason, bytes, from);
    }
    const onItsWay = from >= data.unacked && from < data.next;
    this.#judge(SCHEDULER_RULES.again, onItsWay, () => `offset ${from} is not in ${data.unacked} to ${data.next}`);
    return onItsWay ? data.takeAgain(bytes, from) : { start: 0, end: 0 };
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

  #penalise(view: SubflowView): void {
    const subflow = this.#subflowOf(view);
    if (subflow !== undefined) subflow.cwnd = Math.max(subflow.mss, Math.floor(subflow.cwnd / 2));
    this.log.push(`penalty ${view.id}`);
  }

  #subflowOf(view: SubflowView): FakeSubflow | undefined {
    return this.subflows.find((it) => it === view);
  }
}

function rank(subflow: SubflowView): number {
  return (subflow.stale ? 2 : 0) + (subflow.backup ? 1 : 0);
}
