/**
 * Attackers of the matrix: what somebody sends who is not on the path, or sees it and cannot hold anything up.
 *
 * @module
 */

import type { IcmpErrorKind } from "../../core/mod.ts";
import { type BoxScope, forgeErrors, type ForgeErrorsOptions, forgeSegments, type Moment } from "../../sim/mod.ts";
import type { BoxCase } from "./boxes.ts";

type Way = Pick<BoxScope, "direction">;

/** Several of each, so that one gets through. */
const COUNT = 5;

const segment = (what: string, flags: string, sequence: number, more: object = {}): BoxCase => ({
  name: `forges ${what}`,
  make: (way: Way, moment: Moment) => forgeSegments({ ...way, at: moment, count: COUNT, flags, sequence, ...more }),
});

/** Multipath TCP options in an acknowledgment whose numbers are right, made without knowing the keys. */
const option = (what: string, flags: string, ...bytes: number[]): BoxCase =>
  segment(what, flags, 0, {
    options: Uint8Array.of(30, bytes.length + 2, ...bytes, ...NO_OPERATIONS[bytes.length % 4]!),
  });

/** What fills an option up to a multiple of 4, by the length of what follows its kind and length, modulo 4. */
const NO_OPERATIONS: readonly (readonly number[])[] = [[1, 1], [1], [], [1, 1, 1]];
const KEY = [1, 2, 3, 4, 5, 6, 7, 8];

const error = (what: string, kind: IcmpErrorKind, more: Partial<ForgeErrorsOptions> = {}): BoxCase => ({
  name: `forges ICMP: ${what}`,
  make: (way: Way, moment: Moment) => forgeErrors({ ...way, at: moment, count: COUNT, kind, ...more }),
});

/** All of them. */
export const FORGERIES: readonly BoxCase[] = [
  segment("RST in the window", "R", 1000),
  segment("RST far off", "RA", 2 ** 31),
  segment("SYN", "S", 1000),
  segment("SYN/ACK", "SA", 1000),
  segment("FIN in the window", "FA", 50_000),
  segment("ACK of what was never sent", "A", 0, { acknowledgment: 1_000_000 }),
  segment("ACK far in the past", "A", 0, { acknowledgment: -100_000_000 }),
  segment("data far off", "A", -(2 ** 30), { bytes: 100 }),
  option("MP_JOIN", "S", 0x10, 9, 1, 2, 3, 4, 5, 6, 7, 8),
  option("ADD_ADDR", "A", 0x30, 7, 10, 0, 66, 6, ...KEY),
  option("REMOVE_ADDR", "A", 0x40, 1),
  option("MP_PRIO", "A", 0x51, 0),
  option("MP_FASTCLOSE", "A", 0x70, 0, ...KEY),
  option("MP_FASTCLOSE with RST", "R", 0x70, 0, ...KEY),
  option("infinite mapping", "A", 0x20, 0x04, 1, 2, 3, 4, 0, 0, 0, 1, 0, 0),
  error("too big, MTU 68", "too-big", { mtu: 68 }),
  error("too big, far off", "too-big", { mtu: 68, sequence: 2 ** 30 }),
  error("host unreachable", "host-unreachable"),
  error("port unreachable, far off", "port-unreachable", { sequence: 2 ** 30 }),
];
