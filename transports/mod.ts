/**
 * Transports, the driver that turns the crank over them, and the stream API on top: hosts, connections, listeners.
 *
 * A transport of one's own implements {@linkcode Transport}; an event loop of one's own implements {@linkcode Loop} and
 * builds a {@linkcode Host} on it.
 *
 * @module
 */

export {
  type CloseOptions,
  type ConnectionSettings,
  type ConnectOptions,
  Host,
  type HostSettings,
  type ListenOptions,
} from "./host.ts";
export { MptcpConn, type WaitOptions, type WriteOptions } from "./conn.ts";
export { MptcpListener } from "./listener.ts";
export { ConnectionPaths, type SubflowName } from "./paths.ts";
export { type SubflowInfo } from "./subflow_info.ts";
export { type Loop } from "./loop.ts";
export { impaired, type ImpairedTransport, type ImpairOptions } from "./impair.ts";
export {
  type DirectionCounters,
  type DirectionOptions,
  type ImpairedDirection,
  type ImpairedDropCause,
} from "./impaired_direction.ts";
export { type Corruption, type GilbertElliott, type ImpairmentOptions, type Reordering } from "./impairment.ts";
export { captured } from "./capture.ts";
export { startHost } from "./driver.ts";
export { systemEnv } from "./env.ts";
export { MemoryHub, type MemoryOptions, memoryPair, type MemoryPairOptions, MemoryTransport } from "./memory.ts";
export { type Resolve, resolveLiteral } from "./resolve.ts";
export { resolveBySystem } from "./resolve_system.ts";
export { traceLines } from "./trace_lines.ts";
export type { DatagramCounters } from "./udp/engine.ts";
export { udp, type UdpOptions, UdpTransport } from "./udp.ts";
export type { IpInputCounters } from "./ip_input.ts";
export { tun, type TunCounters, type TunOptions, TunTransport } from "./tun.ts";
export { type Transport, type TransportEvents, type Waiter } from "./transport.ts";
export { type CaptureDirection, type CaptureInterface, PcapngWriter } from "./pcapng.ts";
