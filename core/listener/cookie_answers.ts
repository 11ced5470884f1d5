/**
 * SYN/ACKs on their way out that belong to no connection: each is a cookie, and forgotten when it has left.
 *
 * @module
 */

import { capableFlags, VERSION } from "../meta/handshake.ts";
import { receiveScaleOf } from "../tcp/settings.ts";
import { IpAddress } from "../wire/address.ts";
import { MP_CAPABLE } from "../wire/mptcp.ts";
import type { SocketOptions } from "../meta/options.ts";
import type { Packet } from "../wire/packet.ts";
import { Uint64 } from "../wire/seq.ts";
import { ACK, ECE, SYN, type TcpHeader } from "../wire/tcp.ts";

/** SYN/ACKs that wait at most: more than arrive between two turns of a driver. A SYN beyond that is lost, as on a full link. */
const MOST_WAITING = 256;

/** One SYN/ACK. */
export class CookieAnswer {
  readonly local: IpAddress = new IpAddress();
  localPort = 0;
  readonly remote: IpAddress = new IpAddress();
  remotePort = 0;
  /** Options of the listener. */
  options!: SocketOptions;
  /** Sequence number of the SYN. */
  clientSequence = 0;
  /** The cookie. */
  sequence = 0;
  /** Window field. */
  window = 0;
  /** MSS option. */
  maximumSegmentSize = 0;
  /** Both ends use timestamps, so that options can be agreed on. */
  hasTimestamp = false;
  timestampValue = 0;
  timestampEcho = 0;
  /** See `hasTimestamp`. */
  usesScaling = false;
  /** See `hasTimestamp`. */
  usesSack = false;
  /** See `hasTimestamp`. */
  usesEcn = false;
  /** Both ends speak Multipath TCP. */
  isCapable = false;
  /** MP_CAPABLE flag A. */
  usesChecksums = false;
  /** Key of this end. */
  readonly key: Uint64 = new Uint64();
}

/** Those that wait, in a ring of places that are used again. */
export class CookieAnswers {
  readonly #places: CookieAnswer[] = [];
  #first = 0;
  #count = 0;

  /** A place to fill in for the next to wait, or null if too many do. */
  take(): CookieAnswer | null {
    if (this.#count === MOST_WAITING) return null;
    const at = (this.#first + this.#count++) % MOST_WAITING;
    return this.#places[at] ??= new CookieAnswer();
  }

  /** Writes the next into `packet`; false if there is none. */
  pollTransmit(packet: Packet, header: TcpHeader): boolean {
    if (this.#count === 0) return false;
    const answer = this.#places[this.#first] as CookieAnswer;
    this.#first = (this.#first + 1) % MOST_WAITING;
    this.#count--;
    header.sourcePort = answer.localPort;
    header.destinationPort = answer.remotePort;
    header.sequence = answer.sequence;
    header.acknowledgment = (answer.clientSequence + 1) >>> 0;
    header.flags = SYN | ACK | (answer.usesEcn ? ECE : 0);
    header.window = answer.window;
    writeOptions(answer, header);
    packet.end = header.emit(packet.view, packet.start);
    packet.source.copy(answer.local);
    packet.destination.copy(answer.remote);
    packet.segmentSize = packet.ecn = 0;
    packet.dscp = answer.options.dscp;
    packet.hopLimit = answer.options.hopLimit;
    return true;
  }
}

function writeOptions(answer: CookieAnswer, { options }: TcpHeader): void {
  options.reset();
  options.maximumSegmentSize = answer.maximumSegmentSize;
  if (answer.usesScaling) options.windowScale = receiveScaleOf(answer.options);
  options.sackPermitted = answer.usesSack;
  options.hasTimestamp = answer.hasTimestamp;
  options.timestampValue = answer.timestampValue;
  options.timestampEcho = answer.timestampEcho;
  if (!answer.isCapable) return;
  const { mptcp } = options;
  mptcp.present |= MP_CAPABLE;
  mptcp.version = VERSION;
  mptcp.capableFlags = capableFlags(answer.options, answer.usesChecksums);
  mptcp.capableLength = 12;
  mptcp.senderKey.copy(answer.key);
}
