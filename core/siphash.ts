/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits that nobody can predict who does not know the secret,
 * and that costs so little that every SYN of a flood can have some.
 *
 * @module
 */

/** Bytes of a secret. */
const SECRET_LENGTH = 16;
const ROUNDS_PER_BLOCK = 2;
const ROUNDS_AT_THE_END = 4;
const MOST = 0xffffffff;

/** Hashes under one secret. Nothing is allocated. */
export class SipHash {
  /** The upper 32 bits of the last hash, unsigned. */
  high = 0;
  /** The lower 32 bits of the last hash, unsigned. */
  low = 0;

  readonly #key = new Int32Array(4);

  /** The secret is `bytes[at … at + 16)`. */
  constructor(bytes: Uint8Array, at = 0) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, SECRET_LENGTH);
    for (let i = 0; i < 4; i++) this.#key[i] = view.getInt32(4 * i, true);
  }

  /** Hashes the first `count` of `words`, which stand for their bytes in little-endian order. */
  digest(words: Int32Array, count: number): this {
    const key = this.#key;
    const k0l = key[0] as number;
    const k0h = key[1] as number;
    const k1l = key[2] as number;
    const k1h = key[3] as number;
    let al = k0l ^ 0x70736575;
    let ah = k0h ^ 0x736f6d65;
    let bl = k1l ^ 0x6e646f6d;
    let bh = k1h ^ 0x646f7261;
    let cl = k0l ^ 0x6e657261;
    let ch = k0h ^ 0x6c796765;
    let dl = k1l ^ 0x79746573;
    let dh = k1h ^ 0x74656462;
    const blocks = (count >> 1) + 1;
    for (let block = 0; block <= blocks; block++) {
      const isEnd = block === blocks;
      // The last block holds what is left over, and the length in its highest byte.
      const isLast = block === blocks - 1;
      const ml = isEnd || 2 * block >= count ? 0 : words[2 * block] as number;
      const mh = isEnd ? 0 : isLast ? (4 * count) << 24 : words[2 * block + 1] as number;
      if (isEnd) cl ^= 0xff;
      dl ^= ml;
      dh ^= mh;
      for (let round = isEnd ? ROUNDS_AT_THE_END : ROUNDS_PER_BLOCK; round > 0; round--) {
        // a += b; b = (b <<< 13) ^ a; a <<<= 32
        let low = (al >>> 0) + (bl >>> 0);
        let high = (ah + bh + (low > MOST ? 1 : 0)) | 0;
        let turned = (bl << 13) | (bh >>> 19);
        bh = ((bh << 13) | (bl >>> 19)) ^ high;
        bl = turned ^ low;
        al = high;
        ah = low | 0;
        // c += d; d = (d <<< 16) ^ c
        low = (cl >>> 0) + (dl >>> 0);
        ch = (ch + dh + (low > MOST ? 1 : 0)) | 0;
        cl = low | 0;
        turned = (dl << 16) | (dh >>> 16);
        dh = ((dh << 16) | (dl >>> 16)) ^ ch;
        dl = turned ^ cl;
        // a += d; d = (d <<< 21) ^ a
        low = (al >>> 0) + (dl >>> 0);
        ah = (ah + dh + (low > MOST ? 1 : 0)) | 0;
        al = low | 0;
        turned = (dl << 21) | (dh >>> 11);
        dh = ((dh << 21) | (dl >>> 11)) ^ ah;
        dl = turned ^ al;
        // c += b; b = (b <<< 17) ^ c; c <<<= 32
        low = (cl >>> 0) + (bl >>> 0);
        high = (ch + bh + (low > MOST ? 1 : 0)) | 0;
        turned = (bl << 17) | (bh >>> 15);
        bh = ((bh << 17) | (bl >>> 15)) ^ high;
        bl = turned ^ low;
        cl = high;
        ch = low | 0;
      }
      al ^= ml;
      ah ^= mh;
    }
    this.high = (ah ^ bh ^ ch ^ dh) >>> 0;
    this.low = (al ^ bl ^ cl ^ dl) >>> 0;
    return this;
  }
}
