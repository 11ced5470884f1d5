/**
 * Answers to segments that belong to no socket (RFC 9293 section 3.10.7.1).
 *
 * @module
 */

import { MP_TCPRST } from "./wire/mptcp.ts";
import type { IpAddress } from "./wire/address.ts";
import { DEFAULT_HOP_LIMIT, type Packet } from "./wire/packet.ts";
import { ACK, FIN, RST, SYN, type TcpHeader } from "./wire/tcp.ts";

/** Resets that wait at most; a flood of stray segments costs no more. */
const MOST_WAITING = 64;

interface Reset {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly reason: number;
}

/** Resets to send to strangers. */
export class StrayResets {
  readonly #waiting: Reset[] = [];

  /** Answers the segment `header` in `packet`; a `reason` of 0 or more adds MP_TCPRST (RFC 8684 section 3.6). */
  answer(packet: Packet, header: TcpHeader, reason = -1): void {
    if ((header.flags & RST) || this.#waiting.length >= MOST_WAITING) return;
    const hasAck = (header.flags & ACK) !== 0;
    const length = header.payloadEnd - header.payloadStart + (header.flags & SYN ? 1 : 0) +
      (header.flags & FIN ? 1 : 0);
    this.#waiting.push({
      source: packet.destination.clone(),
      sourcePort: header.destinationPort,
      destination: packet.source.clone(),
      destinationPort: header.sourcePort,
      sequence: hasAck ? header.acknowledgment : 0,
      acknowledgment: hasAck ? 0 : (header.sequence + length) >>> 0,
      flags: hasAck ? RST : RST | ACK,
      reason,
    });
  }

  /** Writes the next reset into `packet`; false if there is none. */
  pollTransmit(packet: Packet, header: TcpHeader): boolean {
    const reset = this.#waiting.shift();
    if (reset === undefined) return false;
    header.options.reset();
    header.sourcePort = reset.sourcePort;
    header.destinationPort = reset.destinationPort;
    header.sequence = reset.sequence;
    header.acknowledgment = reset.acknowledgment;
    header.flags = reset.flags;
    header.window = 0;
    if (reset.reason >= 0) {
      const { mptcp } = header.options;
      mptcp.present |= MP_TCPRST;
      mptcp.resetFlags = 0;
      mptcp.resetReason = reset.reason;
    }
    packet.end = header.emit(packet.view, packet.start);
    packet.source.copy(reset.source);
    packet.destination.copy(reset.destination);
    packet.segmentSize = packet.ecn = packet.dscp = 0;
    packet.hopLimit = DEFAULT_HOP_LIMIT;
    return true;
  }
}
