/**
 * The addresses of this machine that datagrams leave from: how they are written, and which of them it has now.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";

/** An address as it was asked for, with the port at which peers can connect, or null. */
export interface LocalEnd {
  /** The address; 0.0.0.0 or :: stand for all of their family. */
  readonly address: IpAddress;
  /** The port, or null. */
  readonly port: number | null;
}

/** Tells the addresses that this machine has now. */
export type Interfaces = () => readonly string[];

/** Reads "192.0.2.1", "192.0.2.1:6000", "2001:db8::1" or "[2001:db8::1]:6000". Throws `TypeError` for anything else. */
export function parseEnd(text: string): LocalEnd {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(String(text));
  const address = IpAddress.tryParse(match ? match[1] ?? match[2]! : String(text));
  const port = match?.[3] === undefined ? null : Number(match[3]);
  if (address === null || (port !== null && port > 65535)) {
    throw new TypeError(
      `Cannot use UDP: address must be like "192.0.2.1", "192.0.2.1:6000", "2001:db8::1" or "[2001:db8::1]:6000", is ${
        JSON.stringify(text)
      }`,
    );
  }
  return { address, port };
}

/** What the system tells of its interfaces, or null where the program may not ask: that takes `--allow-sys=networkInterfaces`. */
export function systemInterfaces(): Interfaces | null {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  return state === "granted" ? () => Deno.networkInterfaces().map(({ address }) => address) : null;
}

/**
 * The addresses that `ends` stand for now: those that are named and that this machine `has`, and for 0.0.0.0 and :: all of
 * `present` that lead to other machines.
 */
export function presentEnds(
  ends: readonly LocalEnd[],
  present: readonly string[],
  has: (address: IpAddress) => boolean,
): LocalEnd[] {
  const result: LocalEnd[] = [];
  const add = (end: LocalEnd) => {
    if (!result.some(({ address }) => address.equals(end.address))) result.push(end);
  };
  for (const end of ends) if (!end.address.isUnspecified() && has(end.address)) add(end);
  for (const { address: any, port } of ends) {
    if (!any.isUnspecified()) continue;
    for (const text of present) {
      // A zone, as in "fe80::1%eth0", belongs to addresses of one link.
      const address = IpAddress.tryParse(text);
      if (address !== null && address.family === any.family && leadsElsewhere(address)) add({ address, port });
    }
  }
  return result;
}

/** Neither this machine's own nor one of a single link, which peers elsewhere could not tell from theirs. */
function leadsElsewhere(address: IpAddress): boolean {
  const isOfLink = address.family === 4 ? address.d >>> 16 === 0xa9fe : address.a >>> 22 === 0xfe80 >>> 6;
  return !address.isLoopback() && !address.isUnspecified() && !address.isMulticast() && !isOfLink;
}
