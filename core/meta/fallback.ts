/**
 * From Multipath TCP to plain TCP (RFC 8684 section 3.7).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Verdict } from "../tcp/hooks.ts";
import type { FallbackCause } from "./events.ts";
import { handleDataAck } from "./input.ts";
import { MultipathHooks } from "./multipath.ts";
import { PlainHooks } from "./plain.ts";
import type { Subflow } from "./subflow.ts";

/**
 * Carries on as plain TCP on the only subflow; one that joined, that may not be the only one to the peer, or that does not
 * carry the stream from end to end, cannot.
 */
export function fallBack(
  subflow: Subflow,
  cause: FallbackCause,
  now: Micros,
  hooks: PlainHooks = new PlainHooks(subflow, receiveShift(subflow)),
): Verdict {
  const { meta, tcp } = subflow;
  if (subflow.isJoin || meta.subflowSet.hasJoined || !isWholeStream(subflow)) return "reset";
  meta.queue.forgetReinjections();
  meta.reassembly.forgetFin();
  if (cause === "no-dss" && meta.failure === null) meta.context.counters.MPTcpExtDssFallback++;
  if (meta.failure?.cause === "length-changed") meta.context.counters.MPTcpExtDSSCorruptionFallback++;
  stopVerifying(subflow, now);
  makePlain(subflow, meta.failure?.cause ?? cause, hooks);
  meta.failure = null;
  // What the subflow has delivered needs no DATA_ACK any more.
  handleDataAck(meta, Math.min(tcp.recovery.board.una - 1, meta.queue.end), now);
  meta.timers.update();
  // Joins that are being opened have nothing to join any more.
  for (const other of [...meta.subflows]) if (other !== subflow) other.tcp.abort("closed", now);
  meta.emit({ type: "fallback", cause: meta.fallbackCause as FallbackCause });
  meta.activate();
  return "accept";
}

/**
 * Whether the bytes of `subflow` are those of the data stream: all of ours so far, each once and in order, and the peer's from
 * here on, or from the last `waiting` that came. Of what came before some may have come twice: asked for a window, Linux sends
 * a byte again that is acknowledged.
 */
export function isWholeStream(subflow: Subflow, waiting = 0): boolean {
  const { meta: { queue }, tcp } = subflow;
  const mappings = tcp.hooks instanceof MultipathHooks ? tcp.hooks.mappings : null;
  const sent = tcp.recovery.board.end - (tcp.isFinQueued ? 1 : 0) - 1;
  const shift = receiveShift(subflow, waiting);
  const isNextInLine = shift === (mappings?.shift ?? -1);
  // What is held out of order was mapped before the options went away: a second copy would be new bytes to plain TCP.
  const isHeldInLine = mappings === null || mappings.isShiftBy(shift);
  return sent === queue.next && queue.ahead === 0 && isNextInLine && isHeldInLine;
}

/** Data offset less subflow offset of what the peer sends next on `subflow`, if it is what the stream lacks; as above. */
export function receiveShift({ meta: { reassembly }, tcp, verifier }: Subflow, waiting = 0): number {
  const pending = tcp.hooks instanceof MultipathHooks ? tcp.hooks.pending : 0;
  const taken = tcp.receiver.next - (verifier?.held ?? 0) - pending - waiting;
  return Math.min(reassembly.next, reassembly.finAt) - taken;
}

/** Lets through what waits for the rest of its mapping, and whatever follows. */
export function stopVerifying(subflow: Subflow, now: Micros): void {
  const { verifier } = subflow;
  subflow.verifier = null;
  verifier?.release(now);
}

/** Makes the connection of `subflow`, its only one, plain TCP, as `hooks` speak it. */
export function makePlain(subflow: Subflow, cause: FallbackCause, hooks: PlainHooks = new PlainHooks(subflow)): void {
  const { meta, tcp } = subflow;
  meta.isMultipath = false;
  meta.fallbackCause = cause;
  subflow.isConfirmed = true;
  subflow.suspectAt = Infinity;
  if (tcp.hooks instanceof MultipathHooks) tcp.hooks.clear();
  tcp.hooks = hooks;
  tcp.updateMss();
}
