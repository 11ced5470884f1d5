/**
 * How near two addresses are to each other.
 *
 * @module
 */

/** Bits that two addresses of one family, in text form, have in common from the left. */
export function commonPrefix(a: string, b: string): number {
  const [left, right] = [bitsOf(a), bitsOf(b)];
  let common = 0;
  while (common < left.length && left[common] === right[common]) common++;
  return common;
}

/** The address as a text of zeros and ones. */
function bitsOf(address: string): string {
  if (!address.includes(":")) {
    return address.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
  }
  const [head = "", tail] = address.split("::");
  const groups = (text: string): string[] => text === "" ? [] : text.split(":");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].map((group) => parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}
