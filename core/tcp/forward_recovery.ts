/**
 * F-RTO (RFC 5682): whether a timeout was for nothing, told without timestamps by sending new data where the next
 * retransmission would be.
 *
 * What the first acknowledgment after the timeout covers may be the retransmission or its original. If another one then
 * covers what was never sent again, the originals were late and not lost; if it tells of the new data instead, they were.
 * With timestamps the Eifel test tells the same at once.
 *
 * @module
 */

import type { AckInput } from "./ack_input.ts";

/** Where the algorithm stands (RFC 5682 section 3.1). */
export type ForwardStep =
  /** Not in use: lost segments go again, as after any timeout. */
  | "off"
  /** Step 2: the first segment went again and its acknowledgment is awaited. */
  | "retransmitted"
  /** Step 2b: new data is to leave. */
  | "sending"
  /** Step 3: new data left, and the next acknowledgment will tell. */
  | "judging";

/** The algorithm for one subflow. */
export class ForwardRecovery {
  /** See {@linkcode ForwardStep}. */
  step: ForwardStep = "off";

  #timeoutEnd = 0;
  #coversOriginal = false;

  /** New data leaves before what is lost, or nothing does. */
  get prefersNew(): boolean {
    return this.step === "sending" || this.step === "judging";
  }

  /**
   * The timeout expired with everything below `end` sent (step 1); `isFirst` unless a recovery was under way that has made
   * progress since.
   */
  onTimeout(isFirst: boolean, end: number): void {
    this.step = isFirst ? "retransmitted" : "off";
    this.#timeoutEnd = end;
    this.#coversOriginal = false;
  }

  /** New data left. */
  onNewSent(): void {
    if (this.step === "sending") this.step = "judging";
  }

  /** The next acknowledgment delivers a segment, up to `end`, that was never sent again. */
  onOriginalDelivered(end: number): void {
    if (end <= this.#timeoutEnd) this.#coversOriginal = true;
  }

  /** There is no new data, or something else has told already. */
  stop(): void {
    this.step = "off";
  }

  /** Takes an acknowledgment below `una`, `advanced` if that is new; true if it shows that the timeout was for nothing. */
  onAck(una: number, advanced: boolean, input: AckInput): boolean {
    if (this.step === "off") return false;
    const coversOriginal = this.#coversOriginal;
    this.#coversOriginal = false;
    if (!Number.isNaN(input.echoedMillis)) this.step = "off";
    else if (this.step === "retransmitted") {
      if (advanced) this.step = una >= this.#timeoutEnd ? "off" : "sending";
    } else {
      const coversNew = this.#coversNew(input);
      // Acknowledgments of originals may follow each other so fast that no new data has left in between.
      const isSpurious = coversOriginal && !coversNew;
      // A duplicate, or news of the new data alone: the originals did not arrive (step 3a).
      if (isSpurious || coversNew || !advanced) this.step = "off";
      return isSpurious;
    }
    return false;
  }

  #coversNew({ sackEdges, sackCount }: AckInput): boolean {
    for (let i = 0; i < sackCount; i++) {
      if ((sackEdges[2 * i + 1] as number) > this.#timeoutEnd) return true;
    }
    return false;
  }
}
