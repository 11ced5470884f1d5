/**
 * One TCP socket against segments written as literals over a template.
 *
 * Sequence numbers are offsets: the SYN of each end is 0, its first byte 1.
 *
 * @module
 */

import { BlockPool } from "../../core/buffer/blocks.ts";
import { copyFromBlocks, StreamBuffer } from "../../core/buffer/stream_buffer.ts";
import type { Timed } from "../../core/buffer/timer_heap.ts";
import { Counters } from "../../core/counters.ts";
import type {
  AckSample,
  CongestionController,
  LossKind,
  LossSample,
  Micros,
  SubflowCloseReason,
} from "../../core/plugin.ts";
import type { SegmentKind, TcpHooks, Verdict } from "../../core/tcp/hooks.ts";
import { icmpErrorArrives } from "../../core/tcp/icmp_input.ts";
import { Path } from "../../core/tcp/path.ts";
import { type Segment, SegmentPool } from "../../core/tcp/segment.ts";
import { DEFAULT_TCP_SETTINGS, type TcpSettings } from "../../core/tcp/settings.ts";
import type { TcpContext } from "../../core/tcp/context.ts";
import { TcpSocket } from "../../core/tcp/socket.ts";
import { TimeWaits } from "../../core/tcp/time_waits.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { IcmpError, type IcmpErrorKind } from "../../core/wire/icmp.ts";
import type { TcpOptions } from "../../core/wire/options.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, TcpHeader, URG } from "../../core/wire/tcp.ts";

/** Initial sequence numbers near the wrap, so that every test crosses it. */
const OUR_INITIAL = 0xfffffff0;
const PEER_INITIAL = 0xffffff00;

/** A segment of the peer; what is left out is as in {@linkcode TEMPLATE}. */
export interface PeerSegment {
  /** Letters out of S, A, F, R, P, U, E (ECE), C (CWR). */
  readonly flags?: string;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  readonly payload?: string;
  /** The window field as on the wire. */
  readonly window?: number;
  readonly maximumSegmentSize?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  /** Pairs of our offsets. */
  readonly sack?: readonly (readonly [number, number])[];
  /** TSval and TSecr. */
  readonly timestamps?: readonly [number, number];
  /** ECN field of its IP header. */
  readonly ecn?: number;
}

/** A segment of ours as a literal. */
export interface OurSegment {
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgment?: number;
  readonly payload?: string;
  readonly sack?: readonly (readonly [number, number])[];
  readonly timestamps?: readonly [number, number];
  readonly ecn?: number;
}

const FLAG_LETTERS = [["S", SYN], ["F", FIN], ["R", RST], ["P", PSH], ["A", ACK], ["E", ECE], ["C", CWR], [
  "U",
  URG,
]] as const;

/** A window that a test sets and that writes down what it is told. */
export class FixedController implements CongestionController {
  cwnd = 10_000;
  ssthresh = Infinity;
  pacingRate = Infinity;
  governsRecovery = false;
  holdsBack = false;
  readonly losses: LossKind[] = [];
  readonly acked: number[] = [];
  /** The samples, as they were when they came. */
  readonly samples: AckSample[] = [];
  readonly lost: LossSample[] = [];
  spurious = 0;
  recovered = 0;
  idle = 0;

  onSent(): void {}
  onAck(sample: AckSample): void {
    this.acked.push(sample.acked);
    this.samples.push({ ...sample });
  }
  onSegmentLost(sample: LossSample): void {
    this.lost.push({ ...sample });
  }
  onLoss(kind: LossKind): void {
    this.losses.push(kind);
  }
  onSpurious(): void {
    this.spurious++;
  }
  onRecovered(): void {
    this.recovered++;
  }
  onIdle(): void {
    this.idle++;
  }
}

/** What the peer sends unless a test says otherwise. */
const TEMPLATE = { flags: "A", sequence: 1, acknowledgment: 1, payload: "", window: 65535 } as const;

/** One TCP socket with nothing below it and a layer above that writes down what it is told. */
export class SocketUnderTest implements TcpContext, TcpHooks {
  readonly blocks: BlockPool = new BlockPool();
  readonly segments: SegmentPool = new SegmentPool(this.blocks);
  readonly counters: Counters = new Counters();
  readonly timeWaits: TimeWaits = new TimeWaits(100, this.counters);
  readonly emitted: TcpHeader = new TcpHeader();
  readonly socket: TcpSocket;
  readonly controller: FixedController = new FixedController();
  /** Time in microseconds; a test moves it with {@linkcode pass}. */
  now: Micros = 1_000_000;
  /** What the layer above was told beside bytes. */
  readonly told: string[] = [];
  /** Bytes in order. */
  received = "";
  /** Window that the layer above grants. */
  window = 60_000;
  /** What the layer above says to options. */
  verdict: Verdict = "accept";
  /** Times that the layer above was asked. */
  optionsSeen = 0;
  /** Window edges that came, as offsets of ours. */
  readonly edges: number[] = [];
  /** Called with what comes in order. */
  onData: () => void = () => {};
  isReleased = false;
  readonly optionsLength = 0;
  readonly maySendEarly = true;
  hasOptionsDue = false;

  readonly #stream: StreamBuffer = new StreamBuffer(this.blocks);
  readonly #packet = new Packet(HEADROOM + 70_000);
  #written = 0;
  #sent = "";

  /** `keepAlive` is that of its path. */
  constructor(settings: Partial<TcpSettings> = {}, keepAlive?: Micros) {
    const [local, remote] = ["192.0.2.1", "192.0.2.2"].map((text) => IpAddress.parse(text)) as [IpAddress, IpAddress];
    const path = new Path(local, 40000, remote, 443, 1500, 0, false, keepAlive);
    // Timestamps are off unless asked for, so that literals stay short.
    const all = { ...DEFAULT_TCP_SETTINGS, timestamps: false, ...settings };
    this.socket = new TcpSocket(this, path, all, this, OUR_INITIAL, 0);
    this.socket.recovery.controller = this.controller;
  }

  /** A socket that has opened actively; the peer's MSS is 1000. */
  static established(
    settings: Partial<TcpSettings> = {},
    synAck: PeerSegment = {},
    keepAlive?: Micros,
  ): SocketUnderTest {
    const under = new SocketUnderTest(settings, keepAlive);
    under.socket.connect(under.now);
    under.leaves();
    const timestamps = under.socket.usesTimestamps ? { timestamps: [1, 0] as const } : {};
    under.arrives({
      flags: "SA",
      sequence: 0,
      maximumSegmentSize: 1000,
      sackPermitted: true,
      windowScale: 0,
      ...timestamps,
      ...synAck,
    });
    under.leaves();
    under.told.length = 0;
    return under;
  }

  /** A socket that a peer's SYN has opened. */
  static passive(syn: PeerSegment = {}, settings: Partial<TcpSettings> = {}): SocketUnderTest {
    const under = new SocketUnderTest(settings);
    under.socket.accept(under.#parsed({ flags: "S", sequence: 0, maximumSegmentSize: 1000, ...syn }), under.now);
    return under;
  }

  /** The socket's state. */
  get state(): string {
    return this.socket.state;
  }

  /** A segment of the peer arrives. */
  arrives(segment: PeerSegment): void {
    const header = this.#parsed(segment);
    this.socket.handleSegment(header, this.#packet.bytes, this.now);
  }

  /** An ICMP error quotes the segment at offset `sequence`. */
  hears(kind: IcmpErrorKind, sequence: number, mtu = 0): void {
    const error = new IcmpError();
    error.kind = kind;
    error.mtu = mtu;
    error.sequence = (OUR_INITIAL + sequence) >>> 0;
    icmpErrorArrives(this.socket, error, this.now);
  }

  /** All that leaves now. */
  leaves(): OurSegment[] {
    const left: OurSegment[] = [];
    while (this.leavesOne(left)) {
      if (left.length > 1000) throw new Error("The socket sends for ever");
    }
    return left;
  }

  /** The next segment, appended to `left`; false if there is none. */
  leavesOne(left: OurSegment[]): boolean {
    const packet = this.#packet;
    packet.start = HEADROOM;
    if (!this.socket.pollTransmit(packet, this.now)) return false;
    const header = new TcpHeader();
    if (!header.parse(packet.view, packet.start, packet.end)) throw new Error("The socket sent a malformed segment");
    left.push(this.#literal(header));
    return true;
  }

  /** Time passes; everything that falls due on the way is done, and all that leaves meanwhile is returned. */
  pass(micros: Micros): OurSegment[] {
    const end = this.now + micros;
    const left: OurSegment[] = [];
    while (this.socket.deadline <= end) {
      this.now = Math.max(this.now, this.socket.deadline);
      this.socket.handleTimeout(this.now);
      while (this.leavesOne(left));
    }
    this.now = end;
    return left;
  }

  /** The layer above hands `text` over as one range. */
  sends(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#stream.write(this.#written, bytes, 0, bytes.length);
    this.socket.append(bytes.length, this.#stream.blockAt(this.#written), this.#written);
    this.#written += bytes.length;
    this.#sent += text;
  }

  /** What was given to {@linkcode sends}. */
  get sent(): string {
    return this.#sent;
  }

  /** Gives back what the layer above holds of the stream. */
  releaseStream(): void {
    this.#stream.clear(this.#written);
  }

  // -------------------------------------------------------------------------------------------------- TcpContext

  activate(): void {}
  rearm(_timed: Timed): void {}
  release(): void {
    this.isReleased = true;
  }

  // ---------------------------------------------------------------------------------------------------- TcpHooks

  writeOptions(_options: TcpOptions, _kind: SegmentKind): void {}
  handleOptions(): Verdict {
    this.optionsSeen++;
    return this.verdict;
  }
  handleWindow(_header: TcpHeader, acknowledged: number, window: number): void {
    this.edges.push(acknowledged + window);
  }
  handleData(_offset: number, bytes: Uint8Array, from: number, to: number): void {
    this.received += new TextDecoder().decode(bytes.subarray(from, to));
    this.onData();
  }
  handleEarlySent(length: number): void {
    this.told.push(`early sent: ${length}`);
  }
  handleEarly(length: number): void {
    this.told.push(`early: ${length}`);
  }
  handleFin(): void {
    this.told.push("fin");
  }
  handleAcknowledged(_segment: Segment): boolean {
    return false;
  }
  handleEstablished(): void {
    this.told.push("established");
  }
  handleProgress(): void {}
  handleTimeout(): void {
    this.told.push("timeout");
  }
  handleClosed(reason: SubflowCloseReason): void {
    this.told.push(`closed: ${reason}`);
  }
  acceptableWindow(): number {
    return this.window;
  }
  advertiseWindow(): number {
    return this.window;
  }

  // ------------------------------------------------------------------------------------------------------ helpers

  #parsed(given: PeerSegment): TcpHeader {
    const segment = { ...TEMPLATE, ...given };
    const header = new TcpHeader();
    header.sourcePort = 443;
    header.destinationPort = 40000;
    header.sequence = (PEER_INITIAL + segment.sequence) >>> 0;
    for (const [letter, flag] of FLAG_LETTERS) if (segment.flags.includes(letter)) header.flags |= flag;
    header.acknowledgment = header.flags & ACK ? (OUR_INITIAL + segment.acknowledgment) >>> 0 : 0;
    header.window = segment.window;
    const { options } = header;
    options.maximumSegmentSize = segment.maximumSegmentSize ?? 0;
    options.windowScale = segment.windowScale ?? -1;
    options.sackPermitted = segment.sackPermitted ?? false;
    segment.sack?.forEach(([left, right], i) => {
      options.sackEdges[2 * i] = (OUR_INITIAL + left) >>> 0;
      options.sackEdges[2 * i + 1] = (OUR_INITIAL + right) >>> 0;
      options.sackCount = i + 1;
    });
    if (segment.timestamps !== undefined) {
      options.hasTimestamp = true;
      [options.timestampValue, options.timestampEcho] = segment.timestamps;
    }
    const packet = this.#packet;
    packet.start = HEADROOM;
    const at = header.emit(packet.view, packet.start);
    const payload = new TextEncoder().encode(segment.payload);
    packet.bytes.set(payload, at);
    const parsed = new TcpHeader();
    if (!parsed.parse(packet.view, packet.start, at + payload.length)) throw new Error("The test made a bad segment");
    parsed.ecn = segment.ecn ?? 0;
    return parsed;
  }

  #literal(header: TcpHeader): OurSegment {
    const flags = FLAG_LETTERS.filter(([, flag]) => header.flags & flag).map(([letter]) => letter).join("");
    const { options } = header;
    const payload = new TextDecoder().decode(this.#packet.bytes.subarray(header.payloadStart, header.payloadEnd));
    const sack = Array.from({ length: options.sackCount }, (_, i) =>
      [
        (options.sackEdges[2 * i]! - PEER_INITIAL) | 0,
        (options.sackEdges[2 * i + 1]! - PEER_INITIAL) | 0,
      ] as const);
    return {
      flags,
      sequence: (header.sequence - OUR_INITIAL) | 0,
      ...(header.flags & ACK ? { acknowledgment: (header.acknowledgment - PEER_INITIAL) | 0 } : {}),
      ...(payload.length > 0 ? { payload } : {}),
      ...(sack.length > 0 ? { sack } : {}),
      ...(this.#packet.ecn !== 0 ? { ecn: this.#packet.ecn } : {}),
      ...(options.hasTimestamp ? { timestamps: [options.timestampValue, options.timestampEcho] as const } : {}),
    };
  }
}

/** Reads back what a {@linkcode Segment} carries. */
export function bytesOf(segment: Segment): Uint8Array {
  const bytes = new Uint8Array(segment.payload);
  if (segment.block !== null) copyFromBlocks(segment.block, segment.source, bytes, 0, bytes.length);
  return bytes;
}
