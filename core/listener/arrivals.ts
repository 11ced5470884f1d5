/**
 * Strangers at a listening port: SYNs, and third ACKs of those whose SYN was not remembered (RFC 9293 section 3.10.7.2,
 * RFC 4987).
 *
 * @module
 */

import type { Counters } from "../counters.ts";
import { Key } from "../keys.ts";
import type { Listener } from "../listener.ts";
import { firstWindow } from "../meta/buffer_tuning.ts";
import { isCapable } from "../meta/handshake.ts";
import type { KnownAddress } from "../meta/context.ts";
import type { MetaSocket } from "../meta/socket.ts";
import type { Subflow } from "../meta/subflow.ts";
import type { Env, Micros } from "../plugin.ts";
import type { InitialNumbers } from "../tcp/initial_numbers.ts";
import { interfaceMss } from "../tcp/mss.ts";
import { CAPABLE_CHECKSUM, DSS, MP_CAPABLE } from "../wire/mptcp.ts";
import { IpAddress } from "../wire/address.ts";
import type { Packet } from "../wire/packet.ts";
import { addModulo32, Uint64 } from "../wire/seq.ts";
import { CWR, ECE, FIN, SYN, TcpHeader } from "../wire/tcp.ts";
import { hideOptions, restoreOptions } from "./cookie_timestamp.ts";
import { CookieAnswers } from "./cookie_answers.ts";
import { FastOpenGuard } from "./fast_open.ts";
import { type Ends, LONGEST_LIFE, SynCookies } from "./cookies.ts";
import type { Listeners } from "./listeners.ts";

/**
 * What arrivals need of their stack.
 *
 * @internal
 */
export interface ArrivalsOwner {
  readonly env: Env;
  readonly counters: Counters;
  readonly listeners: Listeners;
  /** The address of this host, or undefined. */
  findAddress(address: IpAddress): KnownAddress | undefined;
  /** The connection with this token, or undefined. */
  findToken(token: number): MetaSocket | undefined;
  /** Makes a connection for the SYN in `header`; with a key of its own if none is given. */
  open(listener: Listener, known: KnownAddress, packet: Packet, header: TcpHeader, key: Key | null): MetaSocket;
}

/** What becomes of an arrival. */
export type Outcome =
  /** All is done. */
  | "handled"
  /** It is to be answered with a reset. */
  | "refused";

/** Takes the arrivals of one stack. */
export class Arrivals {
  readonly #owner: ArrivalsOwner;
  readonly #numbers: InitialNumbers;
  readonly #cookies: SynCookies;
  readonly #fastOpen: FastOpenGuard;
  readonly #answers = new CookieAnswers();
  readonly #syn = new TcpHeader();
  readonly #key = new Uint64();
  readonly #ends: { -readonly [name in keyof Ends]: Ends[name] };

  /** `secret` has 16 bytes for cookies from `at` on. */
  constructor(owner: ArrivalsOwner, numbers: InitialNumbers, secret: Uint8Array, at: number) {
    this.#owner = owner;
    this.#numbers = numbers;
    this.#cookies = new SynCookies(secret, at);
    this.#fastOpen = new FastOpenGuard(owner.counters, secret);
    this.#ends = { local: new IpAddress(), localPort: 0, remote: new IpAddress(), remotePort: 0 };
  }

  /** A SYN without ACK and MP_JOIN. */
  handleSyn(packet: Packet, header: TcpHeader, now: Micros): Outcome {
    const { counters } = this.#owner;
    const listener = this.#owner.listeners.find(packet.destination, header.destinationPort);
    const known = listener && this.#owner.findAddress(packet.destination);
    if (known === undefined || listener === undefined) return "refused";
    if (header.options.mptcp.present & MP_CAPABLE) counters.MPTcpExtMPCapableSYNRX++;
    const { isSynQueueFull, limits: { synCookies } } = listener;
    const isForgotten = isSynQueueFull || synCookies === "always";
    if (isForgotten && synCookies === "never") {
      counters.TcpExtTCPReqQFullDrop++;
      counters.TcpExtListenDrops++;
    } else if (listener.isAcceptQueueFull) this.#owner.listeners.noteOverflow();
    else if (isForgotten) this.#sendCookie(listener, known, packet, header, now);
    else {
      const meta = this.#owner.open(listener, known, packet, header, null);
      const tcp = (meta.subflows[0] as Subflow).tcp;
      tcp.fastOpenAnswer = this.#fastOpen.judge(tcp.path, header.options, listener.fastOpen, now);
      tcp.accept(header, now, packet.bytes);
    }
    return "handled";
  }

  /** A segment with ACK and without SYN that belongs to no socket: a third ACK, perhaps, that brings a cookie back. */
  handleAck(packet: Packet, header: TcpHeader, now: Micros): Outcome {
    const { counters } = this.#owner;
    const listener = this.#owner.listeners.find(packet.destination, header.destinationPort);
    const known = listener && this.#owner.findAddress(packet.destination);
    if (known === undefined || listener === undefined || now > listener.cookiesUntil) return "refused";
    const size = this.#check(packet, header, listener, now);
    if (size === 0) {
      counters.TcpExtSyncookiesFailed++;
      return isThirdAck(header) ? "refused" : "handled";
    }
    if (isKeyless(header, listener)) return "handled";
    counters.TcpExtSyncookiesRecv++;
    if (listener.isAcceptQueueFull) {
      this.#owner.listeners.noteOverflow();
      return "handled";
    }
    return this.#restore(listener, known, packet, header, size, now);
  }

  /** Writes the next SYN/ACK with a cookie into `packet`; false if there is none. */
  pollTransmit(packet: Packet, header: TcpHeader): boolean {
    return this.#answers.pollTransmit(packet, header);
  }

  #sendCookie(listener: Listener, known: KnownAddress, packet: Packet, header: TcpHeader, now: Micros): void {
    const { counters } = this.#owner;
    counters.TcpExtTCPReqQFullDoCookies++;
    const answer = this.#answers.take();
    if (answer === null) return void counters.TcpExtListenDrops++;
    counters.TcpExtSyncookiesSent++;
    listener.cookiesUntil = now + LONGEST_LIFE;
    const { options } = header;
    const own = listener.options;
    const ends = this.#endsOf(packet, header);
    answer.local.copy(ends.local);
    answer.localPort = ends.localPort;
    answer.remote.copy(ends.remote);
    answer.remotePort = ends.remotePort;
    answer.options = own;
    answer.clientSequence = header.sequence;
    answer.sequence = this.#cookies.make(ends, header.sequence, options.maximumSegmentSize, now);
    answer.window = Math.min(firstWindow(own), 0xffff);
    answer.maximumSegmentSize = interfaceMss(known.properties.mtu, ends.remote.family);
    // Only timestamps bring back what else was agreed on.
    const hasTimestamp = answer.hasTimestamp = own.timestamps && options.hasTimestamp;
    answer.usesScaling = hasTimestamp && options.windowScale >= 0;
    answer.usesSack = hasTimestamp && own.selectiveAcknowledgments && options.sackPermitted;
    answer.usesEcn = hasTimestamp && own.ecn !== "never" && header.ecn === 0 &&
      (header.flags & (ECE | CWR)) === (ECE | CWR);
    const scale = answer.usesScaling ? options.windowScale : -1;
    answer.timestampValue = hideOptions(this.#clock(ends, now), scale, answer.usesSack, answer.usesEcn);
    answer.timestampEcho = options.timestampValue;
    answer.isCapable = own.multipath && isCapable(options.mptcp, 4);
    answer.usesChecksums = own.checksum || (options.mptcp.capableFlags & CAPABLE_CHECKSUM) !== 0;
    if (answer.isCapable) this.#cookies.writeKey(ends, header.sequence, answer.sequence, answer.key);
  }

  /** The MSS that comes back, or 0 if the segment brings no cookie, or other keys than went with it. */
  #check(packet: Packet, header: TcpHeader, { options: { multipath } }: Listener, now: Micros): number {
    const ends = this.#endsOf(packet, header);
    const client = addModulo32(header.sequence, -1);
    const cookie = addModulo32(header.acknowledgment, -1);
    const size = this.#cookies.check(ends, client, cookie, now);
    const { mptcp } = header.options;
    if (size === 0 || !multipath || (mptcp.present & MP_CAPABLE) === 0) return size;
    this.#cookies.writeKey(ends, client, cookie, this.#key);
    return mptcp.capableLength >= 20 && mptcp.receiverKey.equals(this.#key) ? size : 0;
  }

  /** Makes the connection as if its SYN had been remembered, and lets it take the third ACK. */
  #restore(
    listener: Listener,
    known: KnownAddress,
    packet: Packet,
    header: TcpHeader,
    size: number,
    now: Micros,
  ): Outcome {
    const isMultipath = listener.options.multipath && (header.options.mptcp.present & MP_CAPABLE) !== 0;
    const key = isMultipath ? Key.from(this.#key, this.#owner.env) : null;
    // By chance, or as a replay when the connection lives on over other paths: a client may try again with another SYN.
    if (key !== null && this.#owner.findToken(key.token) !== undefined) return "refused";
    this.#restoreSyn(header, size, listener);
    const meta = this.#owner.open(listener, known, packet, this.#syn, key);
    const tcp = meta.subflows[0]?.tcp;
    if (tcp === undefined) return "refused";
    tcp.initialSequence = addModulo32(header.acknowledgment, -1);
    tcp.accept(this.#syn, now);
    // The SYN/ACK has left, with the window that a new connection has.
    tcp.isSynDue = false;
    tcp.synSentAt = NaN;
    tcp.hooks.advertiseWindow();
    tcp.handleSegment(header, packet.bytes, now);
    // Never without an end: what cannot be established is given up.
    if (tcp.state === "syn-received") tcp.close("refused", now);
    return "handled";
  }

  /** Writes the SYN to which `ack` is the end of the handshake, as far as it is known. */
  #restoreSyn(ack: TcpHeader, size: number, listener: Listener): void {
    const syn = this.#syn;
    const { options } = syn;
    options.reset();
    syn.sourcePort = ack.sourcePort;
    syn.destinationPort = ack.destinationPort;
    syn.sequence = addModulo32(ack.sequence, -1);
    syn.acknowledgment = 0;
    syn.flags = SYN;
    syn.window = ack.window;
    syn.ecn = 0;
    options.maximumSegmentSize = size;
    if (ack.options.hasTimestamp && listener.options.timestamps) {
      options.hasTimestamp = true;
      options.timestampValue = ack.options.timestampValue;
      restoreOptions(ack.options.timestampEcho, syn);
    }
    const { mptcp } = ack.options;
    if ((mptcp.present & MP_CAPABLE) === 0) return;
    options.mptcp.present = MP_CAPABLE;
    options.mptcp.version = mptcp.version;
    options.mptcp.capableFlags = mptcp.capableFlags;
    options.mptcp.capableLength = 4;
  }

  #endsOf(packet: Packet, header: TcpHeader): Ends {
    const ends = this.#ends;
    ends.local = packet.destination;
    ends.localPort = header.destinationPort;
    ends.remote = packet.source;
    ends.remotePort = header.sourcePort;
    return ends;
  }

  /** The clock of timestamps, as the socket has it that may come of this. */
  #clock({ local, localPort, remote, remotePort }: Ends, now: Micros): number {
    const { timestampOffset } = this.#numbers.draw(local, localPort, remote, remotePort, now);
    return addModulo32(Math.floor(now / 1000), timestampOffset);
  }
}

/** Whether a segment can be nothing but a third ACK. What follows one that was lost comes again, from the beginning. */
function isThirdAck({ flags, payloadStart, payloadEnd, options: { mptcp } }: TcpHeader): boolean {
  return payloadEnd === payloadStart && (flags & FIN) === 0 && (mptcp.present & DSS) === 0;
}

/** A DSS without keys has overtaken or lost the segment that carries them, which comes again (RFC 8684 section 3.1). */
function isKeyless({ options: { mptcp } }: TcpHeader, { options: { multipath } }: Listener): boolean {
  return multipath && (mptcp.present & (DSS | MP_CAPABLE)) === DSS;
}
