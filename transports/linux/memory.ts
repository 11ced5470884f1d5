/**
 * Memory that native code may read and write.
 *
 * @module
 */

/** V8 may keep a typed array of up to 64 bytes inside its heap, where the collector moves it. */
const SMALLEST = 4096;

/** Keeps reachable what native code knows only by address: the optimiser may see a buffer dead before the call ends. */
const kept = new Set<Uint8Array>();

/** A piece of memory with an address that stays the same until {@linkcode NativeMemory.free}. */
export class NativeMemory {
  /** The memory, at least as long as asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, for fields of more than a byte. */
  readonly view: DataView<ArrayBuffer>;
  /** Address of the first byte. */
  readonly address: number;
  /** The same, as hot functions take it. */
  readonly pointer: Deno.PointerObject;

  /** `length` in bytes. */
  constructor(length: number) {
    this.bytes = new Uint8Array(Math.max(length, SMALLEST));
    this.view = new DataView(this.bytes.buffer);
    this.address = addressOf(this.bytes);
    this.pointer = Deno.UnsafePointer.of(this.bytes)!;
    kept.add(this.bytes);
  }

  /** Lets it go: native code must be done with it. */
  free(): void {
    kept.delete(this.bytes);
  }

  /** Writes `text` at `at` with the zero byte that ends a string in C. */
  writeString(text: string, at = 0): void {
    const { written } = new TextEncoder().encodeInto(text, this.bytes.subarray(at));
    this.bytes[at + written] = 0;
  }

  /** Reads the string in C that begins at `at`. */
  readString(at = 0): string {
    return new TextDecoder().decode(this.bytes.subarray(at, this.bytes.indexOf(0, at)));
  }
}

/** The address of the first byte of `bytes`, which must be longer than 64 bytes and kept reachable while it is used. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/** Where storage lies that is used again and again: asking costs as much as a short write. */
export class StorageAddresses {
  readonly #known = new WeakMap<Uint8Array, number>();

  /** See {@linkcode addressOf}. */
  of(bytes: Uint8Array<ArrayBuffer>): number {
    let address = this.#known.get(bytes);
    if (address === undefined) this.#known.set(bytes, address = addressOf(bytes));
    return address;
  }
}

/** How many pieces are not freed. */
export function piecesKept(): number {
  return kept.size;
}
