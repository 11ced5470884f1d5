/**
 * The bytes of a stream that are still needed, in blocks: the send buffer and the receive buffer of a connection.
 *
 * @module
 */

import { type Block, BLOCK_SIZE, type BlockPool, storageOf } from "./blocks.ts";

/** Below this a loop is faster than the view that `set` needs. */
const SHORT_COPY = 64;
/** Slots of the smallest ring. */
const SMALLEST_RING = 4;
/** The largest ring that an emptied buffer keeps: 256 KiB of stream, so that short exchanges allocate nothing. */
const LARGEST_IDLE_RING = 16;

/**
 * Bytes of a stream between `start` and whatever was written. Writing may be sparse; which offsets were written is the
 * caller's to know (see `RangeSet`): the others read as whatever the block held before.
 *
 * Holds no block when empty, and needs no more than two fields until it spans a second block.
 */
export class StreamBuffer {
  readonly #pool: BlockPool;
  #start = 0;
  /** The lowest block. */
  #head: Block | null = null;
  /** The highest block; most writes go there. */
  #tail: Block | null = null;
  /** When there, holds every block at its number modulo the length, a power of two no less than the span in blocks. */
  #ring: (Block | null)[] | null = null;

  /** An empty buffer of a stream that begins at offset 0, with blocks from `pool`. */
  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Everything below this stream offset was given up. */
  get start(): number {
    return this.#start;
  }

  /** True when it holds no block. */
  get isEmpty(): boolean {
    return this.#head === null;
  }

  /**
   * Copies `source[from…to)` to stream offset `offset`, taking blocks as needed.
   *
   * @throws {RangeError} when `offset` is below `start`, or when `from` and `to` are not a range of `source`
   */
  write(offset: number, source: Uint8Array, from: number, to: number): void {
    this.#checkRange(offset, source, from, to);
    while (from < to) {
      const block = this.#find(offset) ?? this.#insert(this.#pool.take(blockStart(offset)));
      const within = offset - block.start;
      const length = Math.min(to - from, BLOCK_SIZE - within);
      copyBytes(source, from, block.bytes, within, length);
      from += length;
      offset += length;
    }
  }

  /**
   * Like `write` where the stream ends, but refers to `source` for each whole block that lies in it: until the last owner
   * of the block is gone, `source` must stay as it is. Pieces of blocks are copied.
   *
   * @throws {RangeError} as `write` does
   */
  lend(offset: number, source: Uint8Array<ArrayBuffer>, from: number, to: number): void {
    this.#checkRange(offset, source, from, to);
    const edge = Math.min(from + blockStart(offset + BLOCK_SIZE - 1) - offset, to);
    this.write(offset, source, from, edge);
    offset += edge - from;
    for (from = edge; to - from >= BLOCK_SIZE; from += BLOCK_SIZE, offset += BLOCK_SIZE) {
      this.#insert(this.#pool.takeLent(offset, source, from));
    }
    this.write(offset, source, from, to);
  }

  /**
   * Copies `length` bytes from stream offset `offset` to `into[at…]`.
   *
   * @throws {RangeError} when `into` is too short or a block in between was never written or was given up
   */
  read(offset: number, into: Uint8Array, at: number, length: number): void {
    if (length <= 0) return;
    copyFromBlocks(this.blockAt(offset), offset, into, at, length);
  }

  /** Gives up the blocks wholly below `offset`; when nothing above it is needed either, `clear` gives up the last. */
  releaseBelow(offset: number): void {
    if (offset <= this.#start) return;
    this.#start = offset;
    this.#release(offset);
  }

  /** Gives up every block; the stream continues at `offset`. */
  clear(offset: number): void {
    this.#release(Infinity);
    this.#start = offset;
  }

  /**
   * The block that holds `offset`.
   *
   * @throws {RangeError} when there is none
   */
  blockAt(offset: number): Block {
    const block = this.#find(offset);
    if (block === null) {
      throw new RangeError(`Cannot find offset ${offset}: nothing was written near it or it was released`);
    }
    return block;
  }

  #find(offset: number): Block | null {
    const tail = this.#tail;
    if (tail === null) return null;
    const beyond = offset - tail.start;
    if (beyond >= 0) return beyond < BLOCK_SIZE ? tail : null;
    const head = this.#head!;
    const within = offset - head.start;
    if (within < BLOCK_SIZE) return within >= 0 ? head : null;
    const number = Math.floor(offset / BLOCK_SIZE);
    return this.#ring![number & (this.#ring!.length - 1)]!;
  }

  #checkRange(offset: number, source: Uint8Array, from: number, to: number): void {
    if (!(offset >= this.#start)) {
      throw new RangeError(`Cannot write at ${offset}: the buffer starts at ${this.#start}`);
    }
    if (!(from >= 0 && from <= to && to <= source.length)) {
      throw new RangeError(`Cannot write bytes ${from} to ${to}: the source has ${source.length}`);
    }
  }

  /** Adds `block`, in whose place there is none, and links it with its neighbours. */
  #insert(block: Block): Block {
    const { start } = block;
    const number = start / BLOCK_SIZE;
    const head = this.#head;
    const tail = this.#tail;
    if (head === null || tail === null) {
      this.#head = this.#tail = block;
      if (this.#ring !== null) this.#ring[number & (this.#ring.length - 1)] = block;
      return block;
    }
    const span = (Math.max(start, tail.start) - Math.min(start, head.start)) / BLOCK_SIZE + 1;
    const ring = this.#ringFor(span);
    ring[number & (ring.length - 1)] = block;
    if (start > tail.start) {
      if (start - tail.start === BLOCK_SIZE) tail.next = block;
      this.#tail = block;
    } else if (start < head.start) {
      if (head.start - start === BLOCK_SIZE) block.next = head;
      this.#head = block;
    } else {
      const previous = ring[(number - 1) & (ring.length - 1)]!;
      if (previous !== null) previous.next = block;
      block.next = ring[(number + 1) & (ring.length - 1)]!;
    }
    return block;
  }

  /** The ring, grown to `span` blocks at least. */
  #ringFor(span: number): (Block | null)[] {
    const old = this.#ring;
    if (old !== null && old.length >= span) return old;
    let length = old === null ? SMALLEST_RING : old.length;
    while (length < span) length *= 2;
    const ring = new Array<Block | null>(length).fill(null);
    for (let block = this.#head; block !== null; block = this.#following(block)) {
      ring[(block.start / BLOCK_SIZE) & (length - 1)] = block;
    }
    this.#ring = ring;
    return ring;
  }

  /** The nearest block above `block` in this buffer, past any hole. */
  #following(block: Block): Block | null {
    if (block === this.#tail) return null;
    if (block.next !== null) return block.next;
    const ring = this.#ring!;
    let number = block.start / BLOCK_SIZE + 1;
    for (;;) {
      const found = ring[number++ & (ring.length - 1)]!;
      if (found !== null) return found;
    }
  }

  #release(below: number): void {
    let block = this.#head;
    if (block === null || block.start + BLOCK_SIZE > below) return;
    const ring = this.#ring;
    do {
      const following = this.#following(block);
      if (ring !== null) ring[(block.start / BLOCK_SIZE) & (ring.length - 1)] = null;
      this.#pool.release(block);
      block = following;
    } while (block !== null && block.start + BLOCK_SIZE <= below);
    this.#head = block;
    if (block === null) {
      this.#tail = null;
      if (ring !== null && ring.length > LARGEST_IDLE_RING) this.#ring = null;
    }
  }
}

/**
 * The block that holds stream offset `offset`: `block` or one that follows it.
 *
 * @throws {RangeError} when the chain from `block` does not reach it
 */
export function followBlocks(block: Block, offset: number): Block {
  let within = offset - block.start;
  while (within >= BLOCK_SIZE) {
    block = nextBlock(block);
    within -= BLOCK_SIZE;
  }
  if (!(within >= 0)) throw new RangeError(`Cannot find offset ${offset}: the block starts at ${block.start}`);
  return block;
}

/**
 * Copies `length` bytes from stream offset `offset`, found in `block` or those after it, to `into[at…]`.
 *
 * @throws {RangeError} when `into` is too short or the chain from `block` does not reach that far
 */
export function copyFromBlocks(block: Block, offset: number, into: Uint8Array, at: number, length: number): void {
  if (length <= 0) return;
  if (!(at >= 0 && at + length <= into.length)) {
    throw new RangeError(`Cannot copy ${length} bytes to ${at}: the target has ${into.length}`);
  }
  block = followBlocks(block, offset);
  let within = offset - block.start;
  for (;;) {
    const part = Math.min(length, BLOCK_SIZE - within);
    copyBytes(storageOf(block), block.origin + within, into, at, part);
    length -= part;
    if (length === 0) return;
    at += part;
    within = 0;
    block = nextBlock(block);
  }
}

/** Takes note of bytes where they lie. */
export interface PieceList {
  /** Appends `bytes[start … start + length)`. */
  add(bytes: Uint8Array<ArrayBuffer>, start: number, length: number): void;
}

/**
 * Appends `length` bytes from stream offset `offset`, found in `block` or those after it, to `pieces`, without a copy.
 *
 * @throws {RangeError} when the chain from `block` does not reach that far
 */
export function referToBlocks(block: Block, offset: number, pieces: PieceList, length: number): void {
  block = followBlocks(block, offset);
  let within = offset - block.start;
  for (;;) {
    const part = Math.min(length, BLOCK_SIZE - within);
    pieces.add(storageOf(block), block.origin + within, part);
    length -= part;
    if (length <= 0) return;
    within = 0;
    block = nextBlock(block);
  }
}

/**
 * Adds one owner to each block that `[offset, offset + length)` touches, from `block` on. The links between them hold
 * until `releaseBlocks` is called with the same range. To split a range inside a block, retain that block once more.
 *
 * @throws {RangeError} when the chain from `block` does not reach that far
 */
export function retainBlocks(pool: BlockPool, block: Block, offset: number, length: number): void {
  if (length <= 0) return;
  block = followBlocks(block, offset);
  const end = offset + length;
  pool.retain(block);
  while (block.start + BLOCK_SIZE < end) {
    block = nextBlock(block);
    pool.retain(block);
  }
}

/**
 * Takes one owner away from each block that `[offset, offset + length)` touches, from `block` on.
 *
 * @throws {RangeError} when the chain from `block` does not reach that far
 * @throws {Error} when nobody holds one of the blocks
 */
export function releaseBlocks(pool: BlockPool, block: Block, offset: number, length: number): void {
  if (length <= 0) return;
  block = followBlocks(block, offset);
  const end = offset + length;
  while (block.start + BLOCK_SIZE < end) {
    const next = nextBlock(block);
    pool.release(block);
    block = next;
  }
  pool.release(block);
}

/** The block after `block`. A block kept alive by one owner can outlive its neighbour, whose storage is then reused. */
function nextBlock(block: Block): Block {
  const next = block.next;
  if (next === null || next.start !== block.start + BLOCK_SIZE || next.references === 0) {
    throw new RangeError(`Cannot follow the stream to ${block.start + BLOCK_SIZE}: no block is linked there`);
  }
  return next;
}

/** Where the block of `offset` begins. */
function blockStart(offset: number): number {
  return offset - offset % BLOCK_SIZE;
}

function copyBytes(source: Uint8Array, from: number, into: Uint8Array, at: number, length: number): void {
  if (length <= SHORT_COPY) {
    for (const end = from + length; from < end;) into[at++] = source[from++]!;
  } else if (from === 0 && length === source.length) {
    into.set(source, at);
  } else {
    into.set(source.subarray(from, from + length), at);
  }
}
