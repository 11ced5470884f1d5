/**
 * Proportional rate reduction (RFC 6937): how much may leave during fast recovery.
 *
 * @module
 */

/** Spreads the reduction of the window evenly over the acknowledgments of one recovery. */
export class ProportionalRateReduction {
  #target = 0;
  #flightAtLoss = 0;
  #delivered = 0;
  #sent = 0;
  /** What may be in flight now, in bytes. */
  window = 0;

  /**
   * Recovery begins and shall end with a window of `target`; `flight` bytes were not delivered before the acknowledgment
   * that begins it, which is the first to be taken.
   */
  start(target: number, flight: number, mss: number): void {
    this.#target = target;
    this.#flightAtLoss = Math.max(flight, mss);
    this.#delivered = this.#sent = 0;
  }

  /**
   * An acknowledgment delivered `delivered` bytes and left `pipe` in flight (RFC 6937 section 3).
   * `isSafe` says that it advanced the window and reported no further loss: then slow start may make up for pipe lost.
   */
  onAck(delivered: number, pipe: number, isSafe: boolean, mss: number): void {
    this.#delivered += delivered;
    let allowance: number;
    if (pipe > this.#target) {
      allowance = Math.ceil((this.#delivered * this.#target) / this.#flightAtLoss) - this.#sent;
    } else {
      const limit = Math.max(this.#delivered - this.#sent, delivered) + (isSafe ? mss : 0);
      allowance = Math.min(this.#target - pipe, limit);
    }
    if (this.#sent === 0) allowance = Math.max(allowance, mss);
    this.window = pipe + Math.max(allowance, 0);
  }

  /** `bytes` left, new or again. */
  onSent(bytes: number): void {
    this.#sent += bytes;
  }
}
