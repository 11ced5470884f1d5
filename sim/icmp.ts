/**
 * The ICMP errors that routers send (RFC 792, RFC 4443).
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import type { IcmpErrorKind } from "../core/wire/icmp.ts";
import { HEADROOM } from "../core/wire/packet.ts";
import { fillIcmpChecksum } from "../transports/icmp.ts";
import { emitIcmpHeader, IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH } from "../transports/ip.ts";
import type { Frame } from "./frame.ts";

const HEADER_LENGTH = 8;
/** An error is no longer than every link takes (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4). */
const LONGEST = { 4: 576, 6: 1280 } as const;
/** Whom errors come from where a router has no address: RFC 7600 section 4.8 for IPv4, a link-local address for IPv6. */
const NAMELESS = { 4: IpAddress.parse("192.0.0.8"), 6: IpAddress.parse("fe80::1") } as const;

/** Type and code of each error, for either family. */
const CODES: { readonly [kind in IcmpErrorKind]: { readonly 4: Code; readonly 6: Code } } = {
  "too-big": { 4: [3, 4], 6: [2, 0] },
  "network-unreachable": { 4: [3, 0], 6: [1, 0] },
  "host-unreachable": { 4: [3, 1], 6: [1, 3] },
  "protocol-unreachable": { 4: [3, 2], 6: [4, 1] },
  "port-unreachable": { 4: [3, 3], 6: [1, 4] },
  "prohibited": { 4: [3, 13], 6: [1, 1] },
  "time-exceeded": { 4: [11, 0], 6: [3, 0] },
  "parameter-problem": { 4: [12, 0], 6: [4, 0] },
};
type Code = readonly [type: number, code: number];

/** What the error says beside its kind. */
export interface IcmpErrorOptions {
  /** Longest packet that the next link takes, with "too-big". */
  readonly mtu?: number;
  /** Addresses of the router that sends it. */
  readonly from?: readonly IpAddress[];
}

/**
 * The error to send to the source of `frame`, which was not delivered and remains the caller's; null where none may be
 * sent: about an error, or about what went to many (RFC 1122 section 3.2.2).
 */
export function icmpErrorAbout(frame: Frame, kind: IcmpErrorKind, options: IcmpErrorOptions = {}): Frame | null {
  if (frame.protocol === "icmp" || frame.destination.isMulticast()) return null;
  const { family } = frame.source;
  if (frame.isIntact) frame.fillChecksum();
  const error = frame.copy();
  const ipHeaderLength = family === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
  const quoted = Math.min(frame.length, LONGEST[family] - ipHeaderLength - HEADER_LENGTH);
  const [type, code] = CODES[kind][family];
  const { view } = error;
  error.start = HEADROOM;
  error.end = HEADROOM + HEADER_LENGTH + quoted;
  error.bytes.set(frame.bytes.subarray(frame.ipStart, frame.ipStart + quoted), HEADROOM + HEADER_LENGTH);
  view.setUint8(error.start, type);
  view.setUint8(error.start + 1, code);
  // The MTU stands in the lower half of the word for IPv4 and in all of it for IPv6.
  view.setUint32(error.start + 4, options.mtu ?? 0);
  error.destination.copy(frame.source);
  error.source.copy(options.from?.find((address) => address.family === family) ?? NAMELESS[family]);
  error.ecn = 0;
  error.protocol = "icmp";
  error.isIntact = error.hasChecksum = true;
  fillIcmpChecksum(error);
  error.ipStart = emitIcmpHeader(error);
  return error;
}
