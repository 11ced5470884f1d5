/**
 * Explicit congestion notification: routers mark packets instead of dropping them, the receiver echoes the mark, and the
 * sender answers as to a loss (RFC 3168 section 6.1).
 *
 * @module
 */

import type { LossKind } from "../plugin.ts";
import { ACK, CWR, ECE, SYN, type TcpHeader } from "../wire/tcp.ts";

/** Whether a subflow uses congestion marks; Linux's tcp_ecn 1, 2 and 0. */
export type EcnUse =
  /** Asks for it with each SYN, and agrees. */
  | "ask"
  /** Agrees when the peer asks. */
  | "answer"
  /** Neither. */
  | "never";

/** ECN field of a packet that may be marked instead of dropped (RFC 3168 section 5). */
const ECN_CAPABLE = 2;
/** ECN field of a packet that was marked. */
const CONGESTION_EXPERIENCED = 3;

/** The marks of one subflow, those received and those answered. */
export class Ecn {
  /** Both ends agreed on it. */
  isUsed = false;
  /** A mark came, and the sender has not said yet that it answered: every acknowledgment says so. */
  isEchoDue = false;

  /** Flags of a SYN that asks. One that was lost may have been dropped for asking (RFC 3168 section 6.1.1.1). */
  flagsOfSyn(use: EcnUse, tries: number): number {
    return use === "ask" && tries === 0 ? ECE | CWR : 0;
  }

  /** The peer's SYN, or its answer to ours, in `header`. */
  handleSyn(header: TcpHeader, use: EcnUse): void {
    const flags = header.flags & (ECE | CWR);
    // A SYN that is marked itself, or may be, comes through a box that sets these bits for a reason of its own.
    if (header.flags & ACK) this.isUsed = use === "ask" && flags === ECE;
    else this.isUsed = use !== "never" && flags === (ECE | CWR) && header.ecn === 0;
  }

  /** Payload came with `header`; true if the sender has reduced its window, or will, and waits for what this end acknowledges. */
  handleData(header: TcpHeader): boolean {
    if (!this.isUsed) return false;
    const hasAnswered = (header.flags & CWR) !== 0;
    const isMarked = header.ecn === CONGESTION_EXPERIENCED;
    const isFirst = isMarked && (!this.isEchoDue || hasAnswered);
    if (hasAnswered) this.isEchoDue = false;
    if (isMarked) this.isEchoDue = true;
    return isFirst || hasAnswered;
  }

  /** Whether `header` tells of a mark on what this end sent. */
  isEcho(header: TcpHeader): boolean {
    return this.isUsed && (header.flags & (ECE | SYN)) === ECE;
  }

  /** Flags of an acknowledgment, with or without data. */
  get flagsOfAck(): number {
    return this.isEchoDue ? ECE : 0;
  }

  /** ECN field of a packet with payload: not where it repeats (RFC 3168 section 6.1.5). */
  fieldOfData(isNew: boolean): number {
    return this.isUsed && isNew ? ECN_CAPABLE : 0;
  }
}

/** The sender's answer to echoes: one reduction for a window of data (RFC 3168 section 6.1.2). */
export class EchoAnswer {
  /** The window was reduced, and the peer is to be told with the next new data. */
  isDue = false;
  /** The last reduction for a loss was left out, as that for an echo had just been made. */
  hasReplaced = false;

  #until = 0;

  /** An echo came; true if it tells of a mark that came after the last answer. `una` is acknowledged, `nxt` sent. */
  begin(una: number, nxt: number): boolean {
    // What tells the peer of the answer begins at `until`, and the peer echoes until it has that.
    if (una <= this.#until) return false;
    this.#until = nxt;
    return true;
  }

  /** The window is to be reduced; true if it was when what is in flight now was, so that a loss of that is the same event. */
  replaces(kind: LossKind, una: number): boolean {
    this.hasReplaced = kind === "fast" && una < this.#until;
    this.isDue = true;
    return this.hasReplaced;
  }
}
