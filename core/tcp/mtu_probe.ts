/**
 * Packetization layer path MTU discovery (RFC 4821, RFC 8899): what a subflow finds out about its path where routers keep
 * silent.
 *
 * Full segments that vanish again and again are taken for a black hole: shorter ones leave. From then on one segment of
 * real data at a time is made longer than the rest. If it arrives, all may be that long; if it alone is lost, the path
 * does not take it, and the loss says nothing about congestion.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** Whether a subflow finds the MTU of its path by trying; Linux's tcp_mtu_probing 0, 1 and 2. */
export type MtuProbing = "never" | "after-black-hole" | "always";

/** Timeouts in a row after which segments are taken to vanish for their length; Linux's tcp_retries1. */
const BLACK_HOLE_TIMEOUTS = 3;
/** Losses in company, which may be congestion, that count as one alone (RFC 8899 section 5.1.2). */
const MOST_UNCLEAR = 3;

/** The probe of one subflow; at most one is in flight. */
export class MtuProbe {
  /** Offset of its first byte; -1 while none is in flight. */
  start = -1;
  /** One past its last byte. */
  end = -1;
  /** Size of its packet in bytes. */
  size = 0;
  /** It was delivered. */
  isDelivered = false;
  /** It is believed lost. */
  isLost = false;
  /** Losses of this size of which it is unclear what they mean. */
  unclear = 0;

  /** Whether `segment` is the probe, or a cut of it. */
  covers(segment: Segment): boolean {
    return segment.start >= this.start && segment.end <= this.end;
  }

  /** `segment` was delivered. */
  noteDelivered(segment: Segment): void {
    if (!segment.retransmitted && this.covers(segment)) this.isDelivered = true;
  }

  /** `segment` is believed lost; true if it is the probe, whose loss is no congestion. */
  noteLost(segment: Segment): boolean {
    if (!this.covers(segment)) return false;
    return this.isLost = true;
  }

  /** It leaves as [start, end), in a packet of `size` bytes. */
  begin(start: number, end: number, size: number): void {
    if (size !== this.size) this.unclear = 0;
    this.start = start;
    this.end = end;
    this.size = size;
    this.isDelivered = this.isLost = false;
  }

  /** It is over. */
  clear(): void {
    this.start = this.end = -1;
  }
}

/** Payload that the next probe of `socket` wants, beside its options; 0 if none may leave now. */
export function probePayload(socket: TcpSocket): number {
  const { pathMtu, recovery } = socket;
  if (!pathMtu.isSearching || recovery.state !== "open") return 0;
  const { board, mtuProbe } = recovery;
  if (mtuProbe === null || mtuProbe.start >= 0 || board.lostSegments > 0) return 0;
  const payload = socket.mss + pathMtu.probeSize - pathMtu.size;
  // What follows it shows its loss, and must not have to wait for it.
  return recovery.window >= payload + 2 * socket.mss ? payload : 0;
}

/**
 * Makes `segment`, the next new one, the probe if it is long enough and `allowance` lets it go; false if not. The last one
 * there is shows what it can if it is longer than others may be: short messages find their size again after an outage.
 */
export function makeProbe(socket: TcpSocket, segment: Segment, allowance: number): boolean {
  const wanted = probePayload(socket);
  if (wanted === 0) return false;
  const { recovery, pathMtu, mss } = socket;
  const payload = segment === recovery.board.queue.last ? Math.min(segment.payload, wanted) : wanted;
  if (payload <= mss || segment.payload < payload) return false;
  if (allowance < payload || socket.sendWindow.edge < segment.start + payload) return false;
  recovery.board.cut(segment, payload);
  recovery.mtuProbe?.begin(segment.start, segment.end, pathMtu.size + payload - mss);
  return true;
}

/** An acknowledgment or a timeout has told something: draws the conclusion about the probe, if any. */
export function judgeProbe(socket: TcpSocket, now: Micros): void {
  const { recovery, pathMtu } = socket;
  const probe = recovery.mtuProbe;
  if (probe === null || probe.start < 0) return;
  const isOver = recovery.board.una >= probe.end;
  if (probe.isDelivered) {
    socket.context.counters.TcpExtTCPMTUPSuccess++;
    pathMtu.handleArrived(probe.size, now);
    socket.updateMss();
  } else if (!probe.isLost && !isOver) return;
  else if (recovery.state === "open" || ++probe.unclear >= MOST_UNCLEAR) {
    socket.context.counters.TcpExtTCPMTUPFail++;
    pathMtu.handleLost(probe.size, now);
  }
  probe.clear();
}

/** The retransmission timer of `socket` expired: perhaps not because of congestion. */
export function detectBlackHole(socket: TcpSocket, now: Micros): void {
  const { recovery, pathMtu, settings } = socket;
  const { board, rtt, mtuProbe } = recovery;
  if (mtuProbe !== null && mtuProbe.start >= 0) {
    mtuProbe.isLost = true;
    if (board.una === mtuProbe.start) mtuProbe.unclear = MOST_UNCLEAR;
    judgeProbe(socket, now);
  }
  const head = board.queue.first;
  if (settings.mtuProbing === "never" || head === null) return;
  const length = head.payload + pathMtu.size - socket.mss;
  if (rtt.backoff < BLACK_HOLE_TIMEOUTS || !pathMtu.handleBlackHole(length)) return;
  startSearch(socket, now);
  socket.updateMss();
}

/** What is known of the path is old. */
export function doubtPathMtu(socket: TcpSocket, now: Micros): void {
  socket.pathMtu.expire(socket.settings.mtuProbing !== "never" && socket.usesSack);
  startSearch(socket, now);
  socket.updateMss();
}

/** `socket` is to search from the first segment on, if its settings say so; both ends' MSS are known. */
export function startLow(socket: TcpSocket, now: Micros): void {
  if (socket.settings.mtuProbing !== "always" || !socket.usesSack) return;
  socket.pathMtu.startLow();
  startSearch(socket, now);
  socket.updateMss();
}

/** Without selective acknowledgments the loss of a probe would cost a timeout. */
function startSearch({ pathMtu, recovery, usesSack }: TcpSocket, now: Micros): void {
  if (!pathMtu.isSearching) return;
  if (usesSack) recovery.mtuProbe ??= new MtuProbe();
  else pathMtu.stopSearching(now);
}
