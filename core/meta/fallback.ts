/**
 * From Multipath TCP to plain TCP (RFC 8684 section 3.7).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Verdict } from "../tcp/hooks.ts";
import type { FallbackCause } from "./events.ts";
import { MultipathHooks } from "./multipath.ts";
import { PlainHooks } from "./plain.ts";
import type { Subflow } from "./subflow.ts";

/** Carries on as plain TCP on the only subflow; one that joined, or does not carry the stream from end to end, cannot. */
export function fallBack(subflow: Subflow, cause: FallbackCause, now: Micros): Verdict {
  if (subflow.isJoin || !isWholeStream(subflow)) return "reset";
  const { meta } = subflow;
  meta.queue.forgetReinjections();
  if (cause === "no-dss") meta.context.counters.MPTcpExtDssFallback++;
  makePlain(subflow, cause);
  // Joins that are being opened have nothing to join any more.
  for (const other of [...meta.subflows]) if (other !== subflow) other.tcp.abort("closed", now);
  meta.emit({ type: "fallback", cause });
  return "accept";
}

/** Whether the bytes of `subflow` are those of the data stream so far, each once and in order. */
export function isWholeStream({ meta: { queue, reassembly }, tcp }: Subflow): boolean {
  const sent = tcp.recovery.board.end - (tcp.isFinQueued ? 1 : 0) - 1;
  const isNextInLine = tcp.receiver.next - 1 === Math.min(reassembly.next, reassembly.finAt);
  // What is held out of order was mapped before the options went away: a second copy would be new bytes to plain TCP.
  const isHeldInLine = !(tcp.hooks instanceof MultipathHooks) || tcp.hooks.mappings.isShiftBy(-1);
  return sent === queue.next && isNextInLine && isHeldInLine;
}

/** Makes the connection of `subflow`, its only one, plain TCP. */
export function makePlain(subflow: Subflow, cause: FallbackCause): void {
  const { meta, tcp } = subflow;
  meta.isMultipath = false;
  meta.fallbackCause = cause;
  subflow.isConfirmed = true;
  tcp.hooks = new PlainHooks(subflow);
  tcp.updateMss();
}
