/**
 * What an ICMP or ICMPv6 error says of a segment that this host sent (RFC 792, RFC 4443).
 *
 * @module
 */

import { IpAddress } from "./address.ts";

/** What may keep a segment from its destination: the kinds of ICMP errors about it. */
export const ICMP_ERROR_KINDS = [
  /** It is longer than the next link takes, and must not be fragmented. */
  "too-big",
  /** No route leads to the network. */
  "network-unreachable",
  /** The host, or the last router before it, does not answer. */
  "host-unreachable",
  /** The host does not speak TCP. */
  "protocol-unreachable",
  /** Nothing listens on the port. */
  "port-unreachable",
  /** A filter forbids it. */
  "prohibited",
  /** It passed more routers than its hop limit allows. */
  "time-exceeded",
  /** Something in its headers is not understood. */
  "parameter-problem",
] as const;

/** What kept a segment from its destination. */
export type IcmpErrorKind = typeof ICMP_ERROR_KINDS[number];

/** An ICMP error, read by a transport for the stack. Mutable, so that one is reused. */
export class IcmpError {
  /** What happened. */
  kind: IcmpErrorKind = "too-big";
  /** Longest IP packet that the next link takes, in bytes, with "too-big"; 0 from a router that does not say (RFC 1191). */
  mtu = 0;
  /** Length of the IP packet that was quoted, in bytes. */
  quotedLength = 0;
  /** Source of the segment: this host. */
  readonly local: IpAddress = new IpAddress();
  /** Its source port. */
  localPort = 0;
  /** Its destination. */
  readonly remote: IpAddress = new IpAddress();
  /** Its destination port. */
  remotePort = 0;
  /** What to tell people of it, where more is known than the kind says; empty otherwise. */
  text = "";
  /** Its sequence number: who does not know what is in flight cannot forge the error (RFC 5927 section 4.1). */
  sequence = 0;
}
