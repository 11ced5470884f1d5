/**
 * The engine, for those who drive it with an event loop of their own.
 *
 * A {@linkcode Stack} takes packets, timeouts and commands, and gives packets, deadlines and events; it does no input or
 * output of its own. See `transports/driver.ts` for a loop over real transports and `sim/` for one over virtual time.
 *
 * After every input (`handlePacket`, `handleTimeout`, a command on a socket) drain the output: `pollTransmit` until it is
 * false, `pollReady` until it is undefined; then wait for packets, at most until `pollTimeout`. All times are microseconds
 * on a clock of the caller's. What is `@internal` is for the parts of the engine among themselves.
 *
 * @example Two engines without any loop
 * ```ts
 * import { HEADROOM, IpAddress, Packet, Stack } from "@userspace/mptcp/core";
 * import { lia } from "@userspace/mptcp/congestion";
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 * import { minRtt } from "@userspace/mptcp/schedulers";
 * import { systemEnv } from "@userspace/mptcp/transports";
 *
 * const parts = { env: systemEnv, scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() };
 * const client = new Stack(parts);
 * const server = new Stack(parts);
 * const address = IpAddress.parse("10.0.0.2");
 * client.handleAddressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 0 }, 0);
 * server.handleAddressUp(address, { mtu: 1500, superSegment: 0 }, 0);
 *
 * const listener = server.listen({ port: 80 }, 0);
 * const socket = client.connect({ remote: { address, port: 80 } }, 0);
 * exchange(1000);
 * socket.write(new TextEncoder().encode("hello"), 2000);
 * exchange(3000);
 *
 * const into = new Uint8Array(100);
 * const count = listener.accept()?.read(into, 4000);
 * console.assert(count === 5);
 *
 * // Carries packets both ways at the time `now` until neither side has any.
 * function exchange(now: number): void {
 *   const packet = new Packet(HEADROOM + 1500);
 *   const carry = (from: Stack, to: Stack): boolean => {
 *     packet.reset();
 *     if (!from.pollTransmit(packet, now)) return false;
 *     to.handlePacket(packet, now);
 *     return true;
 *   };
 *   while (carry(client, server) || carry(server, client));
 * }
 * ```
 *
 * @module
 */

export * from "./counters.ts";
export * from "./errors.ts";
export { type CookieUse, DEFAULT_HOST_LIMITS, type HostLimits, type ListenLimits } from "./limits.ts";
export * from "./listener.ts";
export * from "./stack.ts";
export { type ConnectionPlugins, MetaSocket, type MetaState } from "./meta/socket.ts";
export type { ConnectionEvent, ConnectionStats, FallbackCause, SocketAddress } from "./meta/events.ts";
export type { TroubleCause } from "./tcp/hooks.ts";
export { DEFAULT_SOCKET_OPTIONS, OPTION_SCOPES, type OptionScope, type SocketOptions } from "./meta/options.ts";
export type {
  DataAcknowledged,
  DataReinjected,
  DataScheduled,
  EventTraced,
  ReinjectionCause,
  SegmentAcknowledged,
  SegmentLost,
  SegmentSent,
  SendCause,
  SubflowMoment,
  TraceMoment,
  Tracer,
  TraceRecord,
  WindowChanged,
} from "./meta/trace.ts";
export { Subflow, type SubflowRole } from "./meta/subflow.ts";
export type { SubflowFigures } from "./meta/subflow_figures.ts";
export type { RecoveryState } from "./tcp/recovery.ts";
export type { EcnUse } from "./tcp/ecn.ts";
export type { MtuProbing } from "./tcp/mtu_probe.ts";
export type { TcpSettings } from "./tcp/settings.ts";
export type { TcpState } from "./tcp/state.ts";
export { IpAddress } from "./wire/address.ts";
export { ICMP_ERROR_KINDS, IcmpError, type IcmpErrorKind } from "./wire/icmp.ts";
export { HEADROOM, Packet } from "./wire/packet.ts";
export { Pieces } from "./wire/pieces.ts";
export * from "./plugin.ts";
