/**
 * What a connection needs of the stack that it lives in.
 *
 * @module
 */

import type { Env, Micros } from "../plugin.ts";
import type { Path } from "../tcp/path.ts";
import type { FastOpenCookies } from "../tcp/fast_open_cookies.ts";
import type { TcpContext } from "../tcp/context.ts";
import type { TcpSocket } from "../tcp/socket.ts";
import type { IpAddress } from "../wire/address.ts";
import type { Batch } from "./batch.ts";
import type { BlackHoles } from "./black_holes.ts";
import type { MultipathHooks } from "./multipath.ts";
import type { PlainHooks } from "./plain.ts";
import type { MetaSocket } from "./socket.ts";
import type { Tracing } from "./tracing.ts";

/** What a local address stands for. */
export interface InterfaceProperties {
  /** Largest IP packet of the interface, in bytes. */
  readonly mtu: number;
  /** Largest payload of a super-segment that the transport cuts; 0 = one segment at a time. */
  readonly superSegment: number;
  /** Whether the transport takes the payload of a super-segment in pieces, see `Packet.pieces`; false by default. */
  readonly gathers?: boolean;
  /**
   * Silence after which a subflow asks its peer whether it is there, though no program wants that: what lies on the way, as
   * a translator, forgets subflows that keep silent, and who asks learns of it. Infinity by default.
   */
  readonly keepAlive?: Micros;
  /** Subflows from it are opened as backup. */
  readonly backup?: boolean;
  /** Other hosts may use other ports of the address, as those of one machine with datagrams do; false by default. */
  readonly isShared?: boolean;
}

/** An address of this host. */
export interface KnownAddress {
  /** The address. */
  readonly address: IpAddress;
  /** Its address identifier, 1 to 255, except in connections whose first subflow uses it: there it is 0. */
  readonly id: number;
  /** See {@linkcode InterfaceProperties}. */
  readonly properties: InterfaceProperties;
}

/**
 * The stack as a connection sees it.
 *
 * @internal
 */
export interface MetaContext extends TcpContext {
  /** Chance and hashes. */
  readonly env: Env;
  /** Addresses of this host. */
  readonly localAddresses: readonly KnownAddress[];
  /** Records decisions; null when nobody listens. */
  readonly tracing: Tracing | null;
  /** Paths that lose SYNs with MP_CAPABLE. */
  readonly blackHoles: BlackHoles;
  /** What peers gave for the next connection to them. */
  readonly fastOpenCookies: FastOpenCookies;
  /** The question to schedulers. */
  readonly batch: Batch;
  /** A path from `local` with a free port; null if the address is not ours. */
  openPath(local: IpAddress, remote: IpAddress, remotePort: number, localPort?: number): Path | null;
  /** Makes the TCP socket of a subflow and puts it into the demultiplexing table. */
  createTcp(path: Path, meta: MetaSocket, hooks: MultipathHooks | PlainHooks): TcpSocket;
  /** `meta` may have bytes to assign. */
  activateMeta(meta: MetaSocket): void;
  /** State, readability, writability or events of `meta` changed. */
  notify(meta: MetaSocket): void;
  /** A program that waits for much input has all that it asked for. */
  handleFullRead(): void;
  /** Whether a connection that the peer opens may become established now. */
  mayAccept(meta: MetaSocket): boolean;
  /** A connection that the peer opened can be used. */
  handleAccepted(meta: MetaSocket): void;
  /** It can be used before its handshake is done (RFC 7413). */
  handleEarly(meta: MetaSocket): void;
  /** The handshake of a connection that the peer opened is done. */
  handleEstablished(meta: MetaSocket): void;
  /** `meta` is over and has no subflow: forget it. */
  forget(meta: MetaSocket): void;
}
