/**
 * What arrives in IP packets, from whomever: TCP segments for the stack, and what is dealt with aside.
 *
 * @module
 */

import type { IpAddress } from "../core/wire/address.ts";
import { IcmpError } from "../core/wire/icmp.ts";
import type { Packet } from "../core/wire/packet.ts";
import { icmpKind, readIcmpError, turnIntoEchoReply } from "./icmp.ts";
import { parseIpPacket, verifyTcpChecksum } from "./ip.ts";

/** What arrived, under the names of the Linux MIB. */
export interface IpInputCounters {
  /** Packets received. */
  IpInReceives: number;
  /** Packets that are no IP packets. */
  IpInHdrErrors: number;
  /** Packets of a protocol that is not spoken here. */
  IpInUnknownProtos: number;
  /** Fragments, which are not reassembled. */
  IpReasmFails: number;
  /** TCP segments whose checksum is wrong. */
  TcpInCsumErrors: number;
  /** ICMP and ICMPv6 messages received. */
  IcmpInMsgs: number;
  /** Messages "unreachable" and "packet too big" received. */
  IcmpInDestUnreachs: number;
  /** Messages "time exceeded" received. */
  IcmpInTimeExcds: number;
  /** Messages "parameter problem" received. */
  IcmpInParmProbs: number;
}

/** Counters of nothing yet. */
export function newIpInputCounters(): IpInputCounters {
  return {
    IpInReceives: 0,
    IpInHdrErrors: 0,
    IpInUnknownProtos: 0,
    IpReasmFails: 0,
    TcpInCsumErrors: 0,
    IcmpInMsgs: 0,
    IcmpInDestUnreachs: 0,
    IcmpInTimeExcds: 0,
    IcmpInParmProbs: 0,
  };
}

/** What to do with a packet: hand the segment to the stack, send the reply that it was turned into, or nothing. */
export type IpVerdict = "segment" | "reply" | "done";

/** Sorts what arrives at one host. Nothing that arrives throws. */
export class IpInput {
  readonly #counters: IpInputCounters;
  readonly #isOwn: (address: IpAddress) => boolean;
  readonly #onError: (error: IcmpError) => void;
  readonly #error = new IcmpError();

  /** `isOwn` knows the addresses of the host; `onError` is told of ICMP errors about segments. */
  constructor(
    counters: IpInputCounters,
    isOwn: (address: IpAddress) => boolean,
    onError: (error: IcmpError) => void,
  ) {
    this.#counters = counters;
    this.#isOwn = isOwn;
    this.#onError = onError;
  }

  /**
   * Takes the IP packet in `packet.view` from `start` to `end`, whose checksums are right with `isTrusted`. Behind a
   * "segment" `packet` bounds it; a "reply" goes from `start` to `packet.end`.
   */
  take(packet: Packet, start: number, end: number, isTrusted: boolean): IpVerdict {
    const counters = this.#counters;
    counters.IpInReceives++;
    switch (parseIpPacket(packet.view, start, end, packet)) {
      case "tcp":
        if (isTrusted || verifyTcpChecksum(packet)) return "segment";
        counters.TcpInCsumErrors++;
        return "done";
      case "icmp":
        return this.#takeIcmp(packet, start, isTrusted);
      case "other":
        counters.IpInUnknownProtos++;
        return "done";
      case "fragment":
        counters.IpReasmFails++;
        return "done";
      default:
        counters.IpInHdrErrors++;
        return "done";
    }
  }

  #takeIcmp(packet: Packet, start: number, isTrusted: boolean): IpVerdict {
    const counters = this.#counters;
    counters.IcmpInMsgs++;
    const kind = icmpKind(packet, isTrusted);
    switch (kind) {
      case "malformed":
        counters.IpInHdrErrors++;
        return "done";
      case "other":
        return "done";
      case "echo-request":
        return this.#isOwn(packet.destination) && turnIntoEchoReply(packet, start) ? "reply" : "done";
      case "time-exceeded":
        counters.IcmpInTimeExcds++;
        break;
      case "parameter-problem":
        counters.IcmpInParmProbs++;
        break;
      default:
        counters.IcmpInDestUnreachs++;
    }
    if (readIcmpError(packet, kind, this.#error)) this.#onError(this.#error);
    return "done";
  }
}
