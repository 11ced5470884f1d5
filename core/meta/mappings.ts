/**
 * Which bytes of a subflow are which bytes of the data stream, as the peer declared it (RFC 8684 section 3.3.1).
 *
 * @module
 */

/** What became of a declared mapping. */
export type MappingVerdict =
  /** It is new. */
  | "added"
  /** It is known already, or lies wholly below what was delivered. */
  | "known"
  /** It contradicts a mapping that is known. */
  | "conflict";

/** Numbers kept of one mapping: first subflow offset, one past the last, data offset of the first, seal. */
const FIELDS = 4;
/** Mappings that a peer may declare ahead of their bytes. */
const MAXIMUM_AHEAD = 4096;

/** Mappings of one subflow that are not used up, in ascending order. */
export class Mappings {
  /** Data offset that belongs to the subflow offset of the last successful {@linkcode Mappings.find}. */
  data = 0;
  /** Bytes of that mapping from there on. */
  length = 0;
  /** Subflow offset at which it begins. */
  start = 0;
  /** What was given with it. */
  seal = 0;
  /** Data offset less subflow offset in it; before the first, what holds when every byte comes once. */
  shift = -1;

  #fields = new Float64Array(4 * FIELDS);
  #first = 0;
  #count = 0;

  /**
   * Takes the mapping of `length` bytes at subflow offset `start` to data offset `data`; `floor` is what was delivered.
   * `seal` is a number to keep with it, the caller's; a mapping that is known already keeps its first one.
   */
  add(start: number, length: number, data: number, floor: number, seal = 0): MappingVerdict {
    const end = start + length;
    if (end <= floor) return "known";
    let index = this.#count;
    while (index > 0 && this.#at(index - 1, 0) >= start) index--;
    if (index < this.#count && this.#overlaps(index, start, end)) return this.#compare(index, start, end, data);
    if (index > 0 && this.#overlaps(index - 1, start, end)) return this.#compare(index - 1, start, end, data);
    if (this.#count >= MAXIMUM_AHEAD) return "conflict";
    this.#insert(index, start, end, data, seal);
    return "added";
  }

  /** Looks up subflow offset `offset`: sets `data`, `length`, `start` and `seal`; false if no mapping covers it. */
  find(offset: number): boolean {
    for (let index = 0; index < this.#count; index++) {
      const start = this.#at(index, 0);
      if (start > offset) return false;
      const end = this.#at(index, 1);
      if (offset >= end) continue;
      this.shift = this.#at(index, 2) - start;
      this.data = this.shift + offset;
      this.length = end - offset;
      this.start = start;
      this.seal = this.#at(index, 3);
      return true;
    }
    return false;
  }

  /** How many of the `length` bytes from subflow offset `offset` on mappings cover without a hole. */
  coverage(offset: number, length: number): number {
    const end = offset + length;
    let at = offset;
    for (let index = 0; index < this.#count && at < end && this.#at(index, 0) <= at; index++) {
      if (this.#at(index, 1) > at) at = this.#at(index, 1);
    }
    return Math.min(at, end) - offset;
  }

  /** Where the first mapping begins that lies behind subflow offset `offset`; Infinity if there is none. */
  nextFrom(offset: number): number {
    for (let index = 0; index < this.#count; index++) {
      if (this.#at(index, 0) > offset) return this.#at(index, 0);
    }
    return Infinity;
  }

  /** Whether every mapping that is not used up takes subflow offsets to the data offsets `shift` above them. */
  isShiftBy(shift: number): boolean {
    for (let index = 0; index < this.#count; index++) {
      if (this.#at(index, 2) - this.#at(index, 0) !== shift) return false;
    }
    return true;
  }

  /** Forgets mappings that end at or below `offset`. */
  removeBelow(offset: number): void {
    while (this.#count > 0 && this.#at(0, 1) <= offset) {
      this.#first++;
      this.#count--;
    }
    if (this.#count === 0) this.#first = 0;
  }

  #at(index: number, field: number): number {
    return this.#fields[(this.#first + index) * FIELDS + field] as number;
  }

  #overlaps(index: number, start: number, end: number): boolean {
    return this.#at(index, 0) < end && start < this.#at(index, 1);
  }

  /** A middlebox that resegments may repeat a mapping, or its sender cut it; what matters is that both say the same. */
  #compare(index: number, start: number, end: number, data: number): MappingVerdict {
    const isSameLine = this.#at(index, 2) - this.#at(index, 0) === data - start;
    return isSameLine && start >= this.#at(index, 0) && end <= this.#at(index, 1) ? "known" : "conflict";
  }

  #insert(index: number, start: number, end: number, data: number, seal: number): void {
    this.#makeRoom();
    const at = (this.#first + index) * FIELDS;
    this.#fields.copyWithin(at + FIELDS, at, (this.#first + this.#count) * FIELDS);
    this.#fields[at] = start;
    this.#fields[at + 1] = end;
    this.#fields[at + 2] = data;
    this.#fields[at + 3] = seal;
    this.#count++;
  }

  #makeRoom(): void {
    const used = (this.#first + this.#count + 1) * FIELDS;
    if (used <= this.#fields.length) return;
    const from = this.#first * FIELDS;
    const to = (this.#first + this.#count) * FIELDS;
    if (this.#first >= this.#count) this.#fields.copyWithin(0, from, to);
    else {
      const larger = new Float64Array(2 * this.#fields.length);
      larger.set(this.#fields.subarray(from, to));
      this.#fields = larger;
    }
    this.#first = 0;
  }
}
