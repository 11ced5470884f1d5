/**
 * What can be set on a connection, and which of it its subflows inherit.
 *
 * @module
 */

import { throwIfUnknown } from "../known_names.ts";
import type { Micros } from "../plugin.ts";
import { DEFAULT_TCP_SETTINGS, type TcpSettings } from "../tcp/settings.ts";
import { checkOption } from "./option_rules.ts";

/** Options of a connection. Those of {@linkcode TcpSettings} are inherited by its subflows, present and future. */
export interface SocketOptions extends TcpSettings {
  /** Bytes that `write` takes before the peer has acknowledged some. */
  readonly sendBuffer: number;
  /** Bytes that the peer may send before the application has read some. */
  readonly receiveBuffer: number;
  /** Begin with a small window and let it grow with what is read in a round trip, up to `receiveBuffer`; as on Linux. */
  readonly receiveTuning: boolean;
  /** Take no more than twice what the congestion windows let leave, up to `sendBuffer`; as on Linux. */
  readonly sendTuning: boolean;
  /** Send small pieces at once instead of waiting for an acknowledgment (no Nagle algorithm). */
  readonly noDelay: boolean;
  /** How long the connection outlives its last subflow, and an unread half after `close`; Linux's close_timeout. */
  readonly closeTimeout: Micros;
  /** Times that ADD_ADDR is sent again without an echo. */
  readonly announceRetries: number;
  /** Time between two of them; Linux's add_addr_timeout. */
  readonly announceTimeout: Micros;
  /** Subflows that the peer may open beside the first. */
  readonly acceptedSubflows: number;
  /** Ask for checksums of mappings (MP_CAPABLE flag A); they are used if the peer asks, too. */
  readonly checksum: boolean;
  /** Times that a SYN with MP_CAPABLE is sent again before it goes without; Linux's syn_retrans_before_tcp_fallback. */
  readonly capableRetries: number;
  /** How long a path where that was needed gets plain TCP at once, doubled each time anew; Linux's blackhole_timeout. */
  readonly blackHoleTimeout: Micros;
  /** Let the peer join the address and port of the first subflow (MP_CAPABLE flag C); Linux's allow_join_initial_addr_port. */
  readonly joinsToInitialAddress: boolean;
  /** Speak Multipath TCP; false means plain TCP. */
  readonly multipath: boolean;
}

/** Where an option lives. */
export type OptionScope = "connection" | "subflow";

/** The scope of each option: a connection keeps its own, a subflow gets a copy when it is created or when it is set. */
export const OPTION_SCOPES: { readonly [name in keyof SocketOptions]: OptionScope } = {
  sendBuffer: "connection",
  receiveBuffer: "connection",
  receiveTuning: "connection",
  sendTuning: "connection",
  noDelay: "connection",
  closeTimeout: "connection",
  announceRetries: "connection",
  announceTimeout: "connection",
  acceptedSubflows: "connection",
  checksum: "connection",
  capableRetries: "connection",
  blackHoleTimeout: "connection",
  joinsToInitialAddress: "connection",
  multipath: "connection",
  synRetries: "subflow",
  synAckRetries: "subflow",
  retries: "subflow",
  userTimeout: "subflow",
  exchangeUserTimeout: "subflow",
  timeWait: "subflow",
  maximumWindow: "subflow",
  keepAlive: "subflow",
  keepAliveTime: "subflow",
  keepAliveInterval: "subflow",
  keepAliveProbes: "subflow",
  selectiveAcknowledgments: "subflow",
  timestamps: "subflow",
  mtuProbing: "subflow",
  ecn: "subflow",
  dscp: "subflow",
  hopLimit: "subflow",
};

/** What holds where nothing else is said. */
export const DEFAULT_SOCKET_OPTIONS: SocketOptions = {
  ...DEFAULT_TCP_SETTINGS,
  sendBuffer: 6 * 1024 * 1024,
  receiveBuffer: 6 * 1024 * 1024,
  receiveTuning: true,
  sendTuning: false,
  noDelay: false,
  closeTimeout: 60_000_000,
  announceRetries: 3,
  announceTimeout: 10_000_000,
  acceptedSubflows: 8,
  checksum: false,
  capableRetries: 2,
  blackHoleTimeout: 3_600_000_000,
  joinsToInitialAddress: true,
  multipath: true,
};

/** Fills `given` up with `base` and checks it; a TypeError or a RangeError says what is wrong. Undefined is not given. */
export function resolveOptions(given: Partial<SocketOptions>, base: SocketOptions): SocketOptions {
  throwIfUnknown("set options", "option", given, Object.keys(OPTION_SCOPES));
  const chosen: Partial<Record<keyof SocketOptions, unknown>> = {};
  for (const name of Object.keys(given) as (keyof SocketOptions)[]) {
    if (given[name] === undefined) continue;
    checkOption(name, given[name]);
    chosen[name] = given[name];
  }
  const options = { ...base, ...chosen } as SocketOptions;
  const { receiveBuffer } = options;
  // A buffer of a chosen size does not grow, and a scale for a larger one could not express what is free of a small one.
  const isChosen = given.receiveBuffer !== undefined && given.maximumWindow === undefined;
  if (isChosen || receiveBuffer > options.maximumWindow) return { ...options, maximumWindow: receiveBuffer };
  return options;
}
