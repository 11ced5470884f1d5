/**
 * Names as the system knows them.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { IpAddress } from "../core/wire/address.ts";
import { connectionError } from "./errors.ts";
import { literalAddress, throwIfMalformed } from "./resolve.ts";

/**
 * Asks the system as `Deno.connect` does (hosts file, then DNS), and puts the two families in turn (RFC 8305 section 4).
 * Needs permission for the network. Rejects with an error that says which, or with `code` "address-not-available".
 */
export async function resolveBySystem(hostname: string, signal?: AbortSignal): Promise<readonly IpAddress[]> {
  const literal = literalAddress(hostname);
  if (literal !== null) return [literal];
  throwIfMalformed(hostname);
  const looking = lookup(hostname, { all: true, order: "verbatim" }).catch((error) => {
    throw explained(error, hostname);
  });
  const found = await unlessAborted(looking, signal);
  const addresses = found.map(({ address }) => IpAddress.parse(address));
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const longest = Math.max(first.length, second.length);
  return Array.from({ length: longest }, (_, i) => [first[i], second[i]]).flat().filter((address) =>
    address !== undefined
  );
}

/** What the system said, as an error of ours. */
export function explained(error: Error & { readonly code?: string }, hostname: string): Error {
  const what = `Cannot resolve "${hostname}"`;
  if (error.code === "EPERM" || error instanceof Deno.errors.NotCapable) {
    return new Deno.errors.NotCapable(`${what}: no permission; run with --allow-net`);
  }
  if (error.code === "EAI_AGAIN") {
    const reason = "no name server answers now; try again later, or give an IP address";
    return connectionError("address-not-available", `${what}: ${reason} (EAI_AGAIN)`);
  }
  return connectionError("address-not-available", `${what}: the system knows no address of it (${error.code})`);
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
