/**
 * How a connection begins.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { FastOpenClient } from "../tcp/fast_open.ts";
import { avoidBlackHole } from "./black_holes.ts";
import type { Subflow } from "./subflow.ts";

/**
 * Opens `subflow`, the first one, in the way that its path is known to take. `isFast` if what is written already may go with
 * the SYN (RFC 7413).
 */
export function openFirst(subflow: Subflow, isFast: boolean, now: Micros): void {
  avoidBlackHole(subflow, now);
  const { tcp, meta: { context, queue } } = subflow;
  if (isFast && !context.fastOpenCookies.isAvoided(tcp.path, now)) {
    tcp.fastOpen = new FastOpenClient(tcp, context.fastOpenCookies, queue.end > 0 ? queue.blockAt(0) : null, queue.end);
  }
  tcp.connect(now);
}

/** Whether the third ACK on `subflow` may be taken: not while too many connections wait to be accepted. */
export function mayEstablish({ meta, role }: Subflow): boolean {
  return role !== "first-passive" || meta.context.mayAccept(meta);
}
