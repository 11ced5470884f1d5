/**
 * The places for subflows that the peer opens.
 *
 * A peer behind a translator that gave it a new port joins again, and cannot say that its old subflow is gone: its words
 * would come from a stranger. Such subflows must not keep it out for as long as data takes to time out.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Subflow } from "./subflow.ts";

/** A peer answers such questions twice a second at most (RFC 5961 section 7). */
const LEAST_PATIENCE: Micros = 1_000_000;

/** Subflows that the peer opened and that count against what it may open. */
export class Places {
  /** When a subflow was asked whether its peer is there. */
  readonly #askedAt = new WeakMap<Subflow, Micros>();

  /**
   * Whether there is a place among `taken`, of `most`. If not, the oldest attempt that is not complete makes room, or a
   * subflow that shows that its peer is gone: it makes no progress, or was asked and did not answer for a retransmission
   * timeout, a second at least. If there is none, all are asked, for the next attempt.
   */
  isFree(taken: readonly Subflow[], most: number, now: Micros): boolean {
    if (taken.length < most) return true;
    // Who has only seen the token must not keep out, with a few SYNs, those who answer within a round trip; nor those in.
    const incomplete = taken.find(({ tcp }) => tcp.state === "syn-received");
    if (incomplete !== undefined) {
      incomplete.tcp.close("refused", now);
      return true;
    }
    const gone = taken.find((subflow) => subflow.stale || this.#isSilent(subflow, now));
    if (gone === undefined) { for (const subflow of taken) this.#ask(subflow, now); }
    else gone.tcp.abort("timeout", now);
    return gone !== undefined;
  }

  #isSilent(subflow: Subflow, now: Micros): boolean {
    const askedAt = this.#askedAt.get(subflow);
    if (askedAt === undefined) return false;
    const { figures, recovery } = subflow.tcp;
    return !(figures.lastAckAt >= askedAt) && now - askedAt >= Math.max(recovery.rtt.timeout, LEAST_PATIENCE);
  }

  /** The question that counts is the first without an answer; it is repeated with each attempt. */
  #ask(subflow: Subflow, now: Micros): void {
    const { figures, state } = subflow.tcp;
    if (state !== "established") return;
    const askedAt = this.#askedAt.get(subflow);
    if (askedAt === undefined || figures.lastAckAt >= askedAt) this.#askedAt.set(subflow, now);
    subflow.tcp.requestProbe();
  }
}
