/**
 * The Internet checksum (RFC 1071) and its use over a DSS mapping.
 *
 * @module
 */

import type { Uint64 } from "./seq.ts";

/** Below this many bytes finding the word view costs more than it saves. */
const WORD_THRESHOLD = 96;
/** Words summed before the two 32-bit accumulators could overflow: 2^16 words of at most 2^16 - 1 each half. */
const WORDS_PER_ROUND = 0x1_0000;

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** One 32-bit view for each buffer that has been summed; gone with the buffer. */
const wordViews = new WeakMap<ArrayBufferLike, Int32Array>();

/**
 * The one's complement sum of `bytes[start … end)` as big-endian 16-bit words, added to `initial`: 16 bits, not
 * complemented, fit to be passed on as `initial`. An odd last byte counts as if a zero byte followed it, so that in a
 * chain only the last part may have an odd length; otherwise see {@linkcode addChecksumAt}.
 */
export function internetChecksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  if (end - start < WORD_THRESHOLD) return foldChecksum(initial + sumBytes(bytes, start, end));
  const misaligned = (bytes.byteOffset + start) & 3;
  const wordsStart = misaligned === 0 ? start : start + 4 - misaligned;
  const words = (end - wordsStart) >>> 2;
  const wordsEnd = wordsStart + 4 * words;
  const middle = sumWords(wordView(bytes.buffer), (bytes.byteOffset + wordsStart) >>> 2, words);
  const isOdd = ((wordsStart - start) & 1) !== 0;
  // Every part is summed as if it began on an even byte, and swapped when it does not (RFC 1071 section 2 (B)).
  const sum = sumBytes(bytes, start, wordsStart) +
    (isOdd === IS_LITTLE_ENDIAN ? middle : swapBytes(middle)) +
    (isOdd ? swapBytes(foldChecksum(sumBytes(bytes, wordsEnd, end))) : sumBytes(bytes, wordsEnd, end));
  return foldChecksum(initial + sum);
}

/** What goes into a checksum field: the complement of the folded sum. */
export function finishChecksum(sum: number): number {
  return ~foldChecksum(sum) & 0xffff;
}

/** Folds a sum of less than 2^47 to 16 bits, keeping its value modulo 2^16 - 1; 0 only for 0. */
export function foldChecksum(sum: number): number {
  let folded = sum > 0xffff_ffff ? Math.floor(sum / 0x1_0000) + (sum & 0xffff) : sum;
  while (folded > 0xffff) folded = (folded >>> 16) + (folded & 0xffff);
  return folded;
}

/**
 * Adds `part`, the sum of bytes that begin `offset` bytes into the message, to `sum`. The parts of a message may be added in any
 * order, whatever their lengths, as long as `sum` itself was made from offset 0.
 */
export function addChecksumAt(sum: number, part: number, offset: number): number {
  return foldChecksum(sum + (offset % 2 === 0 ? part : swapBytes(foldChecksum(part))));
}

/**
 * Adds to `sum`, the sum of the mapped bytes, the pseudo-header of a mapping (RFC 8684 section 3.3.1): the 64-bit data
 * sequence number whatever size the option carries, the relative subflow sequence number, and the length.
 * {@linkcode finishChecksum} of it is the checksum; with the received checksum added it is 0xffff when all is well.
 */
export function dssChecksumPseudoHeader(sum: number, dsn: Uint64, ssn: number, length: number): number {
  return foldChecksum(
    sum + (dsn.high >>> 16) + (dsn.high & 0xffff) + (dsn.low >>> 16) + (dsn.low & 0xffff) +
      (ssn >>> 16) + (ssn & 0xffff) + length,
  );
}

/** Big-endian 16-bit words of a short stretch. */
function sumBytes(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += bytes[at]! << 8 | bytes[at + 1]!;
  return at < end ? sum + (bytes[at]! << 8) : sum;
}

/** The folded sum of the 16-bit halves of words in the byte order of the machine. */
function sumWords(words: Int32Array, from: number, count: number): number {
  let sum = 0;
  let at = from;
  for (let left = count; left > 0; left -= WORDS_PER_ROUND) {
    const end = at + Math.min(left, WORDS_PER_ROUND);
    // Three operations a word: `total` is exact modulo 2^32 and `upper` exact, which gives the sum of the lower halves.
    let total = 0;
    let upper = 0;
    for (; at + 3 < end; at += 4) {
      const first = words[at]!;
      const second = words[at + 1]!;
      const third = words[at + 2]!;
      const fourth = words[at + 3]!;
      total = (total + first + second + third + fourth) | 0;
      upper = (upper + (first >>> 16) + (second >>> 16) + (third >>> 16) + (fourth >>> 16)) | 0;
    }
    for (; at < end; at++) {
      total = (total + words[at]!) | 0;
      upper = (upper + (words[at]! >>> 16)) | 0;
    }
    const lower = (total - (upper << 16)) >>> 0;
    sum += (upper >>> 0) + lower;
  }
  return foldChecksum(sum);
}

function wordView(buffer: ArrayBufferLike): Int32Array {
  let view = wordViews.get(buffer);
  if (view === undefined) {
    view = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    wordViews.set(buffer, view);
  }
  return view;
}

function swapBytes(sum: number): number {
  return (sum & 0xff) << 8 | sum >>> 8;
}
