/**
 * Fixed-size blocks of stream bytes, counted by reference and recycled.
 *
 * A block is shared by the buffer that wrote it and by each sent range that may have to be transmitted again, so that
 * the payload is copied once on its way in and once on its way out, whoever gives it up last.
 *
 * @module
 */

/** Bytes in one block. */
export const BLOCK_SIZE = 16384;

const DEFAULT_KEEP = 1024;

/** What a lent block has for storage while it is in the pool. */
const NOTHING = new Uint8Array(0);

/** Bytes of one stream, from the offset `start`. Made by a {@link BlockPool} and never outside one. */
export class Block {
  /** The storage: of its own, {@link BLOCK_SIZE} long, or lent. What was never written holds bytes of an earlier use. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Index in `bytes` of the byte at `start`; 0 unless the storage is lent. */
  origin = 0;
  /** The storage is the application's, who leaves it as it is. */
  readonly isLent: boolean;
  /** Stream offset of the first byte, a multiple of {@link BLOCK_SIZE}. */
  start = 0;
  /** The block of the same stream at `start + BLOCK_SIZE`, or null while there is none; links free blocks in the pool. */
  next: Block | null = null;
  /** How many owners hold it; 0 only inside the pool. Changed by the pool alone. */
  references = 0;

  /** Made by the pool. */
  constructor(isLent: boolean) {
    this.isLent = isLent;
    this.bytes = isLent ? NOTHING : new Uint8Array(BLOCK_SIZE);
  }
}

/** Hands out blocks and takes them back, keeping a limited number for the next use. */
export class BlockPool {
  readonly #keep: number;
  #head: Block | null = null;
  #free = 0;
  /** Blocks without storage, for what will be lent. */
  #shells: Block | null = null;
  #inUse = 0;

  /**
   * Makes an empty pool that keeps at most `keep` free blocks (16 MiB unless told).
   *
   * @throws {RangeError} when `keep` is negative or not a number
   */
  constructor(keep: number = DEFAULT_KEEP) {
    if (!(keep >= 0)) throw new RangeError(`Cannot make a block pool: keep is ${keep}, must be at least 0`);
    this.#keep = keep;
  }

  /** Blocks that somebody holds. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Blocks kept for the next {@link take}. */
  get free(): number {
    return this.#free;
  }

  /** A block for the bytes from stream offset `start` (a multiple of {@link BLOCK_SIZE}), held once by the caller. */
  take(start: number): Block {
    let block = this.#head;
    if (block === null) {
      block = new Block(false);
    } else {
      this.#head = block.next;
      this.#free--;
    }
    return this.#handOut(block, start);
  }

  /** A block for the bytes from stream offset `start` that lie in `bytes[origin … origin + BLOCK_SIZE)` and stay there. */
  takeLent(start: number, bytes: Uint8Array<ArrayBuffer>, origin: number): Block {
    let block = this.#shells;
    if (block === null) block = new Block(true);
    else this.#shells = block.next;
    block.bytes = bytes;
    block.origin = origin;
    return this.#handOut(block, start);
  }

  /**
   * Adds one owner.
   *
   * @throws {Error} when nobody holds the block
   */
  retain(block: Block): void {
    if (block.references <= 0) throw new Error("Cannot retain a block: it was released by its last owner");
    block.references++;
  }

  /**
   * Takes one owner away; the last one returns the block to the pool.
   *
   * @throws {Error} when nobody holds the block
   */
  release(block: Block): void {
    if (block.references <= 0) throw new Error("Cannot release a block: it was released by its last owner");
    if (--block.references > 0) return;
    this.#inUse--;
    if (block.isLent) {
      block.bytes = NOTHING;
      block.next = this.#shells;
      this.#shells = block;
    } else if (this.#free < this.#keep) {
      block.next = this.#head;
      this.#head = block;
      this.#free++;
    } else {
      block.next = null;
    }
  }

  #handOut(block: Block, start: number): Block {
    block.next = null;
    block.start = start;
    block.references = 1;
    this.#inUse++;
    return block;
  }
}

/**
 * Where the bytes of `block` lie, from index `origin` on.
 *
 * @throws {RangeError} when they were lent and their buffer has been detached since: what is there now is not theirs
 */
export function storageOf(block: Block): Uint8Array<ArrayBuffer> {
  if (block.bytes.length < BLOCK_SIZE) {
    throw new RangeError("Cannot send lent bytes: their buffer was detached; lend what stays where it is");
  }
  return block.bytes;
}
