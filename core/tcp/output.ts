/**
 * The next segment of a socket, derived from its state (RFC 9293 section 3.8).
 *
 * @module
 */

import { copyFromBlocks, referToBlocks } from "../buffer/stream_buffer.ts";
import type { Block } from "../buffer/blocks.ts";
import type { Micros } from "../plugin.ts";
import { MAXIMUM_OPTIONS_LENGTH } from "../wire/options.ts";
import type { Packet } from "../wire/packet.ts";
import { addModulo32 } from "../wire/seq.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, type TcpHeader } from "../wire/tcp.ts";
import { writeAnswer } from "./fast_open.ts";
import type { SegmentKind } from "./hooks.ts";
import { longestPayload } from "./pacing.ts";
import { doubtPathMtu, makeProbe } from "./mtu_probe.ts";
import type { Segment } from "./segment.ts";
import type { TransmitCause } from "./tracer.ts";
import type { TcpSocket } from "./socket.ts";
import { isSynchronized } from "./state.ts";

/** Bytes of a SACK option with one block and its padding, and of each further block. */
const SACK_BASE = 4;
const SACK_BLOCK = 8;

/** Writes the next segment of `socket` into `packet`; false if nothing may or must leave now. */
export function transmit(socket: TcpSocket, packet: Packet, now: Micros): boolean {
  if (socket.isResetDue) return emitReset(socket, packet, now);
  if (socket.refusedSequence >= 0) return emitRefusal(socket, packet, now);
  if (socket.state === "closed") return false;
  if (!isSynchronized(socket.state)) {
    if (socket.isSynDue) return emitSyn(socket, packet, now);
    if (!socket.maySend) return false;
  }
  if (socket.receiver.isGapDue) return emitAck(socket, packet, now);
  const segment = nextSegment(socket, now);
  if (segment !== null) return emitSegment(socket, packet, segment, now);
  if (socket.receiver.isAckDue || socket.isProbeDue || socket.hooks.hasOptionsDue) {
    return emitAck(socket, packet, now);
  }
  return false;
}

/** The segment that the window, pacing and recovery let go now, cut to what fits one packet; or null. */
function nextSegment(socket: TcpSocket, now: Micros): Segment | null {
  const { recovery } = socket;
  const { board } = recovery;
  const { candidate } = recovery;
  if (recovery.isProbeDue) return probeSegment(socket, candidate);
  if (candidate === null || !isAllowed(socket, candidate) || !isGranted(socket, candidate, now)) {
    socket.pacer.noteIdle();
    return null;
  }
  if (now >= socket.pathMtu.expiresAt) doubtPathMtu(socket, now);
  const { mss } = socket;
  const { allowance } = recovery;
  if (socket.pacer.holds(now)) return null;
  if (candidate === board.queue.unsent && makeProbe(socket, candidate, allowance)) return candidate;
  const most = Math.max(Math.min(allowance, longestPayload(socket)), mss);
  if (!candidate.fin) board.cut(candidate, Math.min(most - most % mss, grantedOf(socket, candidate)));
  return candidate;
}

/** Whether the peer's window lets `segment` leave, or the beginning of it; if nothing else will, the peer is asked for more. */
function isGranted(socket: TcpSocket, segment: Segment, now: Micros): boolean {
  if (segment.payload === 0 || grantedOf(socket, segment) > 0) return true;
  socket.requestWindow(now);
  return false;
}

/** How many bytes of `segment` the peer's window lets leave: all where it repeats what was granted before. */
function grantedOf({ mss, sendWindow, recovery: { board } }: TcpSocket, segment: Segment): number {
  if (segment !== board.queue.unsent) return segment.payload;
  return sendWindow.allowance(segment.start, segment.payload, mss, board.outstanding === 0);
}

/** Whether state and window let `segment` leave, or the beginning of it. */
function isAllowed(socket: TcpSocket, segment: Segment): boolean {
  // RFC 9293 section 3.10.4: in SYN-RECEIVED the FIN waits until the connection is established.
  if (socket.state === "syn-received" && (segment.fin || !socket.maySend)) return false;
  const { board, allowance } = socket.recovery;
  return board.pipe === 0 || segment.fin || allowance >= Math.min(segment.length, socket.mss);
}

/** New data if there is any and the peer's window allows it, else the last segment again (RFC 8985 section 7.3). */
function probeSegment(socket: TcpSocket, candidate: Segment | null): Segment | null {
  const { board } = socket.recovery;
  if (candidate !== null && candidate.payload > 0 && grantedOf(socket, candidate) === 0) candidate = null;
  const segment = candidate ?? board.lastOutstanding();
  if (segment === null) {
    socket.recovery.isProbeDue = false;
    return null;
  }
  if (segment.fin || segment.payload <= socket.mss) return segment;
  if (candidate !== null) {
    board.cut(segment, socket.mss);
    return segment;
  }
  board.cut(segment, segment.payload - socket.mss);
  return segment.next;
}

function emitSegment(socket: TcpSocket, packet: Packet, segment: Segment, now: Micros): boolean {
  const { board } = socket.recovery;
  const header = startHeader(socket, "data", segment, segment.fin ? ACK | FIN : ACK, now);
  const isNew = segment === board.queue.unsent;
  if (!segment.fin && segment.end === board.end) header.flags |= PSH;
  if (isNew && !segment.fin) tellReduction(socket, header);
  header.sequence = addModulo32(socket.initialSequence, segment.start);
  finish(socket, packet, header.emit(packet.view, packet.start));
  if (!segment.fin) addPayload(socket, packet, segment);
  packet.ecn = socket.ecn.fieldOfData(isNew && !segment.fin);
  countSent(socket, segment, now);
  socket.pacer.onSent(segment.payload, socket.recovery, now);
  const { tracer } = socket.recovery;
  const cause = tracer && transmitCause(socket, segment);
  socket.recovery.onSent(segment, Math.floor(now / 1000), now);
  if (isNew) socket.sendWindow.settle();
  if (cause !== null) tracer!.segmentSent(segment, cause);
  return true;
}

/** New data says once that the window was reduced, so that the peer ends its echo (RFC 3168 section 6.1.2). */
function tellReduction({ ecn, recovery: { echoAnswer } }: TcpSocket, header: TcpHeader): void {
  if (!echoAnswer.isDue) return;
  echoAnswer.isDue = false;
  if (ecn.isUsed) header.flags |= CWR;
}

function transmitCause({ recovery }: TcpSocket, segment: Segment): TransmitCause {
  if (recovery.isProbeDue) return "loss-probe";
  if (segment === recovery.board.queue.unsent) return recovery.mtuProbe?.covers(segment) ? "mtu-probe" : "new";
  return recovery.state === "loss" ? "timeout" : "lost";
}

function addPayload(socket: TcpSocket, packet: Packet, segment: Segment): void {
  const { source, payload } = segment;
  const block = segment.block as Block;
  const isSuper = payload > socket.mss;
  if (isSuper && !socket.recovery.mtuProbe?.covers(segment)) packet.segmentSize = socket.mss;
  if (isSuper && socket.path.gathers) return referToBlocks(block, source, packet.pieces, payload);
  copyFromBlocks(block, source, packet.bytes, packet.end, payload);
  packet.end += payload;
}

function countSent(socket: TcpSocket, segment: Segment, now: Micros): void {
  const isRepeated = segment !== socket.recovery.board.queue.unsent;
  const parts = segment.payload > socket.mss ? Math.ceil(segment.payload / socket.mss) : segment.payload > 0 ? 1 : 0;
  socket.figures.noteSent(segment.payload, parts, isRepeated, now);
  socket.figures.segmentsSent += Math.max(parts - 1, 0);
  if (!isRepeated) return;
  socket.context.counters.TcpRetransSegs++;
}

function emitAck(socket: TcpSocket, packet: Packet, now: Micros): boolean {
  const header = startHeader(socket, "ack", null, ACK, now);
  const { board } = socket.recovery;
  // A probe repeats a sequence number that the peer has, so that it must answer.
  const offset = socket.isProbeDue ? board.una - 1 : board.nxt;
  socket.recovery.tracer?.controlSent("ack", socket.isProbeDue);
  header.sequence = addModulo32(socket.initialSequence, offset);
  socket.isProbeDue = false;
  finish(socket, packet, header.emit(packet.view, packet.start));
  return true;
}

function emitSyn(socket: TcpSocket, packet: Packet, now: Micros): boolean {
  const isAnswer = socket.state === "syn-received";
  const header = startHeader(socket, isAnswer ? "syn-ack" : "syn", null, isAnswer ? SYN | ACK : SYN, now);
  header.sequence = socket.initialSequence;
  if (!isAnswer) header.flags |= socket.ecn.flagsOfSyn(socket.settings.ecn, socket.synTries);
  else if (socket.ecn.isUsed) header.flags |= ECE;
  header.window = Math.min(socket.hooks.advertiseWindow(), 0xffff);
  socket.recovery.tracer?.controlSent(isAnswer ? "syn-ack" : "syn", false);
  socket.isSynDue = false;
  socket.synSentAt = now;
  const hasData = addFastOpen(socket, header);
  finish(socket, packet, header.emit(packet.view, packet.start));
  if (hasData) socket.fastOpen?.addData(packet);
  return true;
}

/** Adds the option of RFC 7413; true if data may go with it. */
function addFastOpen(socket: TcpSocket, { options }: TcpHeader): boolean {
  if (socket.fastOpenAnswer !== null) {
    writeAnswer(socket.fastOpenAnswer, options);
    socket.receiver.onAckSent();
  }
  return socket.synTries === 0 && socket.fastOpen !== null && socket.fastOpen.writeOption(options);
}

function emitReset(socket: TcpSocket, packet: Packet, now: Micros): boolean {
  const header = startHeader(socket, "reset", null, RST | ACK, now);
  header.sequence = addModulo32(socket.initialSequence, socket.recovery.board.nxt);
  socket.recovery.tracer?.controlSent("reset", false);
  socket.isResetDue = false;
  socket.context.counters.TcpOutRsts++;
  finish(socket, packet, header.emit(packet.view, packet.start));
  return true;
}

function emitRefusal(socket: TcpSocket, packet: Packet, now: Micros): boolean {
  const header = startHeader(socket, "reset", null, RST, now);
  header.sequence = socket.refusedSequence;
  socket.refusedSequence = -1;
  socket.context.counters.TcpOutRsts++;
  finish(socket, packet, header.emit(packet.view, packet.start));
  return true;
}

/** Fills the stack's header with what all segments share; the caller sets the sequence number. */
function startHeader(
  socket: TcpSocket,
  kind: SegmentKind,
  segment: Segment | null,
  flags: number,
  now: Micros,
): TcpHeader {
  const header = socket.context.emitted;
  const { options } = header;
  const { receiver } = socket;
  options.reset();
  header.sourcePort = socket.path.localPort;
  header.destinationPort = socket.path.remotePort;
  header.flags = flags;
  header.acknowledgment = flags & ACK ? addModulo32(socket.peerSequence, receiver.next) : 0;
  header.window = Math.min(socket.hooks.advertiseWindow() >> socket.receiveScale, 0xffff);
  if (kind === "syn" || kind === "syn-ack") writeSynOptions(socket, kind);
  if (socket.usesTimestamps) {
    options.hasTimestamp = true;
    options.timestampValue = socket.timestamp(now);
    options.timestampEcho = flags & ACK ? socket.peerClock.recent : 0;
  }
  socket.hooks.writeOptions(options, kind, segment, now);
  if (socket.settings.exchangeUserTimeout) socket.userTimeouts.writeOption(socket.settings, options, kind);
  if (kind === "ack" || kind === "data") {
    header.flags |= socket.ecn.flagsOfAck;
    if (socket.usesSack && receiver.hasSack) writeSack(socket, header, segment === null ? 0 : segment.payload);
    receiver.onAckSent();
  }
  return header;
}

function writeSynOptions(socket: TcpSocket, kind: SegmentKind): void {
  const { options } = socket.context.emitted;
  options.maximumSegmentSize = socket.path.interfaceMss;
  if (kind === "syn" || socket.usesScaling) options.windowScale = socket.receiveScale;
  options.sackPermitted = socket.usesSack;
}

/** As many blocks as the header has room for, and the packet beside `payload` bytes. */
function writeSack(socket: TcpSocket, header: TcpHeader, payload: number): void {
  const { options } = header;
  const room = Math.min(MAXIMUM_OPTIONS_LENGTH, socket.pathMtu.mss - payload) - options.byteLength();
  const most = Math.min(4, Math.floor((room - SACK_BASE) / SACK_BLOCK));
  if (most <= 0) return;
  const { sackEdges } = options;
  options.sackCount = socket.receiver.fillSack(sackEdges, most);
  for (let i = 0; i < 2 * options.sackCount; i++) {
    sackEdges[i] = addModulo32(socket.peerSequence, sackEdges[i] as number);
  }
}

function finish(socket: TcpSocket, packet: Packet, end: number): void {
  packet.end = end;
  packet.source.copy(socket.path.local);
  packet.destination.copy(socket.path.remote);
  packet.segmentSize = 0;
  packet.ecn = 0;
  packet.dscp = socket.settings.dscp;
  packet.hopLimit = socket.settings.hopLimit;
  socket.context.counters.TcpOutSegs++;
  socket.figures.segmentsSent++;
}
