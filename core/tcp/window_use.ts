/**
 * Whether a sender uses its congestion window: one that does not has no reason to let it grow (RFC 7661).
 *
 * @module
 */

/** The largest flight of each round trip. */
export class WindowUse {
  #most = 0;
  #roundEnd = 0;

  /** Something left; `pipe` bytes are in flight now. */
  onSent(pipe: number): void {
    if (pipe > this.#most) this.#most = pipe;
  }

  /** Everything below `una` is acknowledged, everything below `nxt` was sent. */
  onAck(una: number, nxt: number, pipe: number): void {
    if (una < this.#roundEnd) return;
    this.#roundEnd = nxt;
    this.#most = pipe;
  }

  /** Linux's form: slow start may double what was used, congestion avoidance needs a full window. */
  isLimit(cwnd: number, ssthresh: number, mss: number): boolean {
    return cwnd < ssthresh ? cwnd < 2 * this.#most : this.#most + mss > cwnd;
  }
}
