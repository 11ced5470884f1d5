/**
 * From names to addresses.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import { connectionError } from "./errors.ts";

/** The addresses of a name, best first. Rejects when there is no such name, or with the signal's reason. */
export type Resolve = (hostname: string, signal?: AbortSignal) => Promise<readonly IpAddress[]>;

/** Four numbers with dots; the last part of a name is none (RFC 1123 section 2.1). */
const LIKE_IPV4 = /^\d+(\.\d+){3}$/;

/** The address that the text stands for: a literal (IPv6 with or without brackets) or "localhost"; null for other names. */
export function literalAddress(hostname: string): IpAddress | null {
  if (hostname.toLowerCase() === "localhost") return IpAddress.parse("127.0.0.1");
  const bracketed = hostname.startsWith("[") && hostname.endsWith("]");
  return IpAddress.tryParse(bracketed ? hostname.slice(1, -1) : hostname);
}

/** Throws if the text is neither a name nor an address, so that nobody is asked for it. */
export function throwIfMalformed(hostname: string): void {
  const what = `Cannot resolve "${hostname}"`;
  if (LIKE_IPV4.test(hostname)) {
    const reason =
      "it looks like an IPv4 address and is none; each of its numbers must be 0 to 255, without leading zeros";
    throw connectionError("address-not-available", `${what}: ${reason}`);
  }
  if (hostname.includes(":")) {
    const reason = "names have no colon, and it is no IPv6 address; a port goes into `port`, a zone cannot be given";
    throw connectionError("address-not-available", `${what}: ${reason}`);
  }
}

/** Understands literals and "localhost" (RFC 6761 section 6.3) and knows no other name. */
// deno-lint-ignore require-await -- what it throws is to be a rejection.
export async function resolveLiteral(hostname: string): Promise<readonly IpAddress[]> {
  const address = literalAddress(hostname);
  if (address !== null) return [address];
  throwIfMalformed(hostname);
  const reason = `Cannot resolve "${hostname}": this host knows no names, give an IP address`;
  throw connectionError("address-not-available", reason);
}
