/**
 * The figures of a connection.
 *
 * @module
 */

import type { ConnectionStats } from "./events.ts";
import type { MetaSocket } from "./socket.ts";

/** Figures of `meta` as of now. */
export function statsOf(meta: MetaSocket): ConnectionStats {
  const { queue, reassembly } = meta;
  return {
    isMultipath: meta.isMultipath,
    fallbackCause: meta.fallbackCause,
    bytesWritten: queue.end,
    bytesAcked: Math.min(queue.una, queue.end),
    bytesReceived: Math.min(reassembly.next, reassembly.finAt),
    bytesRead: reassembly.readAt,
    bytesReinjected: queue.reinjected,
    bytesDuplicate: reassembly.duplicates,
    bytesOutOfOrder: reassembly.ahead,
    subflows: meta.subflows.length,
    subflowsTotal: meta.subflowSet.established,
    sendWindowEnd: queue.windowEnd,
    establishedAt: meta.establishedAt,
  };
}
