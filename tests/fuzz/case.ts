/**
 * What the fuzzer tries: an exchange between two hosts, and what happens to its packets. Plain data, so that a case can be
 * printed, kept in the corpus, made smaller and run again.
 *
 * @module
 */

import { Random } from "../../transports/random.ts";
import { MILD, type MutationKind, WILD } from "./mutate.ts";

/** Something that happens to a packet. */
export interface Mutation {
  /** Which packet: all that pass a box count, from 0. */
  readonly packet: number;
  /** What happens. */
  readonly kind: MutationKind;
  /** Where or how, as the kind understands it: any 32 bits. */
  readonly a: number;
  /** See `a`. */
  readonly b: number;
}

/** One exchange. */
export interface FuzzCase {
  /** Seed of both hosts. */
  readonly seed: number;
  /** Paths with a box in them. */
  readonly paths: number;
  /** Whether mappings have checksums. */
  readonly checksums: boolean;
  /** Bytes in each direction. */
  readonly bytes: number;
  /** In order of packets. */
  readonly mutations: readonly Mutation[];
}

/** Packets within which mutations are drawn: the handshakes and the first data, or most of an exchange. */
const SPANS = [20, 60, 400];
const MOST_MUTATIONS = 30;
/** Of so many packets in a row no more than so many are lost, unless the path is dark. */
const PACKETS_IN_A_ROW = 8;
const MOST_LOST = 3;

/** The case that follows from `seed`. */
export function drawCase(seed: number): FuzzCase {
  const random = new Random(seed, "fuzz");
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
  const kinds = random.chance(0.4) ? MILD : [...MILD, ...WILD];
  const span = pick(SPANS);
  const mutations = Array.from({ length: 1 + random.below(MOST_MUTATIONS) }, () => ({
    packet: random.below(span),
    kind: pick(kinds),
    a: random.uint32(),
    b: random.uint32(),
  }));
  return {
    seed,
    paths: 1 + random.below(2),
    checksums: random.chance(0.4),
    bytes: pick([0, 100, 5000, 100_000, 300_000]),
    mutations: mutations.toSorted((x, y) => x.packet - y.packet),
  };
}

/**
 * Whether only that happens to its packets which any network does and both ends have the patience for, so that every byte must
 * arrive.
 */
export function isMild({ mutations }: FuzzCase): boolean {
  return mutations.every(({ kind }) => MILD.includes(kind)) && !isOutage(mutations);
}

/**
 * Whether so many packets in a row are lost, or late, that giving up is right: a SYN is sent seven times, and an end that has
 * closed answers for a minute whoever asks for the last acknowledgment again.
 */
function isOutage(mutations: readonly Mutation[]): boolean {
  const lost = [...new Set(mutations.filter(({ kind }) => kind !== "duplicate").map(({ packet }) => packet))];
  return lost.some((packet, i) => (lost[i + MOST_LOST] ?? Infinity) < packet + PACKETS_IN_A_ROW);
}
