/**
 * Paths on which a SYN with MP_CAPABLE vanishes while one without is answered (RFC 8684 section 3.7).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Path } from "../tcp/path.ts";
import { makePlain } from "./fallback.ts";
import type { Subflow } from "./subflow.ts";

/** Paths remembered at most; the oldest is forgotten first. */
const MOST_PATHS = 1024;
/** The time is doubled so often at most, as on Linux. */
const MOST_DOUBLINGS = 6;

interface BlackHole {
  readonly times: number;
  readonly until: Micros;
}

/** What a stack remembers of such paths, each a pair of addresses. */
export class BlackHoles {
  readonly #known = new Map<string, BlackHole>();

  /** Whether connections over `path` are to be plain TCP from the start. */
  isAvoided(path: Path, now: Micros): boolean {
    return this.#known.size > 0 && now < (this.#known.get(nameOf(path))?.until ?? 0);
  }

  /** `path` is one: it is avoided for `period`, and twice as long whenever it is found to be one again. */
  note(path: Path, period: Micros, now: Micros): void {
    const name = nameOf(path);
    const times = this.#known.get(name)?.times ?? 0;
    this.#known.delete(name);
    this.#known.set(name, { times: times + 1, until: now + period * 2 ** Math.min(times, MOST_DOUBLINGS) });
    if (this.#known.size > MOST_PATHS) this.#known.delete(this.#known.keys().next().value as string);
  }

  /** A SYN with MP_CAPABLE was answered with one. */
  forget(path: Path): void {
    if (this.#known.size > 0) this.#known.delete(nameOf(path));
  }
}

/** Makes the first SYN of `subflow` a plain one where that is known to be the only one answered. */
export function avoidBlackHole(subflow: Subflow, now: Micros): void {
  const { meta, tcp } = subflow;
  if (!meta.isMultipath || !meta.context.blackHoles.isAvoided(tcp.path, now)) return;
  meta.context.counters.MPTcpExtMPCapableSYNTXDisabled++;
  beginPlain(subflow);
}

/** The SYN of `subflow` goes for the time `tries` again: too often in vain, and it goes without MP_CAPABLE. */
export function suspectBlackHole(subflow: Subflow, tries: number): void {
  const { meta } = subflow;
  if (subflow.role !== "first-active" || tries <= meta.options.capableRetries) return;
  meta.context.counters.MPTcpExtMPCapableSYNTXDrop++;
  beginPlain(subflow);
}

/** The connection of `subflow` is plain TCP, and established. */
export function confirmBlackHole({ meta, tcp }: Subflow, now: Micros): void {
  // Without a SYN sent again it is one that was known.
  if (meta.fallbackCause !== "black-hole" || tcp.synTries <= meta.options.capableRetries) return;
  meta.context.counters.MPTcpExtBlackhole++;
  meta.context.blackHoles.note(tcp.path, meta.options.blackHoleTimeout, now);
}

function beginPlain(subflow: Subflow): void {
  makePlain(subflow, "black-hole");
  subflow.meta.emit({ type: "fallback", cause: "black-hole" });
}

function nameOf({ local, remote }: Path): string {
  return `${local} ${remote}`;
}
