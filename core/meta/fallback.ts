/**
 * From Multipath TCP to plain TCP (RFC 8684 section 3.7).
 *
 * @module
 */

import type { Verdict } from "../tcp/hooks.ts";
import type { FallbackCause } from "./events.ts";
import { PlainHooks } from "./plain.ts";
import type { Subflow } from "./subflow.ts";

/** Carries on as plain TCP on the only subflow; a joining one cannot. */
export function fallBack(subflow: Subflow, cause: FallbackCause): Verdict {
  if (subflow.isJoin) return "reset";
  const { meta } = subflow;
  if (cause === "no-dss") meta.context.counters.MPTcpExtDssFallback++;
  makePlain(subflow, cause);
  meta.emit({ type: "fallback", cause });
  return "accept";
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
