/**
 * One subflow of a connection: a TCP socket with its place among the others.
 *
 * @module
 */

import type { Endpoint, Micros, SubflowCloseReason, SubflowView } from "../plugin.ts";
import { probePayload } from "../tcp/mtu_probe.ts";
import type { TcpSocket } from "../tcp/socket.ts";
import type { TcpState } from "../tcp/state.ts";
import type { MetaSocket } from "./socket.ts";
import { figuresOf, type SubflowFigures } from "./subflow_figures.ts";
import type { Verifier } from "./verifier.ts";

/** How a subflow came to be. */
export type SubflowRole =
  /** The first one, opened by this end. */
  | "first-active"
  /** The first one, opened by the peer. */
  | "first-passive"
  /** Joined by this end. */
  | "join-active"
  /** Joined by the peer. */
  | "join-passive";

/** A subflow as its connection, plug-ins and users see it. */
export class Subflow implements SubflowView {
  readonly id: number;
  /** The connection. */
  readonly meta: MetaSocket;
  /** How it came to be. */
  readonly role: SubflowRole;
  /**
   * The transport half; set once when the subflow is made.
   *
   * @internal
   */
  tcp!: TcpSocket;
  localAddressId: number;
  remoteAddressId: number;
  /** This end wants it as backup. */
  isLocalBackup = false;
  /** The peer wants it as backup. */
  isRemoteBackup = false;
  /** Both ends are known to agree that the subflow exists. */
  isConfirmed = false;
  /** It was usable at some time. */
  wasUsable = false;
  /** When it became usable; NaN before. */
  usableAt: Micros = NaN;
  /** When the third ACK of a join is repeated; Infinity once the peer has shown that it arrived. */
  confirmAt: Micros = Infinity;
  /** How often it was. */
  confirmTries = 0;
  /** When something is done about options that are missing on it; Infinity while none are. */
  suspectAt: Micros = Infinity;
  /** The peer was asked to show that options come through. */
  isQuestioned = false;
  /** The path manager was told that it is stale. */
  isStaleTold = false;
  dataEnd = 0;
  /**
   * Bytes that left with our SYN. They are outside of the data sequence space, which begins behind them, as the sequence
   * numbers of mappings do (RFC 8684 appendix B); the offsets of this engine count them.
   */
  earlySent = 0;
  /** Bytes that came with the peer's SYN. */
  earlyReceived = 0;
  /** Why it ended, once it has. */
  closeReason: SubflowCloseReason | null = null;
  /**
   * Checks what arrives; null without checksums.
   *
   * @internal
   */
  verifier: Verifier | null = null;
  /** Data offset from which on what arrived was not right: MP_FAIL of the reset that ends it tells; -1 = none. */
  failedAt: number = -1;
  /** Reason code for MP_TCPRST of a reset that ends it. */
  resetCode = 0;
  /** The reason code of the peer's MP_TCPRST, or -1. */
  resetReason: number = -1;

  #local: Endpoint | null = null;
  #remote: Endpoint | null = null;

  /** The caller sets `tcp` next. */
  constructor(meta: MetaSocket, id: number, role: SubflowRole, localAddressId: number, remoteAddressId: number) {
    this.meta = meta;
    this.id = id;
    this.role = role;
    this.localAddressId = localAddressId;
    this.remoteAddressId = remoteAddressId;
  }

  get local(): Endpoint {
    const { path } = this.tcp;
    return this.#local ??= { address: path.local.toString(), port: path.localPort };
  }

  get remote(): Endpoint {
    const { path } = this.tcp;
    return this.#remote ??= { address: path.remote.toString(), port: path.remotePort };
  }

  /** RFC 9293 section 3.3.2. */
  get state(): TcpState {
    return this.tcp.state;
  }

  /** Whether MP_JOIN made it. */
  get isJoin(): boolean {
    return this.role === "join-active" || this.role === "join-passive";
  }

  /** Whether this end sent the SYN. */
  get isActive(): boolean {
    return this.role === "first-active" || this.role === "join-active";
  }

  get usable(): boolean {
    return (this.isConfirmed || this.role === "first-active") && this.tcp.maySend && !this.tcp.isFinQueued;
  }

  get backup(): boolean {
    return this.isLocalBackup || this.isRemoteBackup;
  }

  get stale(): boolean {
    return this.tcp.recovery.rtt.backoff > 0;
  }

  get mss(): number {
    return probePayload(this.tcp) || this.tcp.mss;
  }

  get cwnd(): number {
    return this.tcp.recovery.window;
  }

  get ssthresh(): number {
    return this.tcp.recovery.controller.ssthresh;
  }

  get inFlight(): number {
    return this.tcp.recovery.board.pipe;
  }

  get queued(): number {
    return this.tcp.recovery.board.queued;
  }

  get room(): number {
    return this.tcp.room;
  }

  get srtt(): Micros {
    return this.tcp.recovery.rtt.smoothed;
  }

  get rttvar(): Micros {
    return this.tcp.recovery.rtt.variation;
  }

  get minRtt(): Micros {
    return this.tcp.recovery.rtt.minimum;
  }

  get pacingRate(): number {
    return this.tcp.recovery.controller.pacingRate;
  }

  get deliveryRate(): number {
    return this.tcp.recovery.rate.rate;
  }

  get inRecovery(): boolean {
    return this.tcp.recovery.state !== "open";
  }

  get bytesSent(): number {
    return this.tcp.figures.bytesSent;
  }

  get bytesAcked(): number {
    return this.tcp.recovery.bytesDelivered;
  }

  get retransmissions(): number {
    return this.tcp.figures.retransmissions;
  }

  /** What plug-ins do not need to see. */
  get figures(): SubflowFigures {
    return figuresOf(this.tcp);
  }

  /** Gives it `length` bytes from data offset `start` on to carry. */
  assign(start: number, length: number): void {
    this.tcp.append(length, this.meta.queue.blockAt(start), start);
    if (start + length > this.dataEnd) this.dataEnd = start + length;
  }

  /** Halves the congestion window on behalf of a scheduler, at most once a round trip. */
  penalise(now: Micros): void {
    this.tcp.recovery.penalise(now);
  }

  /** The data ranges [start, end) that it carries unacknowledged, in no particular order. */
  *carried(): Iterable<readonly [number, number]> {
    for (let s = this.tcp.recovery.board.queue.first; s !== null; s = s.next) {
      if (!s.fin) yield [s.source, s.source + s.payload];
    }
  }

  /** Whether it carries the byte at data offset `at` unacknowledged. */
  carries(at: number): boolean {
    const { board } = this.tcp.recovery;
    for (let s = board.queue.first; s !== null && s !== board.queue.unsent; s = s.next) {
      if (!s.fin && !s.sacked && at >= s.source && at < s.source + s.payload) return true;
    }
    return false;
  }
}
