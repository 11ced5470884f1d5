/**
 * Segments that belong to no socket: joins, arrivals at listening ports, strays (RFC 9293 section 3.10.7.1 and .2).
 *
 * @module
 */

import { pathFrom } from "../meta/local_addresses.ts";
import type { Micros } from "../plugin.ts";
import { StrayResets } from "../stray.ts";
import type { InitialNumbers } from "../tcp/initial_numbers.ts";
import { MP_JOIN, RESET_MPTCP_ERROR } from "../wire/mptcp.ts";
import type { Packet } from "../wire/packet.ts";
import { ACK, RST, SYN, type TcpHeader } from "../wire/tcp.ts";
import { Arrivals, type ArrivalsOwner } from "./arrivals.ts";

/** Takes the segments of strangers for one stack, and answers them. */
export class Strangers {
  readonly #owner: ArrivalsOwner;
  readonly #arrivals: Arrivals;
  readonly #resets = new StrayResets();

  /** `secret` has 16 bytes for cookies from `at` on. */
  constructor(owner: ArrivalsOwner, numbers: InitialNumbers, secret: Uint8Array, at: number) {
    this.#owner = owner;
    this.#arrivals = new Arrivals(owner, numbers, secret, at);
  }

  /** Takes the segment `header` in `packet`. */
  handle(packet: Packet, header: TcpHeader, now: Micros): void {
    if (header.flags & RST) return;
    // Neither who cannot be one host, nor who looks for another one, nor who claims to be this one gets an answer
    // (RFC 9293 section 3.9.2.3).
    const isForUs = this.#owner.findAddress(packet.destination) !== undefined;
    if (!isForUs || !packet.source.isUnicast() || this.#claimsToBeUs(packet, header)) {
      this.#owner.counters.IpInAddrErrors++;
      return;
    }
    const isSyn = (header.flags & (SYN | ACK)) === SYN;
    if (isSyn && header.options.mptcp.present & MP_JOIN) return this.#handleJoin(packet, header, now);
    const outcome = isSyn
      ? this.#arrivals.handleSyn(packet, header, now)
      : this.#arrivals.handleAck(packet, header, now);
    if (outcome === "refused") this.#resets.answer(packet, header);
  }

  /** Writes the next answer into `packet`; false if there is none. */
  pollTransmit(packet: Packet, header: TcpHeader): boolean {
    const { counters } = this.#owner;
    if (this.#resets.pollTransmit(packet, header)) counters.TcpOutRsts++;
    else if (!this.#arrivals.pollTransmit(packet, header)) return false;
    counters.TcpOutSegs++;
    return true;
  }

  /** RFC 8684 section 3.2. */
  #handleJoin(packet: Packet, header: TcpHeader, now: Micros): void {
    const { counters } = this.#owner;
    counters.MPTcpExtMPJoinSynRx++;
    const meta = this.#owner.findToken(header.options.mptcp.joinToken);
    if (meta === undefined) {
      counters.MPTcpExtMPJoinNoTokenFound++;
      return this.#resets.answer(packet, header, RESET_MPTCP_ERROR);
    }
    const known = this.#owner.findAddress(packet.destination);
    const path = known && pathFrom(known, header.destinationPort, packet.source, header.sourcePort);
    if (path !== undefined && meta.subflowSet.accept(path, header, now)) return;
    counters.MPTcpExtMPJoinRejected++;
    this.#resets.answer(packet, header, RESET_MPTCP_ERROR);
  }

  /** Where hosts share an address, they do not share a port of it. */
  #claimsToBeUs({ source, destination }: Packet, { sourcePort, destinationPort }: TcpHeader): boolean {
    const known = this.#owner.findAddress(source);
    if (known === undefined) return false;
    return !known.properties.isShared || (sourcePort === destinationPort && source.equals(destination));
  }
}
