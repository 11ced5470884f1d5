/**
 * What can be set on one subflow.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { DEFAULT_HOP_LIMIT } from "../wire/packet.ts";
import type { EcnUse } from "./ecn.ts";
import type { MtuProbing } from "./mtu_probe.ts";

/** Settings of one subflow; inherited from the connection. */
export interface TcpSettings {
  /** Times that a SYN is sent again before the attempt fails; Linux's tcp_syn_retries. */
  readonly synRetries: number;
  /** Times that a SYN/ACK is sent again before the attempt of the peer fails; Linux's tcp_synack_retries. */
  readonly synAckRetries: number;
  /** Times that data is sent again without an answer before the subflow fails; Linux's tcp_retries2. */
  readonly retries: number;
  /** How long data may stay unacknowledged before a subflow, and the connection, fails; 0 leaves it to `retries`; Linux's TCP_USER_TIMEOUT. */
  readonly userTimeout: Micros;
  /** Tell the peer `userTimeout` and wait as long as it asks for, too, from 100 seconds to an hour (RFC 5482); Linux does neither. */
  readonly exchangeUserTimeout: boolean;
  /** How long a closed subflow lingers in TIME-WAIT, and in FIN-WAIT-2 once nobody reads; twice the segment lifetime. */
  readonly timeWait: Micros;
  /** Largest receive buffer ever, in bytes; the window scale is chosen for it. */
  readonly maximumWindow: number;
  /** Ask an idle peer from time to time whether it is there (RFC 1122 section 4.2.3.6). */
  readonly keepAlive: boolean;
  /** Idle time before the first question; Linux's tcp_keepalive_time. */
  readonly keepAliveTime: Micros;
  /** Time between questions; Linux's tcp_keepalive_intvl. */
  readonly keepAliveInterval: Micros;
  /** Questions without an answer after which the subflow fails; Linux's tcp_keepalive_probes. */
  readonly keepAliveProbes: number;
  /** Offer selective acknowledgments (RFC 2018). */
  readonly selectiveAcknowledgments: boolean;
  /** Offer timestamps (RFC 7323). */
  readonly timestamps: boolean;
  /** When to find the MTU of the path by trying (RFC 4821); Linux's tcp_mtu_probing 0, 1 and 2. */
  readonly mtuProbing: MtuProbing;
  /** Whether routers may mark instead of drop (RFC 3168): ask the peer, agree when it asks, or never; Linux's tcp_ecn 1, 2 and 0. */
  readonly ecn: EcnUse;
  /** Code point of differentiated services (RFC 2474) in its packets, 0 to 63; Linux's IP_TOS and IPV6_TCLASS, less the ECN bits. */
  readonly dscp: number;
  /** Routers that its packets pass at most, 1 to 255; Linux's IP_TTL and IPV6_UNICAST_HOPS. */
  readonly hopLimit: number;
}

/** Linux's values, but for `mtuProbing`: on Linux it is off. */
export const DEFAULT_TCP_SETTINGS: TcpSettings = {
  synRetries: 6,
  synAckRetries: 5,
  retries: 15,
  userTimeout: 0,
  exchangeUserTimeout: false,
  timeWait: 60_000_000,
  maximumWindow: 6 * 1024 * 1024,
  keepAlive: false,
  keepAliveTime: 7_200_000_000,
  keepAliveInterval: 75_000_000,
  keepAliveProbes: 9,
  selectiveAcknowledgments: true,
  timestamps: true,
  mtuProbing: "after-black-hole",
  ecn: "answer",
  dscp: 0,
  hopLimit: DEFAULT_HOP_LIMIT,
};

/** The shift of window fields that can express `settings.maximumWindow` (RFC 7323 section 2.2). */
export function receiveScaleOf({ maximumWindow }: TcpSettings): number {
  let scale = 0;
  while (maximumWindow >> scale > 0xffff && scale < 14) scale++;
  return scale;
}
