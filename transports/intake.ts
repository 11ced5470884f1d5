/**
 * Takes what arrives from several transports, in about the order in which it was sent.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { Stack } from "../core/stack.ts";
import type { Transport } from "./transport.ts";

/** Taken at once at most: packets of any size, and bytes of long ones. More than the caches hold is copied at half the speed. */
const BURST_PACKETS = 128;
const BURST_BYTES = 1 << 20;

/** Why no more is taken from a transport for now. */
type Stop = "empty" | "ahead" | "over";

/** The input of one host. */
export class Intake {
  /** Packets of the latest burst. */
  packets = 0;
  #bytes = 0;
  readonly #stack: Stack;
  readonly #transports: readonly Transport[];
  /** Those that may have something in this burst. */
  readonly #asked: Transport[] = [];
  /** Which of all comes first, for each is to have its turn. */
  #first = 0;

  /** Packets of `transports` go to `stack`. */
  constructor(stack: Stack, transports: readonly Transport[]) {
    this.#stack = stack;
    this.#transports = transports;
  }

  /**
   * Hands a burst to the stack; true if there may be more. A segment ahead of its turn tells that what belongs before it waits
   * in another transport or interface, which is asked next: what arrives in order reaches its reader at less cost.
   */
  take(now: Micros): boolean {
    const transports = this.#transports;
    const asked = this.#asked;
    for (let i = 0; i < transports.length; i++) asked.push(transports[(this.#first + i) % transports.length]!);
    this.#first = (this.#first + 1) % Math.max(transports.length, 1);
    this.packets = this.#bytes = 0;
    for (let at = 0; asked.length > 0;) {
      const stop = this.#takeFrom(asked[at]!, now);
      if (stop === "over") break;
      if (stop === "empty") asked.splice(at, 1);
      else at++;
      if (at === asked.length) at = 0;
    }
    const mayHaveMore = asked.length > 0;
    asked.length = 0;
    return mayHaveMore;
  }

  #takeFrom(transport: Transport, now: Micros): Stop {
    const stack = this.#stack;
    const { counters } = stack;
    const early = counters.MPTcpExtOFOQueue;
    for (let packet = transport.receive(); packet !== null; packet = transport.receive()) {
      this.#bytes += packet.tcpLength;
      stack.handlePacket(packet, now);
      if (++this.packets >= BURST_PACKETS || this.#bytes >= BURST_BYTES || stack.hasFullRead) return "over";
      if (counters.MPTcpExtOFOQueue === early) continue;
      transport.passTurn?.();
      return "ahead";
    }
    return "empty";
  }
}
