/**
 * The addresses of a connection and what its path manager does with them.
 *
 * @module
 */

import type {
  LocalAddress,
  Micros,
  PathActions,
  PathEvent,
  PathManager,
  RemoteAddress,
  SubflowView,
} from "../plugin.ts";
import { IpAddress } from "../wire/address.ts";
import { Allowance } from "./allowance.ts";
import type { KnownAddress } from "./context.ts";
import { PathSignals } from "./path_signals.ts";
import { Reminders } from "./reminders.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** Addresses of the peer that are remembered; Linux's limit of ADD_ADDR. */
const MAXIMUM_REMOTE_ADDRESSES = 8;

/** Addresses that are taken at once, and then one in each interval: where to connect to, the peer decides, but not how often. */
const NEWS_AT_ONCE = 16;
/** See above. */
const NEWS_INTERVAL: Micros = 1_000_000;

interface Announcement {
  readonly local: LocalAddress;
  readonly port: number;
  triesLeft: number;
  dueAt: Micros;
  /** It was sent and may yet be echoed: the others wait. */
  isAwaited: boolean;
  /** The peer has it. */
  isEchoed: boolean;
}

/** Path management of one connection: the plug-in's actions, and the options that carry them. */
export class Paths implements PathActions {
  /** When something is to be repeated or the path manager woken. */
  deadline: Micros = Infinity;
  /** The options on their way out. */
  readonly signals: PathSignals;

  readonly #meta: MetaSocket;
  readonly #manager: PathManager;
  readonly #reminders: Reminders;
  readonly #remotes: RemoteAddress[] = [];
  readonly #news = new Allowance(NEWS_AT_ONCE, NEWS_INTERVAL);
  #announcements: Announcement[] | null = null;
  #wakeAt: Micros = Infinity;
  #locals: LocalAddress[] | null = null;
  #now: Micros = 0;
  #isStarted = false;

  /** `manager` decides for the connection `meta`. */
  constructor(meta: MetaSocket, manager: PathManager) {
    this.#meta = meta;
    this.#manager = manager;
    this.signals = new PathSignals(meta);
    this.#reminders = new Reminders(this.signals, (except) => this.#carrier(except));
  }

  /** Addresses of this host under the identifiers of this connection: that of the first subflow is 0. */
  get localAddresses(): readonly LocalAddress[] {
    if (this.#locals !== null) return this.#locals;
    const locals = this.#meta.context.localAddresses.map((known) => this.#describe(known));
    return this.#locals = locals.sort((a, b) => a.id - b.id);
  }

  /** Addresses announced and not withdrawn. */
  get announced(): number {
    return this.#announcements?.length ?? 0;
  }

  get remoteAddresses(): readonly RemoteAddress[] {
    return this.#remotes;
  }

  get subflows(): readonly SubflowView[] {
    return this.#meta.subflows;
  }

  get joinsToPrimaryAllowed(): boolean {
    return this.#meta.joinsToPrimaryAllowed;
  }

  /** The connection is established as multipath. */
  start(isServer: boolean, now: Micros): void {
    const { remote } = this.#meta;
    this.#remotes.unshift({ address: remote.address.toString(), port: remote.port, id: 0 });
    this.#isStarted = true;
    this.tell({ type: "established", isServer }, now);
  }

  /** Tells the path manager, once the connection is established. */
  tell(event: PathEvent, now: Micros): void {
    if (!this.#isStarted || !this.#meta.isMultipath) return;
    this.#now = now;
    this.#manager.onEvent(event, this, now);
    this.#updateDeadline();
  }

  /** Lets a program act as the path manager does when it is told something. */
  act<T>(action: (actions: PathActions) => T, now: Micros): T {
    this.#now = now;
    const result = action(this);
    this.#updateDeadline();
    return result;
  }

  /** An address of this host came or went. */
  handleLocalChange(type: "local-address-up" | "local-address-down", known: KnownAddress, now: Micros): void {
    this.#locals = null;
    this.tell({ type, address: this.#describe(known) }, now);
  }

  open(local: LocalAddress, remote: RemoteAddress, options?: { readonly backup?: boolean }): boolean {
    const isOpen = this.#meta.subflowSet.open(local, remote, options?.backup ?? local.backup, this.#now);
    if (isOpen) this.#reminders.cancel(local.id);
    return isOpen;
  }

  close(view: SubflowView): void {
    this.#meta.subflowSet.end(view as Subflow, this.#now);
  }

  setBackup(view: SubflowView, backup: boolean): void {
    const subflow = view as Subflow;
    if (subflow.isLocalBackup === backup) return;
    subflow.isLocalBackup = backup;
    this.#reminders.setBackup(subflow, backup, this.#now);
    this.#updateDeadline();
  }

  announce(local: LocalAddress, port = 0): void {
    const announcements = this.#announcements ??= [];
    if (announcements.some((known) => known.local.id === local.id)) return;
    this.#reminders.cancel(local.id);
    const { announceRetries } = this.#meta.options;
    const triesLeft = announceRetries + 1;
    announcements.push({ local, port, triesLeft, dueAt: this.#now, isAwaited: false, isEchoed: false });
    this.#repeatAnnouncements(this.#now);
  }

  withdraw(local: LocalAddress): void {
    const announcements = this.#announcements ?? [];
    const index = announcements.findIndex((known) => known.local.id === local.id);
    if (index >= 0) announcements.splice(index, 1);
    this.#reminders.withdraw(local.id, this.#now);
    this.#repeatAnnouncements(this.#now);
  }

  wakeAt(time: Micros): void {
    this.#wakeAt = time;
    this.#updateDeadline();
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    this.#reminders.handleTimeout(now);
    this.#repeatAnnouncements(now);
    if (this.#wakeAt > now) return this.#updateDeadline();
    this.#wakeAt = Infinity;
    this.tell({ type: "timer" }, now);
    this.#updateDeadline();
  }

  /** The peer announced an address (RFC 8684 section 3.4.1). */
  handleAnnouncement(subflow: Subflow, id: number, address: IpAddress, port: number, now: Micros): void {
    const text = address.toString();
    const known = this.#remotes.findIndex((remote) => remote.id === id);
    const announced: RemoteAddress = { address: text, port: port === 0 ? this.#meta.remote.port : port, id };
    const old = this.#remotes[known];
    const isNews = old === undefined || (id !== 0 && (old.address !== text || old.port !== announced.port));
    if (isNews && !this.#news.take(now)) {
      // Without an echo it comes again.
      this.#meta.context.counters.MPTcpExtAddAddrDrop++;
      return;
    }
    this.signals.send(subflow, { type: "echo", id, address: address.clone(), port });
    if (known >= 0) {
      if (!isNews) return;
      this.#remotes[known] = announced;
    } else if (this.#remotes.length > MAXIMUM_REMOTE_ADDRESSES) {
      this.#meta.context.counters.MPTcpExtAddAddrDrop++;
      return;
    } else this.#remotes.push(announced);
    this.tell({ type: "announced", address: announced }, now);
    this.#meta.emit({ type: "address-announced", address: announced });
  }

  /** The peer has our announcement. */
  handleEcho(id: number, now: Micros): void {
    const announcement = this.#announcements?.find((known) => known.local.id === id);
    if (announcement !== undefined) {
      announcement.dueAt = Infinity;
      announcement.isAwaited = false;
      announcement.isEchoed = true;
    }
    this.#repeatAnnouncements(now);
  }

  /** The peer withdrew an address, for the first time or again: its subflows go (RFC 8684 section 3.4.2). */
  handleRemoval(id: number, now: Micros): void {
    const index = this.#remotes.findIndex((remote) => remote.id === id);
    const gone = this.#meta.subflows.filter(({ remoteAddressId }) => remoteAddressId === id);
    if (index < 0 && gone.length === 0) return;
    if (index >= 0) this.#remotes.splice(index, 1);
    for (const subflow of gone) {
      this.#meta.context.counters.MPTcpExtRmSubflow++;
      subflow.tcp.abort("address-removed", now);
    }
    this.tell({ type: "removed", addressId: id }, now);
    this.#meta.emit({ type: "address-removed", addressId: id });
  }

  /** A subflow came up: what found none to leave on leaves now. */
  handleSubflow(now: Micros): void {
    this.#reminders.handleSubflow(now);
    for (const announcement of this.#announcements ?? []) {
      const isStuck = announcement.dueAt === Infinity && !announcement.isEchoed && announcement.triesLeft > 0;
      if (isStuck) announcement.dueAt = now;
    }
    this.#repeatAnnouncements(now);
  }

  /** A subflow is gone: what waited for it goes elsewhere or is repeated later. */
  forget(subflow: Subflow): void {
    this.signals.forget(subflow);
    this.#reminders.cancel(subflow);
  }

  #describe(known: KnownAddress): LocalAddress {
    const id = known.address.equals(this.#meta.local.address) ? 0 : known.id;
    return { address: known.address.toString(), id, backup: known.properties.backup ?? false };
  }

  /** A subflow for path options: one that makes progress and does not start from the address `except`, if possible. */
  #carrier(except = -1): Subflow | null {
    const usable = this.#meta.subflows.filter((subflow) => subflow.usable);
    return usable.find((subflow) => !subflow.stale && subflow.localAddressId !== except) ??
      usable.find((subflow) => subflow.localAddressId !== except) ?? usable[0] ?? null;
  }

  /** One at a time, those tried least first: Linux drops an announcement that comes while it handles another. */
  #repeatAnnouncements(now: Micros): void {
    const announcements = this.#announcements ?? [];
    for (const announcement of announcements) if (announcement.dueAt <= now) announcement.isAwaited = false;
    while (!announcements.some(({ isAwaited }) => isAwaited)) {
      const due = announcements.filter(({ dueAt }) => dueAt <= now);
      const [announcement] = due.sort((a, b) => b.triesLeft - a.triesLeft);
      if (announcement === undefined) break;
      const carrier = this.#carrier();
      if (announcement.triesLeft <= 0 || carrier === null) {
        announcement.dueAt = Infinity;
        continue;
      }
      announcement.triesLeft--;
      announcement.dueAt = now + this.#meta.options.announceTimeout;
      announcement.isAwaited = true;
      const { local, port } = announcement;
      this.signals.send(carrier, { type: "announce", id: local.id, address: IpAddress.parse(local.address), port });
    }
    this.#updateDeadline();
  }

  #updateDeadline(): void {
    let deadline = Math.min(this.#wakeAt, this.#reminders.deadline);
    const announcements = this.#announcements ?? [];
    const awaited = announcements.find(({ isAwaited }) => isAwaited);
    if (awaited !== undefined) deadline = Math.min(deadline, awaited.dueAt);
    else for (const { dueAt } of announcements) deadline = Math.min(deadline, dueAt);
    this.deadline = deadline;
    this.#meta.timers.update();
  }
}
