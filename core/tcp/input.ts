/**
 * A segment arrives (RFC 9293 section 3.10.7, with RFC 5961 and RFC 7323 section 5).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { unwrap32 } from "../wire/seq.ts";
import { ACK, FIN, RST, SYN, type TcpHeader } from "../wire/tcp.ts";
import { readAckInput } from "./ack_input.ts";
import { peerMss } from "./mss.ts";
import { judgeProbe, startLow } from "./mtu_probe.ts";
import type { TcpSocket } from "./socket.ts";
import { mayReceive, nextState } from "./state.ts";

/** Lets `socket` take the segment in `header`, whose payload stands in `bytes`. */
export function segmentArrives(socket: TcpSocket, header: TcpHeader, bytes: Uint8Array, now: Micros): void {
  switch (socket.state) {
    case "closed":
      return handleListen(socket, header, bytes, now);
    case "syn-sent":
      return handleSynSent(socket, header, now);
    default:
      return handleOpen(socket, header, bytes, now);
  }
}

/** RFC 9293 section 3.10.7.2, third; the listener has looked at the rest. */
function handleListen(socket: TcpSocket, header: TcpHeader, bytes: Uint8Array, now: Micros): void {
  takeSyn(socket, header, 1, now);
  if (socket.hooks.handleOptions(header, now) !== "accept") return;
  socket.transition("syn", now);
  if (socket.fastOpenAnswer !== null) openEarly(socket, header, bytes, now);
}

/** The SYN in `header` asks for Fast Open (RFC 7413 section 4.2.1). */
function openEarly(socket: TcpSocket, header: TcpHeader, bytes: Uint8Array, now: Micros): void {
  if (!socket.isEarly) return leaveRoom(socket);
  const length = Math.min(header.payloadEnd - header.payloadStart, socket.hooks.advertiseWindow());
  socket.hooks.handleEarly(length, now);
  socket.hooks.handleWindow(header, 1, header.window, now);
  if (length === 0) return;
  socket.receiver.handlePayload(1, bytes, header.payloadStart, header.payloadStart + length, now);
}

/** A cookie and MP_CAPABLE leave no room for timestamps in the SYN/ACK; Linux, too, does without those then. */
function leaveRoom(socket: TcpSocket): void {
  if (socket.fastOpenAnswer?.cookie === null || socket.hooks.optionsLength === 0) return;
  socket.usesTimestamps = false;
  socket.updateMss();
}

/** RFC 9293 section 3.10.7.3. */
function handleSynSent(socket: TcpSocket, header: TcpHeader, now: Micros): void {
  const hasAck = (header.flags & ACK) !== 0;
  const acknowledged = unwrap32(1, (header.acknowledgment - socket.initialSequence) >>> 0);
  if (hasAck && (acknowledged < 1 || acknowledged > 1 + (socket.fastOpen?.sent ?? 0))) return socket.refuse(header);
  if (header.flags & RST) {
    if (!hasAck) return;
    socket.hooks.handleRefusal?.(header);
    return socket.close("reset", now);
  }
  if ((header.flags & SYN) === 0) return;
  takeSyn(socket, header, hasAck ? acknowledged : 1, now);
  if (!hasAck) {
    socket.transition("syn", now);
    socket.isSynDue = true;
    return;
  }
  sampleSyn(socket, now);
  const verdict = socket.hooks.handleOptions(header, now);
  if (verdict === "reset") {
    // The peer has a connection, even if we have none (RFC 8684 section 3.2).
    socket.isResetDue = true;
    return socket.close("refused", now);
  }
  if (verdict === "drop") return;
  socket.timers.stopSyn();
  socket.transition("syn-ack", now);
  socket.receiver.isAckDue = true;
  if (socket.fastOpen !== null) takeEarlyAnswer(socket, header, acknowledged, now);
  socket.hooks.handleWindow(header, acknowledged, header.window, now);
  socket.hooks.handleEstablished(now);
}

/** The SYN/ACK answers a SYN that may have carried data (RFC 7413 section 4.2.2): what it took is not sent again. */
function takeEarlyAnswer(socket: TcpSocket, header: TcpHeader, acknowledged: number, now: Micros): void {
  const { board } = socket.recovery;
  socket.fastOpen?.handleAnswer(socket, header, acknowledged - 1, now);
  socket.fastOpen = null;
  if (acknowledged === 1) return;
  board.una = board.nxt = board.end = acknowledged;
  socket.hooks.handleEarlySent(acknowledged - 1, now);
}

/** Takes over what the peer's SYN says of sequence numbers and options. */
function takeSyn(socket: TcpSocket, header: TcpHeader, acknowledged: number, now: Micros): void {
  const { options } = header;
  socket.peerSequence = header.sequence;
  socket.sendWindow.begin(header.window, acknowledged, now);
  socket.receiver.next = socket.receiver.acknowledged = 1;
  socket.peerMss = peerMss(options.maximumSegmentSize, socket.path.remote.family);
  socket.usesScaling = options.windowScale >= 0;
  socket.sendScale = Math.max(options.windowScale, 0);
  if (!socket.usesScaling) socket.receiveScale = 0;
  socket.usesSack &&= options.sackPermitted;
  socket.usesTimestamps &&= options.hasTimestamp;
  socket.peerClock.take(options.timestampValue, now);
  socket.ecn.handleSyn(header, socket.settings.ecn);
  socket.userTimeouts.take(options);
  socket.updateMss();
  startLow(socket, now);
}

/** RFC 9293 section 3.10.7.4. */
function handleOpen(socket: TcpSocket, header: TcpHeader, bytes: Uint8Array, now: Micros): void {
  const { receiver } = socket;
  const payload = header.payloadEnd - header.payloadStart;
  const start = unwrap32(receiver.next, (header.sequence - socket.peerSequence) >>> 0);
  if (header.flags & SYN) return handleStraySyn(socket, header, start, now);
  if (!passesTimestamps(socket, header, now)) return;
  const length = payload + (header.flags & FIN ? 1 : 0);
  if (!isAcceptable(receiver.next, socket.hooks.acceptableWindow(), start, length)) {
    return handleUnacceptable(socket, header, bytes, start, now);
  }
  if (header.flags & RST) return handleReset(socket, header, start, now);
  if ((header.flags & ACK) === 0) return;
  if (socket.state === "syn-received" && !establish(socket, header, start, now)) return;
  if (!handleAcknowledgment(socket, header, start, now)) return;
  handlePayload(socket, header, bytes, start, now);
}

/** The table of RFC 9293 section 3.10.7.4, first. */
function isAcceptable(next: number, window: number, start: number, length: number): boolean {
  if (length === 0) return window === 0 ? start === next : start >= next && start < next + window;
  if (window === 0) return start + length === next + 1 && start === next;
  return start < next + window && start + length > next;
}

function handleUnacceptable(
  socket: TcpSocket,
  header: TcpHeader,
  bytes: Uint8Array,
  start: number,
  now: Micros,
): void {
  if (header.flags & RST) return;
  if (socket.state === "syn-received") return void (socket.isSynDue = socket.isPassive && start <= 1);
  const { receiver } = socket;
  const payload = header.payloadEnd - header.payloadStart;
  if (socket.state === "time-wait" && (header.flags & FIN)) socket.enterTimeWait(now);
  if (payload > 0 && start + payload <= receiver.next) {
    socket.context.counters.TcpExtTCPDSACKOldSent++;
    receiver.handlePayload(start, bytes, header.payloadStart, header.payloadEnd, now);
  }
  if ((header.flags & ACK) && isAtClosedWindow(socket, start)) handleAcknowledgment(socket, header, start, now);
  // Two ends that answer each other's acknowledgments would never stop; data is repeated no faster than a timer says.
  if (payload > 0 || (header.flags & FIN && start < receiver.next)) socket.requestAck();
  else socket.challenge(now);
}

/**
 * Whether a segment is refused for the closed window alone: then its acknowledgment is taken (RFC 9293 section 3.10.7.4,
 * first). The peer may count the byte of a window probe as sent.
 */
function isAtClosedWindow({ hooks, receiver }: TcpSocket, start: number): boolean {
  return hooks.acceptableWindow() === 0 && (start === receiver.next || start === receiver.next + 1);
}

/** A SYN on an open connection: the peer's answer to our challenge tells a restart from a forgery (RFC 5961 section 4). */
function handleStraySyn(socket: TcpSocket, header: TcpHeader, start: number, now: Micros): void {
  if (socket.state === "syn-received" && start === 0) {
    if (!(header.flags & ACK)) return void (socket.isSynDue = true);
    if (!socket.isPassive && header.acknowledgment === ((socket.initialSequence + 1) >>> 0)) {
      return crossedSyn(socket, header, now);
    }
  }
  socket.challenge(now);
}

/** Both ends opened at once and the peer's SYN/ACK follows its SYN (RFC 9293 figure 7). */
function crossedSyn(socket: TcpSocket, header: TcpHeader, now: Micros): void {
  if (socket.hooks.handleOptions(header, now) !== "accept") return;
  socket.timers.stopSyn();
  socket.transition("syn-acked", now);
  if (socket.isFinQueued) socket.transition("shutdown", now);
  socket.receiver.isAckDue = true;
  socket.hooks.handleWindow(header, 1, header.window, now);
  socket.hooks.handleEstablished(now);
}

/**
 * RFC 5961 section 3: only the exact sequence number resets, or a secret that tells more than that. What was lost before
 * it would otherwise keep a reset from being believed that is sent only once.
 */
function handleReset(socket: TcpSocket, header: TcpHeader, start: number, now: Micros): void {
  if (start !== socket.receiver.next && !socket.hooks.provesReset?.(header)) return socket.challenge(now);
  socket.hooks.handleOptions(header, now);
  if (socket.state === "established" || socket.state === "close-wait") socket.context.counters.TcpEstabResets++;
  socket.close("reset", now);
}

/** PAWS (RFC 7323 section 5.3); false if the segment is too old. */
function passesTimestamps(socket: TcpSocket, header: TcpHeader, now: Micros): boolean {
  if (!socket.usesTimestamps || !header.options.hasTimestamp || (header.flags & RST)) return true;
  if (!socket.peerClock.isPast(header.options.timestampValue, now)) return true;
  socket.context.counters.TcpExtPAWSEstab++;
  if (header.payloadEnd > header.payloadStart) socket.requestAck();
  else socket.challenge(now);
  return false;
}

/** SYN-RECEIVED sees the acknowledgment of its SYN; false if the segment ends here. */
function establish(socket: TcpSocket, header: TcpHeader, start: number, now: Micros): boolean {
  const acknowledged = unwrap32(1, (header.acknowledgment - socket.initialSequence) >>> 0);
  if (acknowledged < 1 || acknowledged > socket.recovery.board.nxt) {
    socket.refuse(header);
    return false;
  }
  // The layer above may need the options of the first segment in order, not of one that overtook it.
  if (start !== socket.receiver.next || socket.hooks.mayEstablish?.() === false) return false;
  const verdict = socket.hooks.handleOptions(header, now);
  if (verdict === "reset") socket.abort("refused", now);
  if (verdict !== "accept") return false;
  sampleSyn(socket, now);
  socket.timers.stopSyn();
  socket.context.counters.TcpPassiveOpens++;
  socket.transition("syn-acked", now);
  if (socket.isFinQueued) socket.transition("shutdown", now);
  socket.hooks.handleEstablished(now);
  return true;
}

/** RFC 9293 section 3.10.7.4, fifth; false if the segment ends here. */
function handleAcknowledgment(socket: TcpSocket, header: TcpHeader, start: number, now: Micros): boolean {
  const { board } = socket.recovery;
  const acknowledged = unwrap32(board.una, (header.acknowledgment - socket.initialSequence) >>> 0);
  if (acknowledged > board.nxt || acknowledged < board.una - socket.sendWindow.largest) {
    // RFC 9293 section 3.10.7.4, fifth, and RFC 5961 section 5: likely forged.
    socket.challenge(now);
    return false;
  }
  takeTimestamp(socket, header, start, now);
  if (header.options.userTimeout > 0) socket.userTimeouts.take(header.options);
  const verdict = socket.hooks.handleOptions(header, now);
  if (verdict === "reset") socket.abort("protocol", now);
  if (verdict !== "accept") return false;
  if (acknowledged >= board.una) {
    socket.recovery.handleAck(acknowledged, readAckInput(socket, header, now), now);
    judgeProbe(socket, now);
    socket.networkError = null;
    const window = header.window << socket.sendScale;
    socket.sendWindow.take(window, acknowledged, start, now);
    socket.hooks.handleWindow(header, acknowledged, window, now);
    socket.hooks.handleProgress(now);
    if (socket.isFinQueued && board.una === board.end) socket.transition("fin-acked", now);
  }
  return true;
}

/** RFC 7323 section 4.3: echo the timestamp of the segment that the next acknowledgment answers. */
function takeTimestamp(socket: TcpSocket, header: TcpHeader, start: number, now: Micros): void {
  if (!socket.usesTimestamps || !header.options.hasTimestamp) return;
  if (start <= socket.receiver.acknowledged) socket.peerClock.take(header.options.timestampValue, now);
}

/** RFC 9293 section 3.10.7.4, seventh and eighth. */
function handlePayload(socket: TcpSocket, header: TcpHeader, bytes: Uint8Array, start: number, now: Micros): void {
  const { receiver } = socket;
  const payload = header.payloadEnd - header.payloadStart;
  const windowEnd = receiver.next + socket.hooks.acceptableWindow();
  if (payload > 0 && mayReceive(socket.state)) {
    const end = Math.min(start + payload, windowEnd);
    if (socket.ecn.handleData(header)) receiver.quicken();
    if (end > start) {
      const isFinInOrder = receiver.handlePayload(
        start,
        bytes,
        header.payloadStart,
        header.payloadStart + (end - start),
        now,
      );
      if (isFinInOrder) return finArrived(socket, now);
    }
  }
  const finAt = start + payload;
  if ((header.flags & FIN) === 0 || finAt > windowEnd) return;
  if (receiver.isFinished) {
    receiver.isAckDue = true;
    if (socket.state === "time-wait") socket.enterTimeWait(now);
  } else if (receiver.handleFin(finAt)) finArrived(socket, now);
}

function finArrived(socket: TcpSocket, now: Micros): void {
  if (socket.state === "closed") return;
  // TIME-WAIT tells the layer above that all is over, so the end of the peer's stream comes first.
  const isLast = nextState(socket.state, "fin") === "time-wait";
  if (isLast) socket.hooks.handleFin(now);
  socket.transition("fin", now);
  if (!isLast) socket.hooks.handleFin(now);
}

function sampleSyn(socket: TcpSocket, now: Micros): void {
  if (socket.synTries > 0 || Number.isNaN(socket.synSentAt)) return;
  const rtt = now - socket.synSentAt;
  socket.recovery.rtt.update(rtt, rtt, now);
}
