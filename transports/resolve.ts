/**
 * From names to addresses.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import { connectionError } from "./errors.ts";

/** The addresses of a name, best first. Rejects when there is no such name, or with the signal's reason. */
export type Resolve = (hostname: string, signal?: AbortSignal) => Promise<readonly IpAddress[]>;

/** The address that the text stands for: a literal (IPv6 with or without brackets) or "localhost"; null for other names. */
export function literalAddress(hostname: string): IpAddress | null {
  if (hostname.toLowerCase() === "localhost") return IpAddress.parse("127.0.0.1");
  const bracketed = hostname.startsWith("[") && hostname.endsWith("]");
  return IpAddress.tryParse(bracketed ? hostname.slice(1, -1) : hostname);
}

/** Understands literals and "localhost" (RFC 6761 section 6.3) and knows no other name. */
export function resolveLiteral(hostname: string): Promise<readonly IpAddress[]> {
  const address = literalAddress(hostname);
  if (address !== null) return Promise.resolve([address]);
  const reason = `Cannot resolve "${hostname}": this host knows no names, give an IP address`;
  return Promise.reject(connectionError("address-not-available", reason));
}
