/**
 * What an acknowledgment said, made up.
 *
 * @module
 */

import type { AckSample } from "../../core/plugin.ts";

/**
 * The sample of an acknowledgment of `acked` bytes, which were all that was in flight, after 20 ms, for a sender that its
 * window holds back; changed by `fields`.
 */
export function fakeAck(acked: number, fields: Partial<AckSample> = {}): AckSample {
  return {
    acked,
    rtt: 20_000,
    priorInFlight: acked,
    inFlight: 0,
    delivered: acked,
    priorDelivered: 0,
    sentInFlight: acked,
    lost: 0,
    deliveryRate: 0,
    appLimited: false,
    cwndLimited: true,
    inRecovery: false,
    ...fields,
  };
}
