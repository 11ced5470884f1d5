/**
 * What a peer never confirms is said several times.
 *
 * REMOVE_ADDR and MP_PRIO ride on acknowledgments, which nothing repairs, and have no echo (RFC 8684 sections 3.3.8 and
 * 3.4.2); Linux says them once. To hear the same again changes nothing, so each is repeated, further and further apart:
 * as often as it takes to get through losses, and long enough to outlive the darkness that may have been its reason.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { MAX_TIMEOUT } from "../tcp/rtt.ts";
import type { PathSignals } from "./path_signals.ts";
import type { Subflow } from "./subflow.ts";

/** How often each is said to a peer that may hear it: the last time 127 retransmission timeouts after the first. */
const TIMES = 8;

/** A subflow to say on what is not about one, and does not concern those from the address `except`; null if none is usable. */
export type Carrier = (except: number) => Subflow | null;

interface Reminder {
  /** What it is about: an address identifier, or a subflow. */
  readonly about: number | Subflow;
  readonly backup: boolean;
  /** How often it may yet be said. */
  timesLeft: number;
  /** How often it was said. */
  times: number;
  /** When it is said next; Infinity while there is no subflow to say it on. */
  dueAt: Micros;
}

/** What one connection says several times. */
export class Reminders {
  readonly #signals: PathSignals;
  readonly #carrier: Carrier;
  #all: Reminder[] | null = null;

  /** They leave with `signals`. */
  constructor(signals: PathSignals, carrier: Carrier) {
    this.#signals = signals;
    this.#carrier = carrier;
  }

  /** When the next one is due. */
  get deadline(): Micros {
    let deadline = Infinity;
    for (const { dueAt } of this.#all ?? []) deadline = Math.min(deadline, dueAt);
    return deadline;
  }

  /** This end has the address `id` no more. */
  withdraw(id: number, now: Micros): void {
    this.#add(id, false, now);
  }

  /** `subflow` is backup from now on, or no longer. */
  setBackup(subflow: Subflow, backup: boolean, now: Micros): void {
    this.#add(subflow, backup, now);
  }

  /** What was to be said about `about` is no longer true. */
  cancel(about: number | Subflow): void {
    this.#all = this.#all?.filter((known) => known.about !== about) ?? null;
  }

  /** A subflow has come up: what found none to be said on leaves now. */
  handleSubflow(now: Micros): void {
    for (const reminder of this.#all ?? []) if (reminder.dueAt === Infinity) this.#say(reminder, now);
  }

  /** Says what is due. */
  handleTimeout(now: Micros): void {
    if (this.#all === null) return;
    for (const reminder of this.#all) if (reminder.dueAt <= now) this.#say(reminder, now);
    this.#all = this.#all.filter(({ timesLeft }) => timesLeft > 0);
  }

  #add(about: number | Subflow, backup: boolean, now: Micros): void {
    this.cancel(about);
    const reminder: Reminder = { about, backup, timesLeft: TIMES, times: 0, dueAt: now };
    (this.#all ??= []).push(reminder);
    this.#say(reminder, now);
  }

  #say(reminder: Reminder, now: Micros): void {
    const { about, backup } = reminder;
    const subflow = typeof about === "number" ? this.#carrier(about) : about;
    if (subflow === null) return void (reminder.dueAt = Infinity);
    reminder.dueAt = now + Math.min(subflow.tcp.recovery.rtt.timeout * 2 ** reminder.times++, MAX_TIMEOUT);
    // A path that does not answer just now may be dark: that time does not count.
    if (!subflow.stale) reminder.timesLeft--;
    this.#signals.send(
      subflow,
      typeof about === "number" ? { type: "withdraw", id: about } : { type: "priority", backup },
    );
  }
}
