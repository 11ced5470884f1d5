/**
 * The engine, for those who drive it with an event loop of their own.
 *
 * A {@linkcode Stack} takes packets, timeouts and commands, and gives packets, deadlines and events; it does no input or
 * output of its own. See `transports/driver.ts` for a loop over real transports and `sim/` for one over virtual time.
 *
 * @module
 */

export * from "./counters.ts";
export * from "./errors.ts";
export * from "./listener.ts";
export * from "./stack.ts";
export { type ConnectionPlugins, MetaSocket, type MetaState } from "./meta/socket.ts";
export type { ConnectionEvent, ConnectionStats, FallbackCause, SocketAddress } from "./meta/events.ts";
export { DEFAULT_SOCKET_OPTIONS, OPTION_SCOPES, type OptionScope, type SocketOptions } from "./meta/options.ts";
export { Subflow, type SubflowRole } from "./meta/subflow.ts";
export type { TcpSettings } from "./tcp/settings.ts";
export type { TcpState } from "./tcp/state.ts";
export { IpAddress } from "./wire/address.ts";
export { HEADROOM, Packet } from "./wire/packet.ts";
export * from "./plugin.ts";
