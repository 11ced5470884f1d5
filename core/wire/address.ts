/**
 * IP addresses of both families in one shape.
 *
 * @module
 */

/** The third word of an IPv4-mapped address (RFC 4291 section 2.5.5.2). */
const MAPPED_PREFIX = 0xffff;

/**
 * An IP address as four 32-bit words in network order, IPv4 in its IPv6-mapped form `::ffff:a.b.c.d`.
 * The words are signed (`x | 0`). Mutable, so that hot paths reuse one.
 */
export class IpAddress {
  /** Bits 0 to 31, the first four bytes. */
  a: number;
  /** Bits 32 to 63. */
  b: number;
  /** Bits 64 to 95. */
  c: number;
  /** Bits 96 to 127; the whole of an IPv4 address. */
  d: number;

  /** Without arguments: the unspecified IPv6 address `::`. */
  constructor(a = 0, b = 0, c = 0, d = 0) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.d = d | 0;
  }

  /** Reads dotted IPv4 or any RFC 4291 text of IPv6 (no zone). Throws `TypeError` when the text is neither. */
  static parse(text: string): IpAddress {
    const address = IpAddress.tryParse(text);
    if (address === null) {
      throw new TypeError(`Cannot parse address "${text}": give dotted IPv4 or IPv6 text without zone or brackets`);
    }
    return address;
  }

  /** Like {@linkcode IpAddress.parse}, with `null` for text that is no address. */
  static tryParse(text: string): IpAddress | null {
    return text.includes(":") ? parseV6(text) : parseV4(text);
  }

  /** 4 for an IPv4-mapped address, 6 for every other. */
  get family(): 4 | 6 {
    return this.c === MAPPED_PREFIX && this.a === 0 && this.b === 0 ? 4 : 6;
  }

  /** Sets the four words. */
  set(a: number, b: number, c: number, d: number): void {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.d = d | 0;
  }

  /** Takes over the value of `other`. */
  copy(other: IpAddress): void {
    this.a = other.a;
    this.b = other.b;
    this.c = other.c;
    this.d = other.d;
  }

  /** A new address of the same value. */
  clone(): IpAddress {
    return new IpAddress(this.a, this.b, this.c, this.d);
  }

  /** Whether both are the same address. */
  equals(other: IpAddress): boolean {
    return this.d === other.d && this.c === other.c && this.b === other.b && this.a === other.a;
  }

  /** A signed 32-bit hash; equal addresses have equal hashes. */
  hash(): number {
    let hash = Math.imul(this.a, 0x9e3779b1) ^ this.b;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77) ^ this.c;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d) ^ this.d;
    hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f);
    return hash ^ (hash >>> 15);
  }

  /** Reads the 4 bytes of an IPv4 address. */
  readV4(view: DataView, at: number): void {
    this.a = 0;
    this.b = 0;
    this.c = MAPPED_PREFIX;
    this.d = view.getInt32(at);
  }

  /** Reads the 16 bytes of an IPv6 address. */
  readV6(view: DataView, at: number): void {
    this.a = view.getInt32(at);
    this.b = view.getInt32(at + 4);
    this.c = view.getInt32(at + 8);
    this.d = view.getInt32(at + 12);
  }

  /** Writes the last 4 bytes: an IPv4 address in its own form. */
  writeV4(view: DataView, at: number): void {
    view.setInt32(at, this.d);
  }

  /** Writes all 16 bytes; an IPv4 address in its mapped form. */
  writeV6(view: DataView, at: number): void {
    view.setInt32(at, this.a);
    view.setInt32(at + 4, this.b);
    view.setInt32(at + 8, this.c);
    view.setInt32(at + 12, this.d);
  }

  /** Whether it is `0.0.0.0` or `::`. */
  isUnspecified(): boolean {
    return this.d === 0 && this.a === 0 && this.b === 0 && (this.c === 0 || this.c === MAPPED_PREFIX);
  }

  /** Whether it is in `224.0.0.0/4` or `ff00::/8`. */
  isMulticast(): boolean {
    return this.family === 4 ? this.d >>> 28 === 0xe : this.a >>> 24 === 0xff;
  }

  /** Whether it may be that of one host: not `0.0.0.0` or `::`, not multicast, not `255.255.255.255`. */
  isUnicast(): boolean {
    return !this.isUnspecified() && !this.isMulticast() && !(this.family === 4 && this.d === -1);
  }

  /** Whether it is in `127.0.0.0/8`, or `::1`. */
  isLoopback(): boolean {
    if (this.family === 4) return this.d >>> 24 === 127;
    return this.d === 1 && this.a === 0 && this.b === 0 && this.c === 0;
  }

  /** Dotted text for IPv4, the canonical text of RFC 5952 for IPv6. */
  toString(): string {
    if (this.family === 4) return `${this.d >>> 24}.${(this.d >>> 16) & 255}.${(this.d >>> 8) & 255}.${this.d & 255}`;
    const groups: number[] = [];
    for (const word of [this.a, this.b, this.c, this.d]) groups.push(word >>> 16, word & 0xffff);
    const [from, to] = longestZeroRun(groups);
    const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
    return to - from < 2 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(to))}`;
  }
}

/** The first of the longest runs of zero groups, as a half-open range (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly number[]): [number, number] {
  let from = 0;
  let to = 0;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > to - from) [from, to] = [i, end];
    if (end > i) i = end;
  }
  return [from, to];
}

const DECIMAL_BYTE = /^(?:0|[1-9][0-9]{0,2})$/;
const HEX_GROUP = /^[0-9a-f]{1,4}$/i;

function parseV4(text: string): IpAddress | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    // A leading zero is octal to some readers and decimal to others (RFC 6943 section 3.1.1): refused.
    if (!DECIMAL_BYTE.test(part) || Number(part) > 255) return null;
    word = word << 8 | Number(part);
  }
  return new IpAddress(0, 0, MAPPED_PREFIX, word);
}

function parseV6(text: string): IpAddress | null {
  let groupText = text;
  if (text.includes(".")) {
    const tail = text.lastIndexOf(":") + 1;
    const embedded = parseV4(text.slice(tail));
    if (embedded === null) return null;
    groupText = `${text.slice(0, tail)}${(embedded.d >>> 16).toString(16)}:${(embedded.d & 0xffff).toString(16)}`;
  }
  const halves = groupText.split("::");
  if (halves.length > 2) return null;
  const [front, back] = halves.map((half) => half === "" ? [] : half.split(":"));
  if (front === undefined) return null;
  const written = front.length + (back?.length ?? 0);
  // "::" stands for at least one group.
  if (back === undefined ? written !== 8 : written > 7) return null;
  const groups = [...front, ...Array<string>(8 - written).fill("0"), ...(back ?? [])];
  if (!groups.every((group) => HEX_GROUP.test(group))) return null;
  const word = (i: number) => parseInt(groups[i]!, 16) << 16 | parseInt(groups[i + 1]!, 16);
  return new IpAddress(word(0), word(2), word(4), word(6));
}
