/**
 * How a connection begins.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { avoidBlackHole } from "./black_holes.ts";
import type { Subflow } from "./subflow.ts";

/** Opens `subflow`, the first one, in the way that its path is known to take. */
export function openFirst(subflow: Subflow, now: Micros): void {
  avoidBlackHole(subflow, now);
  subflow.tcp.connect(now);
}

/** Whether the third ACK on `subflow` may be taken: not while too many connections wait to be accepted. */
export function mayEstablish({ meta, role }: Subflow): boolean {
  return role !== "first-passive" || meta.context.mayAccept(meta);
}
