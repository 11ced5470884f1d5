/**
 * Addresses with the length of their network's prefix.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";

/** An address with the length of its network's prefix in bits. */
export interface Prefix {
  /** The address. */
  readonly address: IpAddress;
  /** 0 to 32, or to 128 for IPv6. */
  readonly length: number;
}

/**
 * Reads "10.0.0.2/24", "fd00::2/64", or an address alone, which stands for itself; `what` says in errors what it is for. Throws
 * `TypeError` for anything else.
 */
export function parsePrefix(text: string, what: string): Prefix {
  const [first = "", lengthText, ...rest] = String(text).split("/");
  const address = IpAddress.tryParse(first);
  if (address !== null && rest.length === 0) {
    const longest = address.family === 4 ? 32 : 128;
    const length = lengthText === undefined ? longest : Number(lengthText);
    if (/^[0-9]{0,3}$/.test(lengthText ?? "") && lengthText !== "" && length <= longest) return { address, length };
  }
  throw new TypeError(
    `Cannot open TUN device: ${what} must be like "10.0.0.2/24" or "fd00::2/64", is ${JSON.stringify(text)}`,
  );
}

/** Whether `address` is in the network of `prefix`. */
export function covers(prefix: Prefix, address: IpAddress): boolean {
  return prefix.address.family === address.family &&
    networkOf(prefix.address, prefix.length).equals(networkOf(address, prefix.length));
}

/** `address` with all but the first `length` bits zero. */
export function networkOf(address: IpAddress, length: number): IpAddress {
  const bits = address.family === 4 ? 96 + length : length;
  const mask = (word: number) => {
    const kept = Math.min(Math.max(bits - 32 * word, 0), 32);
    return kept === 0 ? 0 : -1 << (32 - kept);
  };
  return new IpAddress(address.a & mask(0), address.b & mask(1), address.c & mask(2), address.d & mask(3));
}
