/**
 * What it says of a destination that the system does not send to it.
 *
 * @module
 */

import type { IcmpErrorKind } from "../../core/wire/icmp.ts";

/** By the name of the error, in the words of ICMP. What is not here says nothing but that a datagram is lost. */
export const SEND_ERROR_KINDS = {
  EMSGSIZE: "too-big",
  ENETUNREACH: "network-unreachable",
  // From the address that the socket is bound to nothing leads there.
  EINVAL: "network-unreachable",
  EADDRNOTAVAIL: "network-unreachable",
  EHOSTUNREACH: "host-unreachable",
  EACCES: "prohibited",
  EPERM: "prohibited",
} as const satisfies Readonly<Record<string, IcmpErrorKind>>;
