/**
 * What a congestion controller is told of acknowledgments and losses: one object of each for a sender, filled again and
 * again.
 *
 * @module
 */

import type { AckSample, LossSample, Micros } from "../plugin.ts";
import type { DeliveryRate } from "./delivery_rate.ts";
import type { Segment } from "./segment.ts";

/** The acknowledgment that is being taken. */
export class Acknowledgment implements AckSample {
  acked = 0;
  rtt: Micros = 0;
  priorInFlight = 0;
  inFlight = 0;
  delivered = 0;
  priorDelivered = 0;
  sentInFlight = 0;
  lost = 0;
  deliveryRate = 0;
  appLimited = false;
  cwndLimited = false;
  inRecovery = false;

  /** Takes over what `rate` found out about the newest segment that was acknowledged. */
  takeRate(rate: DeliveryRate): void {
    this.delivered = rate.delivered;
    this.priorDelivered = rate.priorDelivered;
    this.sentInFlight = rate.sentInFlight;
    this.lost = rate.lost - rate.priorLost;
    this.deliveryRate = rate.sample;
    this.appLimited = rate.isAppLimited;
  }
}

/** The segment that was found lost. */
export class LostSegment implements LossSample {
  start = 0;
  bytes = 0;
  sentInFlight = 0;
  lost = 0;
  delivered = 0;
  appLimited = false;

  /** Takes over what `segment`, which `rate` has counted as lost, remembers. */
  take(segment: Segment, rate: DeliveryRate): this {
    this.start = segment.start;
    this.bytes = segment.length;
    this.sentInFlight = segment.sentInFlight;
    this.lost = rate.lost - segment.lostBefore;
    this.delivered = rate.delivered;
    this.appLimited = segment.appLimited;
    return this;
  }
}
