/**
 * Links measured in packets, as papers on multipath congestion control do: 1000 bytes each, headers included.
 *
 * @module
 */

import type { ConnectionOptions, QueueOptions } from "../../sim/mod.ts";

/** Bytes of a packet. */
export const PACKET = 1000;

/** A link that no packet waits for. */
export const ACCESS: ConnectionOptions = { mtu: PACKET };

/** A bottleneck of the paper, in the direction of the data; the way back is free. */
export interface Bottleneck {
  /** Packets a second. */
  readonly packets: number;
  /** Round trip in milliseconds, half of it each way. */
  readonly roundTrip: number;
  /** Packets that can wait; as many as are on the way by default. */
  readonly queue?: number;
}

/** The link of a {@linkcode Bottleneck}. */
export function bottleneck({ packets, roundTrip, queue = packets * roundTrip / 1000 }: Bottleneck): ConnectionOptions {
  return {
    mtu: PACKET,
    rate: 8 * PACKET * packets,
    delay: roundTrip / 2,
    queue: { packets: queue },
    backward: { rate: Infinity },
  };
}

/** 100 packets with random early detection, as at the bottlenecks of the testbed of Khalili et al., CoNEXT 2012. */
export const TESTBED_QUEUE: QueueOptions = { red: { minimum: 25, maximum: 100, probability: 0.1, packets: 100 } };
