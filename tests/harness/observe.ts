/**
 * What passes between the ends of a pair, segment by segment.
 *
 * @module
 */

import type { Packet } from "../../core/wire/packet.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import type { Pair } from "./pair.ts";

/** A segment that passed. */
export interface Observed {
  readonly header: TcpHeader;
  readonly fromClient: boolean;
  /** Its addresses, as "from > to". */
  readonly packet: string;
}

/** Writes down the options of each segment; `edit` may change the segment on its way, or lose it. */
export function observe(
  pair: Pair,
  edit: (header: TcpHeader, fromClient: boolean, packet: Packet) => boolean | void = () => {},
): Observed[] {
  const seen: Observed[] = [];
  pair.filter = (packet: Packet, fromClient) => {
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    seen.push({ header, fromClient, packet: `${packet.source} > ${packet.destination}` });
    const payload = packet.bytes.slice(header.payloadStart, packet.end);
    if (edit(header, fromClient, packet) === false) return false;
    const at = header.emit(packet.view, packet.start);
    packet.bytes.set(payload, at);
    packet.end = at + payload.length;
    return true;
  };
  return seen;
}
