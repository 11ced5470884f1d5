/**
 * What can be set on one subflow.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** Settings of one subflow; inherited from the connection. */
export interface TcpSettings {
  /** Times that a SYN or SYN/ACK is sent again before the attempt fails; Linux's tcp_syn_retries. */
  readonly synRetries: number;
  /** Times that data is sent again without an answer before the subflow fails; Linux's tcp_retries2. */
  readonly retries: number;
  /** How long a closed subflow lingers in TIME-WAIT, and in FIN-WAIT-2 once nobody reads; twice the segment lifetime. */
  readonly timeWait: Micros;
  /** Largest receive buffer ever, in bytes; the window scale is chosen for it. */
  readonly maximumWindow: number;
  /** Offer selective acknowledgments (RFC 2018). */
  readonly selectiveAcknowledgments: boolean;
  /** Offer timestamps (RFC 7323). */
  readonly timestamps: boolean;
}

/** Linux's values. */
export const DEFAULT_TCP_SETTINGS: TcpSettings = {
  synRetries: 6,
  retries: 15,
  timeWait: 60_000_000,
  maximumWindow: 6 * 1024 * 1024,
  selectiveAcknowledgments: true,
  timestamps: true,
};
