/**
 * Whether a reduction of the window was for nothing: what the Eifel test (RFC 3522), F-RTO (RFC 5682) and duplicates that the
 * peer reports (RFC 3708) say of it.
 *
 * @module
 */

import type { Counters } from "../counters.ts";
import type { AckInput } from "./ack_input.ts";
import { Eifel } from "./eifel.ts";
import { ForwardRecovery } from "./forward_recovery.ts";
import type { RecoveryState } from "./recovery.ts";
import { Repeated } from "./repeated.ts";
import type { Segment } from "./segment.ts";

/** What has told, as the counter of it. */
export type SpuriousSign = keyof Pick<Counters, "TcpExtTCPFullUndo" | "TcpExtTCPSpuriousRTOs" | "TcpExtTCPDSACKUndo">;

/** The three of one sender. */
export class SpuriousSigns {
  /** F-RTO, which has a say in what leaves. */
  readonly forward: ForwardRecovery = new ForwardRecovery();

  readonly #eifel = new Eifel();
  readonly #repeated = new Repeated();

  /** `segment` leaves, for the first time or again, with `millis` as its timestamp. */
  onSent(segment: Segment, isFirst: boolean, millis: number): void {
    if (isFirst) return this.forward.onNewSent();
    this.#eifel.onRetransmitted(segment, millis);
    this.#repeated.onRetransmitted(segment);
  }

  /** The peer says that it had [left, right) already. */
  onDuplicate(left: number, right: number): void {
    this.#repeated.onDuplicate(left, right);
  }

  /** Fast recovery begins, with everything below `una` acknowledged. */
  onRecovery(una: number): void {
    this.#eifel.onRecovery(una);
    this.#repeated.onReduced(una);
  }

  /** The timer expired for the `backoff`-th time in a row in `state`, with [una, nxt) outstanding. */
  onTimeout(state: RecoveryState, backoff: number, una: number, nxt: number): void {
    if (state !== "loss" || backoff === 0) this.#eifel.reset();
    if (state === "open") this.#repeated.onReduced(una);
    this.forward.onTimeout(state === "open" || backoff > 0, nxt);
  }

  /** Recovery is over, with [una, nxt) outstanding. */
  onOpen(una: number, nxt: number): void {
    this.forward.stop();
    this.#eifel.onRecovery(una);
    this.#repeated.onRecovered(nxt);
  }

  /** The reduction was given back. */
  onUndone(): void {
    this.#repeated.stop();
  }

  /**
   * What an acknowledgment of everything below `una`, `advanced` if that is new, says: something at last, or null.
   * `sawDuplicate` if it reports one: then it echoes the clock of an older segment.
   */
  judge(
    input: AckInput,
    una: number,
    advanced: boolean,
    sawDuplicate: boolean,
    state: RecoveryState,
  ): SpuriousSign | null {
    const mayBeForOriginal = state !== "open" && advanced && !sawDuplicate;
    const isForOriginal = mayBeForOriginal && this.#eifel.isForOriginal(input.echoedMillis);
    const isForwarded = this.forward.onAck(una, advanced, input);
    if (isForOriginal) return "TcpExtTCPFullUndo";
    if (isForwarded) return "TcpExtTCPSpuriousRTOs";
    return sawDuplicate && this.#repeated.wasForNothing(una) ? "TcpExtTCPDSACKUndo" : null;
  }
}
