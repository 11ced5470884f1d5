/**
 * The figures of a connection.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { TcpSocket } from "../tcp/socket.ts";
import type { ConnectionStats } from "./events.ts";
import type { MetaSocket } from "./socket.ts";

/** What subflows have counted, added up. */
export class SubflowTotals {
  /** Payload bytes sent, repetitions included. */
  bytesSent = 0;
  /** Segments sent again. */
  retransmissions = 0;
  /** Payload bytes sent again. */
  bytesRetransmitted = 0;
  /** When payload left last; NaN before the first. */
  lastSentAt: Micros = NaN;
  /** When payload came last; NaN before the first. */
  lastReceivedAt: Micros = NaN;
  /** When an acknowledgment came last; NaN before the first. */
  lastAckAt: Micros = NaN;

  /** Adds the counts of `figures`, of a subflow or of several. */
  add(figures: SubflowTotals | TcpSocket["figures"]): this {
    this.bytesSent += figures.bytesSent;
    this.retransmissions += figures.retransmissions;
    this.bytesRetransmitted += figures.bytesRetransmitted;
    this.lastSentAt = later(this.lastSentAt, figures.lastSentAt);
    this.lastReceivedAt = later(this.lastReceivedAt, figures.lastReceivedAt);
    this.lastAckAt = later(this.lastAckAt, figures.lastAckAt);
    return this;
  }
}

/** Figures of `meta` as of now. */
export function statsOf(meta: MetaSocket): ConnectionStats {
  const { queue, reassembly, subflowSet, paths } = meta;
  const totals = new SubflowTotals().add(subflowSet.past);
  for (const { tcp } of meta.subflows) totals.add(tcp.figures);
  return {
    isMultipath: meta.isMultipath,
    fallbackCause: meta.fallbackCause,
    usesChecksums: meta.usesChecksums,
    token: meta.localKey.token,
    bytesWritten: queue.end,
    bytesAssigned: queue.next,
    bytesAcked: Math.min(queue.una, queue.end),
    bytesReceived: Math.min(reassembly.next, reassembly.finAt),
    bytesRead: reassembly.readAt,
    bytesReinjected: queue.reinjected,
    bytesDuplicate: reassembly.duplicates,
    bytesOutOfOrder: reassembly.ahead,
    bytesSent: totals.bytesSent,
    bytesRetransmitted: totals.bytesRetransmitted,
    retransmissions: totals.retransmissions,
    stalls: meta.timers.stalls,
    subflows: meta.subflows.length,
    subflowsTotal: subflowSet.established,
    addressesAnnounced: paths.announced,
    addressesLearned: paths.remoteAddresses.filter(({ id }) => id !== 0).length,
    localAddressesUsed: new Set(meta.subflows.map(({ localAddressId }) => localAddressId)).size,
    sendWindowEnd: queue.windowEnd,
    receiveWindowEnd: reassembly.edge,
    establishedAt: meta.establishedAt,
    lastSentAt: totals.lastSentAt,
    lastReceivedAt: totals.lastReceivedAt,
    lastAckAt: totals.lastAckAt,
  };
}

function later(one: Micros, other: Micros): Micros {
  return Number.isNaN(one) || other > one ? other : one;
}
