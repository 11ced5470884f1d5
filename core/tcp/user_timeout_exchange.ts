/**
 * The User Timeout option (RFC 5482): both ends tell how long they will wait, and wait for as long as the more patient one.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { MAXIMUM_OPTIONS_LENGTH, type TcpOptions } from "../wire/options.ts";
import type { SegmentKind } from "./hooks.ts";
import type { TcpSettings } from "./settings.ts";

/** L_LIMIT of RFC 5482 section 3.1: nobody talks us into less than RFC 1122 section 4.2.3.5 wants. */
const SHORTEST: Micros = 100_000_000;
/** U_LIMIT: nor into keeping what it has sent for more. */
const LONGEST: Micros = 3_600_000_000;

const MICROS: Micros = 1_000_000;

/** What one socket has told its peer, and heard of it. */
export class UserTimeoutExchange {
  /** What the peer will wait; 0 if it has not said. */
  #remote: Micros = 0;
  /** Our value is to be told outside of a SYN: it left with one, or changed. */
  #isDue = true;

  /** The user timeout in force (RFC 5482 section 3.1); 0 leaves it to the number of retransmissions. */
  of({ userTimeout, exchangeUserTimeout }: TcpSettings): Micros {
    if (!exchangeUserTimeout || this.#remote === 0) return userTimeout;
    return Math.min(LONGEST, Math.max(userTimeout, this.#remote, SHORTEST));
  }

  /** The peer's segment has `options`. */
  take({ userTimeout }: TcpOptions): void {
    if (userTimeout > 0) this.#remote = userTimeout * MICROS;
  }

  /** `settings` are to be `changed`; true if the peer must be told. */
  changes(settings: TcpSettings, changed: TcpSettings): boolean {
    const isChanged = changed.exchangeUserTimeout &&
      (!settings.exchangeUserTimeout || settings.userTimeout !== changed.userTimeout);
    this.#isDue ||= isChanged;
    return isChanged;
  }

  /**
   * Adds our value to each SYN, and to the first acknowledgment without data (section 3.3): a SYN may have been answered
   * without remembering it, and the options of data leave no room.
   */
  writeOption({ userTimeout }: TcpSettings, options: TcpOptions, kind: SegmentKind): void {
    const isSyn = kind === "syn" || kind === "syn-ack";
    if (userTimeout === 0 || !(isSyn || (kind === "ack" && this.#isDue))) return;
    options.userTimeout = Math.ceil(userTimeout / MICROS);
    if (options.byteLength() > MAXIMUM_OPTIONS_LENGTH) options.userTimeout = 0;
    else if (!isSyn) this.#isDue = false;
  }
}
