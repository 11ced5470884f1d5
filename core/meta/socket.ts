/**
 * The meta socket: one connection, its byte streams, and the subflows that carry them. What these tell it is taken in
 * `input.ts`.
 *
 * @module
 */

import type { Timed } from "../buffer/timer_heap.ts";
import type { MptcpError } from "../errors.ts";
import { Key } from "../keys.ts";
import type { Micros, Plugin, Scheduler } from "../plugin.ts";
import type { Path } from "../tcp/path.ts";
import { Closing, type MetaState } from "./closing.ts";
import type { MetaContext } from "./context.ts";
import type { ConnectionEvent, ConnectionStats, FallbackCause, SocketAddress } from "./events.ts";
import type { Failure } from "./failure.ts";
import { makePlain } from "./fallback.ts";
import { resolveOptions, type SocketOptions } from "./options.ts";
import { BufferTuning } from "./buffer_tuning.ts";
import { openFirst } from "./opening.ts";
import { Paths } from "./paths.ts";
import { instanceOf } from "./plugins.ts";
import { Reassembly } from "./reassembly.ts";
import type { ConnectionPlugins } from "./requests.ts";
import { Scheduling } from "./scheduling.ts";
import { Repetition } from "./repetition.ts";
import { SendQueue } from "./send_queue.ts";
import { statsOf } from "./stats.ts";
import type { Subflow } from "./subflow.ts";
import { SubflowSet } from "./subflow_set.ts";
import { MetaTimers } from "./timers.ts";
import type { ConnectionTracer } from "./tracing.ts";

export type { MetaState } from "./closing.ts";
export type { SocketOptions } from "./options.ts";
export type { ConnectionPlugins } from "./requests.ts";

const NO_KEY = new Key();
/** A peer can make as many events as it likes. */
const MOST_EVENTS = 1024;

/** One connection. Offsets are of the data stream in each direction: the first byte is 0. */
export class MetaSocket implements Timed {
  deadline: Micros = Infinity;
  heapIndex: number = -1;
  /** In the stack's list of connections with bytes to assign. */
  isActive = false;
  /** See `isActive`. */
  activeNext: MetaSocket | null = null;
  /** In the stack's list of connections that changed. */
  isReady = false;

  /** Unique within the stack. */
  readonly id: number;
  /**
   * See {@linkcode MetaContext}.
   *
   * @internal
   */
  readonly context: MetaContext;
  /** Whether the peer opened it. */
  readonly isServer: boolean;
  /**
   * What was written.
   *
   * @internal
   */
  readonly queue: SendQueue;
  /**
   * What was received.
   *
   * @internal
   */
  readonly reassembly: Reassembly;
  /**
   * Addresses and path manager.
   *
   * @internal
   */
  readonly paths: Paths;
  /** This end of the first subflow. */
  readonly local: SocketAddress;
  /** The other end of the first subflow. */
  readonly remote: SocketAddress;
  /** Picks subflows for data. */
  scheduler: Scheduler;
  /**
   * Key of this end.
   *
   * @internal
   */
  readonly localKey: Key;
  /**
   * Key of the peer; zero before it is known.
   *
   * @internal
   */
  remoteKey: Key = NO_KEY;
  /** Multipath TCP is in use, or may still come into use. */
  isMultipath: boolean;
  /** The peer sends 8-byte data sequence numbers, so it gets 8-byte acknowledgments. */
  usesLongAcks = false;
  /** Mappings carry checksums, in both directions (RFC 8684 section 3.1). */
  usesChecksums = false;
  /**
   * A checksum was wrong on the only subflow, and the connection is on its way to plain TCP; null otherwise.
   *
   * @internal
   */
  failure: Failure | null = null;
  /** When it was established; NaN before. */
  establishedAt: Micros = NaN;
  /** False if the peer forbade subflows to its first address. */
  joinsToPrimaryAllowed = true;
  /** Why the connection is plain TCP, or null. */
  fallbackCause: FallbackCause | null = null;
  /**
   * Its subflows.
   *
   * @internal
   */
  readonly subflowSet: SubflowSet;
  /**
   * How it ends.
   *
   * @internal
   */
  readonly closing: Closing;
  /**
   * What it waits for.
   *
   * @internal
   */
  readonly timers: MetaTimers;
  /**
   * What it may send again.
   *
   * @internal
   */
  readonly repetition: Repetition = new Repetition(this);
  /**
   * The questions to its scheduler.
   *
   * @internal
   */
  readonly scheduling: Scheduling;
  /**
   * Records what it decides; null when nobody listens.
   *
   * @internal
   */
  readonly tracer: ConnectionTracer | null;

  readonly #tuning = new BufferTuning(this);
  #options: SocketOptions;
  #events: ConnectionEvent[] | null = null;

  /** `path` is that of the first subflow. */
  constructor(
    context: MetaContext,
    id: number,
    isServer: boolean,
    localKey: Key,
    path: Path,
    plugins: ConnectionPlugins,
    options: SocketOptions,
  ) {
    this.context = context;
    this.id = id;
    this.isServer = isServer;
    this.tracer = context.tracing?.begin(this) ?? null;
    this.localKey = localKey;
    this.#options = options;
    this.isMultipath = options.multipath;
    this.local = { address: path.local, port: path.localPort };
    this.remote = { address: path.remote, port: path.remotePort };
    this.queue = new SendQueue(context.blocks);
    this.reassembly = new Reassembly(context.blocks, this.#tuning.receiveLimit);
    this.scheduler = instanceOf("scheduler", plugins.scheduler, context.env);
    this.paths = new Paths(this, instanceOf("pathManager", plugins.pathManager, context.env));
    this.timers = new MetaTimers(this);
    this.closing = new Closing(this);
    this.scheduling = new Scheduling(this);
    this.subflowSet = new SubflowSet(this, instanceOf("congestion", plugins.congestion, context.env));
    const subflow = this.subflowSet.create(path, isServer ? "first-passive" : "first-active", 0, 0);
    if (!options.multipath) makePlain(subflow, "disabled");
  }

  /** See {@linkcode MetaState}. A closed connection may still have bytes to read. */
  get state(): MetaState {
    return this.closing.state;
  }

  /** Why the connection did not end in order, or null. */
  get error(): MptcpError | null {
    return this.closing.error;
  }

  /** The options in force. */
  get options(): SocketOptions {
    return this.#options;
  }

  /** Bytes that `read` would give. */
  get readable(): number {
    return this.reassembly.readable;
  }

  /** All is read and the peer has ended its direction. */
  get readEnded(): boolean {
    const { isFinished, readable, isTorn } = this.reassembly;
    return isFinished && readable === 0 && !isTorn;
  }

  /** Bytes that `write` would take. */
  get writable(): number {
    if (this.writeEnded || this.state === "closed") return 0;
    return Math.max(0, this.#tuning.sendLimit - this.queue.buffered);
  }

  /**
   * Whether it is worth waking somebody who has `length` bytes to write: they fit, or a third of the buffer is free, as
   * on Linux, so that a writer does not run for every acknowledgment.
   */
  isWritable(length: number): boolean {
    return this.writable >= Math.max(1, Math.min(length, this.#tuning.sendLimit / 3));
  }

  /** This end has ended its direction. */
  get writeEnded(): boolean {
    return this.queue.finAt !== Infinity;
  }

  /** Both directions have ended and the peer knows. */
  get isFinished(): boolean {
    return this.queue.isFinished && this.reassembly.isFinished;
  }

  /** Subflows that exist, those being opened included, in order of creation. */
  get subflows(): readonly Subflow[] {
    return this.subflowSet.all;
  }

  // -------------------------------------------------------------------------------------------------- commands

  /** Sends the first SYN; the stream begins with `earlyData`, which may leave with it (RFC 7413). */
  connect(earlyData: Uint8Array | undefined, now: Micros): void {
    if (earlyData !== undefined) this.queue.write(earlyData, earlyData.length);
    openFirst(this.subflows[0] as Subflow, earlyData !== undefined, now);
  }

  /**
   * Takes as many of `bytes` as the send buffer has room for; returns how many. Bytes that are lent are sent from where
   * they lie, and must stay there as they are.
   */
  write(bytes: Uint8Array, _now: Micros, isLent = false): number {
    const length = Math.min(bytes.length, this.writable);
    if (length === 0) return 0;
    this.queue.write(bytes, length, isLent);
    this.activate();
    return length;
  }

  /** Copies received bytes to `into`; returns how many. */
  read(into: Uint8Array, now: Micros): number {
    const length = this.reassembly.read(into);
    if (length > 0) this.#tuning.handleRead(length, now);
    if (this.reassembly.isTorn) this.abort(now);
    return length;
  }

  /** See {@linkcode Reassembly.postRead}. */
  postRead(into: Uint8Array): void {
    this.reassembly.postRead(into);
  }

  /** See {@linkcode Reassembly.cancelRead}. */
  cancelRead(into: Uint8Array, now: Micros): void {
    this.reassembly.cancelRead(into);
    if (this.reassembly.isTorn) this.abort(now);
  }

  /** Ends the writing direction behind what is written. */
  shutdown(now: Micros): void {
    this.closing.shutdown(now);
  }

  /** Ends both directions. Unread bytes make it an abort, so that the peer learns that they were lost. */
  close(now: Micros): void {
    this.closing.close(now);
  }

  /** Ends both directions at once; the peer gets MP_FASTCLOSE or a reset. */
  abort(now: Micros): void {
    this.closing.abort(now);
  }

  /** Changes options; those of subflows reach all of them. */
  setOptions(given: Partial<SocketOptions>, now: Micros): void {
    this.#options = resolveOptions(given, this.#options);
    // Less than one step of the window scale, agreed on in the handshake, could not be expressed.
    const step = 2 ** Math.max(0, ...this.subflows.map(({ tcp }) => tcp.receiveScale));
    this.reassembly.limit = Math.max(this.#tuning.receiveLimit, step);
    for (const subflow of this.subflows) subflow.tcp.configure(this.#options, now);
    this.activate();
  }

  /** Exchanges the scheduler; what is assigned stays where it is. */
  setScheduler(plugin: Plugin<Scheduler>): void {
    this.scheduler = instanceOf("scheduler", plugin, this.context.env);
    this.context.activateMeta(this);
  }

  /** The next event, or undefined. */
  pollEvent(): ConnectionEvent | undefined {
    const event = this.#events?.shift();
    if (this.#events?.length === 0) this.#events = null;
    return event;
  }

  /** Figures as of now. */
  stats(): ConnectionStats {
    return statsOf(this);
  }

  // ----------------------------------------------------------------------------------------- driven by the stack

  /** Assigns what waits to subflows, as the scheduler says. */
  schedule(now: Micros): void {
    this.scheduling.run(now);
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    this.timers.handleTimeout(now);
  }

  /** There may be something to assign. */
  activate(): void {
    if (this.state === "established") this.context.activateMeta(this);
  }

  /** Adds to what `pollEvent` returns; where nobody asks, the oldest is forgotten. */
  emit(event: ConnectionEvent): void {
    const events = this.#events ??= [];
    if (events.length === MOST_EVENTS) events.shift();
    events.push(event);
    this.tracer?.event(event);
    this.context.notify(this);
  }
}
