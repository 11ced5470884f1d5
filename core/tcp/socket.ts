/**
 * One TCP connection: the transport half of a subflow.
 *
 * It knows nothing of Multipath TCP. What it sends comes from the layer above as ranges of that layer's stream, and
 * what it receives in order goes there; see {@linkcode TcpHooks}. Input is taken in `input.ts`, output made in
 * `output.ts`, time kept in `timers.ts`; this file holds the state that all of them work on, and the commands.
 *
 * @module
 */

import type { Block } from "../buffer/blocks.ts";
import type { Timed } from "../buffer/timer_heap.ts";
import type { Micros, SubflowCloseReason } from "../plugin.ts";
import type { Packet } from "../wire/packet.ts";
import { ACK, RST, type TcpHeader } from "../wire/tcp.ts";
import type { TcpContext } from "./context.ts";
import { Ecn } from "./ecn.ts";
import { Figures } from "./figures.ts";
import type { TcpHooks } from "./hooks.ts";
import type { NetworkError } from "./icmp_input.ts";
import { segmentArrives } from "./input.ts";
import { transmit } from "./output.ts";
import type { Path } from "./path.ts";
import { Pacer } from "./pacing.ts";
import { PathMtu } from "./path_mtu.ts";
import { PeerClock } from "./peer_clock.ts";
import { Receiver } from "./receiver.ts";
import { Recovery } from "./recovery.ts";
import { SendWindow } from "./send_window.ts";
import { receiveScaleOf, type TcpSettings } from "./settings.ts";
import type { FastOpenAnswer, FastOpenClient } from "./fast_open.ts";
import { isSynchronized, maySend, nextState, type TcpEvent, type TcpState } from "./state.ts";
import { TcpTimers } from "./timers.ts";
import { UserTimeoutExchange } from "./user_timeout_exchange.ts";

/** Bytes of the timestamps option with its padding. */
export const TIMESTAMPS_LENGTH = 12;
/** Least time between two challenge ACKs of a socket (RFC 5961 section 7); Linux's tcp_invalid_ratelimit. */
const CHALLENGE_INTERVAL: Micros = 500_000;

/** One TCP connection. Fields are shared with `input.ts`, `output.ts` and `timers.ts` and with nobody else. */
export class TcpSocket implements Timed {
  deadline: Micros = Infinity;
  heapIndex = -1;
  /** Next socket with the same hash, in the demultiplexing table. */
  hashNext: TcpSocket | null = null;
  /** In the list of sockets that may have something to send. */
  isActive = false;
  /** See `isActive`. */
  activeNext: TcpSocket | null = null;

  /** RFC 9293 section 3.3.2. */
  state: TcpState = "closed";
  /** The layer above. */
  hooks: TcpHooks;
  /** The ends. */
  readonly path: Path;
  /** See {@linkcode TcpContext}. */
  readonly context: TcpContext;
  /** See {@linkcode TcpSettings}. */
  settings: TcpSettings;
  /** Loss recovery and the segments sent. */
  readonly recovery: Recovery;
  /** The receiving half. */
  readonly receiver: Receiver;

  /** Initial sequence number of this end. */
  initialSequence: number;
  /** Initial sequence number of the peer. */
  peerSequence = 0;
  /** The peer's MSS option, or what holds without one; before the peer's SYN our own. */
  peerMss: number;
  /** Shift of the peer's window fields. */
  sendScale = 0;
  /** Shift of our window fields. */
  receiveScale = 0;
  /** What the peer lets leave. */
  readonly sendWindow: SendWindow = new SendWindow();
  /** Both ends offered window scaling. */
  usesScaling = true;
  /** Both ends offered SACK. */
  usesSack: boolean;
  /** Both ends offered timestamps. */
  usesTimestamps: boolean;
  /** Added to the clock in our timestamps (RFC 7323 section 5.4). */
  readonly timestampOffset: number;
  /** The peer's timestamps. */
  readonly peerClock: PeerClock = new PeerClock();
  /** A SYN or SYN/ACK must leave. */
  isSynDue = false;
  /** This end opened passively. */
  isPassive = false;
  /** A reset must leave. */
  isResetDue = false;
  /** Sequence number of a reset that must leave though the connection stays as it is; -1 = none. */
  refusedSequence = -1;
  /** A segment that asks for an acknowledgment must leave. */
  isProbeDue = false;
  /** FIN follows what is queued. */
  isFinQueued = false;
  /** What it has counted. */
  readonly figures: Figures = new Figures();
  /** Spreads what leaves over time. */
  readonly pacer: Pacer = new Pacer();
  /** When the SYN left last; NaN if that is not known. */
  synSentAt: Micros = 0;
  /** How often the SYN was sent again. */
  synTries = 0;
  /** Data in our SYN; null for none. */
  fastOpen: FastOpenClient | null = null;
  /** What is made of data in the peer's SYN; null for nothing. */
  fastOpenAnswer: FastOpenAnswer | null = null;
  /** How long each end will wait for acknowledgments, as they tell each other. */
  readonly userTimeouts: UserTimeoutExchange = new UserTimeoutExchange();
  /** Congestion marks. */
  readonly ecn: Ecn = new Ecn();
  /** The longest packet that the path takes. */
  readonly pathMtu: PathMtu;
  /** What the network said of the peer since it was last heard of; null for nothing (RFC 1122 section 4.2.3.9). */
  networkError: NetworkError | null = null;
  /** The same, to be read by people. */
  networkErrorText = "";
  /** What it waits for. */
  readonly timers: TcpTimers = new TcpTimers(this);

  #challengedAt: Micros = -Infinity;
  #isOrphan = false;
  #mss = 0;

  /** `initialSequence` and `timestampOffset` are drawn by the stack (RFC 6528). */
  constructor(
    context: TcpContext,
    path: Path,
    settings: TcpSettings,
    hooks: TcpHooks,
    initialSequence: number,
    timestampOffset: number,
  ) {
    this.context = context;
    this.path = path;
    this.settings = settings;
    this.hooks = hooks;
    this.initialSequence = initialSequence;
    this.timestampOffset = timestampOffset;
    this.peerMss = path.interfaceMss;
    this.usesSack = settings.selectiveAcknowledgments;
    this.usesTimestamps = settings.timestamps;
    this.receiveScale = receiveScaleOf(settings);
    this.receiver = new Receiver(context.blocks, path.interfaceMss, (offset, bytes, from, to, now) => {
      this.hooks.handleData(offset, bytes, from, to, now);
    });
    this.recovery = new Recovery(context.segments, context.counters, 0, (s) => this.hooks.handleAcknowledged(s));
    this.recovery.board.una = this.recovery.board.nxt = this.recovery.board.end = 1;
    this.pathMtu = new PathMtu(path.remote.family, path.interfaceMss);
    this.updateMss();
  }

  /** Payload of a full segment, after the options that every data segment carries. */
  get mss(): number {
    return this.#mss;
  }

  /** It takes data though its handshake is not done (RFC 7413). */
  get isEarly(): boolean {
    return this.state === "syn-received" && this.fastOpenAnswer !== null && this.fastOpenAnswer.isAccepted;
  }

  /** True while this end may hand over new bytes to send. */
  get maySend(): boolean {
    return maySend(this.state) || (this.isEarly && this.hooks.maySendEarly);
  }

  /** Bytes that may be assigned now. */
  get room(): number {
    const { board } = this.recovery;
    if (!this.maySend || !this.recovery.takesNew) return 0;
    return Math.max(0, Math.min(this.recovery.window - board.pipe - board.queued, this.sendWindow.edge - board.end));
  }

  /** Recomputes the MSS after the peer's option, the path MTU or the options changed. */
  updateMss(): void {
    this.pathMtu.limit(Math.min(this.peerMss, this.path.interfaceMss));
    const mss = this.pathMtu.mss - (this.usesTimestamps ? TIMESTAMPS_LENGTH : 0) - this.hooks.optionsLength;
    if (mss === this.#mss) return;
    this.#mss = this.recovery.mss = mss;
    (this.recovery.controller as typeof this.recovery.controller | undefined)?.onMss?.(mss);
  }

  /** Opens actively. */
  connect(now: Micros): void {
    this.transition("open");
    this.context.counters.TcpActiveOpens++;
    this.timers.startSyn(now);
  }

  /** Opens passively in answer to the SYN in `header`, whose data stands in `bytes`. */
  accept(header: TcpHeader, now: Micros, bytes: Uint8Array = EMPTY): void {
    this.isPassive = true;
    this.figures.noteReceived(0, false, now);
    segmentArrives(this, header, bytes, now);
    if (this.state === "syn-received") this.timers.startSyn(now);
  }

  /** Takes `length` bytes of the layer above that begin at `source` in `block`. */
  append(length: number, block: Block, source: number): void {
    this.recovery.board.append(length, block, source);
    this.context.activate(this);
  }

  /** Ends the sending direction behind what is queued. */
  shutdown(now: Micros): void {
    if (this.isFinQueued || this.state === "closed") return;
    if (this.state === "syn-sent") return this.close("closed", now);
    this.isFinQueued = true;
    this.recovery.board.appendFin();
    // RFC 9293 section 3.10.4: in SYN-RECEIVED the FIN waits until the connection is established.
    if (this.state !== "syn-received") this.transition("shutdown");
    this.context.activate(this);
  }

  /** Nobody reads any more: the peer's FIN is awaited for a limited time only. */
  orphan(now: Micros): void {
    this.#isOrphan = true;
    if (this.state === "fin-wait-2") this.timers.armExpiry(now);
    this.timers.update();
  }

  /** Sends a reset and closes. */
  abort(reason: SubflowCloseReason, now: Micros): void {
    if (this.state === "closed") return;
    if (this.state !== "syn-sent" && this.state !== "time-wait") this.isResetDue = true;
    this.close(reason, now);
  }

  /** Closes without a word. */
  close(reason: SubflowCloseReason, now: Micros): void {
    if (this.state === "closed") return;
    if (!isSynchronized(this.state)) this.context.counters.TcpAttemptFails++;
    this.state = "closed";
    this.hooks.handleClosed(reason, now);
    this.recovery.board.clear();
    this.recovery.timer.disarm();
    this.pacer.wakeAt = Infinity;
    this.sendWindow.settle();
    this.receiver.clear();
    this.timers.clear();
    this.context.release(this);
    if (this.isResetDue) this.context.activate(this);
  }

  /** Makes an acknowledgment leave. */
  requestAck(): void {
    this.receiver.isAckDue = true;
    this.context.activate(this);
  }

  /** Makes a segment leave that the peer must answer, without new data (RFC 9293 sections 3.8.4 and 3.8.6.1). */
  requestProbe(): void {
    this.isProbeDue = true;
    this.context.activate(this);
  }

  /** How many of `length` bytes that follow what it was given the peer's window lets leave; see {@linkcode SendWindow}. */
  allows(length: number): number {
    const { una, end } = this.recovery.board;
    return this.sendWindow.allowance(end, length, this.#mss, una === end);
  }

  /** Something waits that the window does not let leave: unless acknowledgments are to come, the peer is asked for more. */
  requestWindow(now: Micros): void {
    const { una, nxt } = this.recovery.board;
    if (una < nxt) return;
    this.sendWindow.waitForMore(this, now);
    this.timers.update();
  }

  /** Answers an acknowledgment of what was never sent before the connection is synchronized (RFC 9293 section 3.5.2). */
  refuse(header: TcpHeader): void {
    if (header.flags & RST) return;
    this.refusedSequence = header.acknowledgment;
    this.context.activate(this);
  }

  /** An acknowledgment in answer to something suspicious, rate-limited (RFC 5961). */
  challenge(now: Micros): void {
    if (now - this.#challengedAt < CHALLENGE_INTERVAL) return;
    this.#challengedAt = now;
    this.context.counters.TcpExtTCPChallengeACK++;
    this.requestAck();
  }

  /** Takes changed settings over. */
  configure(settings: TcpSettings, now: Micros): void {
    if (this.userTimeouts.changes(this.settings, settings)) this.requestAck();
    this.settings = settings;
    this.timers.restart(now);
  }

  /** A segment for this socket arrived, parsed into `header`, in `bytes`. */
  handleSegment(header: TcpHeader, bytes: Uint8Array, now: Micros): void {
    const payload = header.payloadEnd - header.payloadStart;
    this.figures.noteReceived(payload, (header.flags & ACK) !== 0, now);
    segmentArrives(this, header, bytes, now);
    this.timers.handleReceived(payload > 0, now);
    this.context.activate(this);
    this.timers.update();
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    this.timers.handleTimeout(now);
  }

  /** Writes the next segment into `packet`; false if there is none. */
  pollTransmit(packet: Packet, now: Micros): boolean {
    const isSent = transmit(this, packet, now);
    this.timers.noteUnacknowledged(now);
    this.timers.update();
    return isSent;
  }

  /** Moves to the state that follows `event`, with its consequences. */
  transition(event: TcpEvent, now: Micros = 0): void {
    const previous = this.state;
    const state = this.state = nextState(previous, event);
    if (state === previous) return;
    if (state === "time-wait") this.enterTimeWait(now);
    if (state === "fin-wait-2" && this.#isOrphan) this.timers.armExpiry(now);
    if (state === "closed") {
      this.state = previous;
      this.close("finished", now);
    }
  }

  /** Starts, or starts again, to wait for stray segments to die. */
  enterTimeWait(now: Micros): void {
    this.context.timeWaits.add(this, now);
    this.timers.armExpiry(now);
    this.recovery.board.clear();
    this.recovery.timer.disarm();
    this.hooks.handleClosed("finished", now);
  }

  /** Our clock in milliseconds as it stands in timestamps. */
  timestamp(now: Micros): number {
    return (Math.floor(now / 1000) + this.timestampOffset) >>> 0;
  }
}

const EMPTY = new Uint8Array(0);
