/**
 * A box in the way: it sees each TCP segment between a host and a device, and may change it or keep it.
 *
 * @module
 */

import { MP_FASTCLOSE } from "../../core/wire/mptcp.ts";
import type { Packet } from "../../core/wire/packet.ts";
import { ACK, SYN, TcpHeader } from "../../core/wire/tcp.ts";
import type { Transport } from "../../mod.ts";

const FIXED_HEADER_LENGTH = 20;
/** Kinds of TCP options; this and the one below are a byte long. */
const NO_OPERATION = 1;
const MPTCP = 30;

/** Looks at a segment, and at `header` for what was read of it; the packet may be changed in place. False keeps it. */
export type Look = (packet: Packet, header: TcpHeader) => boolean | void;

/** What happens in each direction; nothing by default. */
export interface Box {
  /** To what the host sends. */
  readonly up?: Look;
  /** To what the host receives. */
  readonly down?: Look;
}

/** `transport` with a box in front, which makes the TCP checksum right again. */
export function boxed(transport: Transport, { up, down }: Box): Transport {
  const header = new TcpHeader();
  const passes = (packet: Packet, look: Look | undefined): boolean => {
    if (look === undefined || !header.parse(packet.view, packet.start, packet.end)) return true;
    return look(packet, header) !== false;
  };
  /** Looked at, and to be offered again. */
  let waiting: Packet | null = null;
  return {
    open: (events) => transport.open(events),
    receive: () => {
      let packet = transport.receive();
      while (packet !== null && !passes(packet, down)) packet = transport.receive();
      return packet;
    },
    send: (packet) => {
      if (waiting !== packet && !passes(packet, up)) return true;
      const isTaken = transport.send(packet);
      waiting = isTaken ? null : packet;
      return isTaken;
    },
    close: () => transport.close(),
    ...transport.flush && { flush: () => transport.flush!() },
    ...transport.waiter && { waiter: transport.waiter },
  };
}

/**
 * Adds 1 to the bytes of each flow that `isTouched` says, 1 for its first, as often as they pass. A few of these in one mapping
 * always change its checksum, where two bytes that are inverted leave it as it was if they were inverses of each other.
 */
export function incrementing(isTouched: (offset: number) => boolean): Look {
  const starts = new Map<string, number>();
  return (packet, { sourcePort, destinationPort, flags, sequence, payloadStart, payloadEnd }) => {
    const flow = `${packet.source} ${sourcePort} ${packet.destination} ${destinationPort}`;
    if (flags & SYN) starts.set(flow, sequence);
    const first = (sequence - starts.get(flow)!) >>> 0;
    for (let at = payloadStart; at < payloadEnd; at++) {
      if (isTouched(first + at - payloadStart)) packet.bytes[at]!++;
    }
  };
}

/** Lowers the maximum segment size that a SYN announces, as tunnels make boxes do. */
export function clampingMss(size: number): Look {
  return (packet, header) => {
    if (header.options.maximumSegmentSize <= size) return;
    header.options.maximumSegmentSize = size;
    header.emit(packet.view, packet.start);
  };
}

/** Takes the Multipath TCP options out of the segments that are chosen. */
export function strippingMptcp(isChosen: (packet: Packet, header: TcpHeader) => boolean): Look {
  return (packet, header) => {
    if (!isChosen(packet, header)) return;
    const { bytes, start } = packet;
    const end = start + header.headerLength;
    for (let at = start + FIXED_HEADER_LENGTH; at < end;) {
      const length = bytes[at]! <= NO_OPERATION ? 1 : bytes[at + 1]!;
      if (bytes[at] === MPTCP) bytes.fill(NO_OPERATION, at, at + length);
      at += length;
    }
  };
}

/** Moves the mappings of the segments that are chosen behind the data, in the order of the subflow. */
export function misplacingMappings(isChosen: (packet: Packet, header: TcpHeader) => boolean): Look {
  return (packet, header) => {
    const { mptcp } = header.options;
    if (mptcp.mappingBytes === 0 || !isChosen(packet, header)) return;
    mptcp.subflowSequence = (mptcp.subflowSequence + (1 << 20)) >>> 0;
    header.emit(packet.view, packet.start);
  };
}

/** Makes an acknowledgment of a reset with MP_FASTCLOSE: the other form that RFC 8684 section 3.5 allows. */
export function acknowledgingFastclose(): Look {
  return (packet, header) => {
    if ((header.options.mptcp.present & MP_FASTCLOSE) === 0) return;
    header.flags = ACK;
    header.emit(packet.view, packet.start);
  };
}
