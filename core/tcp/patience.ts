/**
 * When data that is sent again in vain ends a subflow.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { MAX_TIMEOUT } from "./rtt.ts";
import type { TcpSocket } from "./socket.ts";

/** Retransmissions in vain after which the program hears of them: R1 of RFC 9293 section 3.8.3. */
export const TROUBLE_AFTER = 3;
/** A peer that was heard of so long ago does not answer any more: the longest timeout, and an answer that was lost. */
const SILENCE: Micros = 2 * MAX_TIMEOUT;

/**
 * Whether `socket` has sent its first segment again too often. A peer may close its window behind what is on its way to it,
 * and keep it closed for as long as it answers (RFC 9293 sections 3.8.6 and 3.8.6.1): what goes again is a probe then.
 */
export function isGivenUp(socket: TcpSocket, now: Micros): boolean {
  const { recovery, settings, sendWindow, userTimeouts } = socket;
  if (recovery.rtt.backoff <= settings.retries || userTimeouts.of(settings) > 0) return false;
  return sendWindow.size > 0 || now - sendWindow.at > SILENCE;
}
