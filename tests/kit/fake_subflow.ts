/**
 * A subflow that a test sets as it likes.
 *
 * @module
 */

import type { Endpoint, Micros, SubflowView } from "../../core/plugin.ts";

/** A view whose every field can be written, but for `room`, which follows from the others. */
export class FakeSubflow implements SubflowView {
  readonly id: number;
  local: Endpoint = { address: "10.0.0.1", port: 40000 };
  remote: Endpoint = { address: "192.0.2.1", port: 443 };
  localAddressId = 0;
  remoteAddressId = 0;
  usable = true;
  backup = false;
  stale = false;
  mss = 1000;
  cwnd = 10_000;
  ssthresh: number = Infinity;
  inFlight = 0;
  queued = 0;
  srtt: Micros = 20_000;
  rttvar: Micros = 1000;
  minRtt: Micros = 20_000;
  pacingRate: number = Infinity;
  deliveryRate = 0;
  inRecovery = false;
  dataEnd = 0;
  bytesSent = 0;
  bytesAcked = 0;
  retransmissions = 0;

  /** A usable subflow of 10 segments of 1000 bytes and 20 ms, changed by `fields`. */
  constructor(id: number, fields: Partial<Omit<FakeSubflow, "id" | "room">> = {}) {
    this.id = id;
    Object.assign(this, fields);
  }

  /** Window less flight less queue. */
  get room(): number {
    return Math.max(0, this.cwnd - this.inFlight - this.queued);
  }
}
