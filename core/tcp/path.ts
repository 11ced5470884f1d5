/**
 * The two ends of a subflow and what the network between them takes.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { IpAddress } from "../wire/address.ts";
import { interfaceMss } from "./mss.ts";

/** Addresses and ports of a subflow, with the limits of the local interface. */
export class Path {
  /** This end. */
  readonly local: IpAddress;
  /** Port of this end. */
  readonly localPort: number;
  /** The other end. */
  readonly remote: IpAddress;
  /** Port of the other end. */
  readonly remotePort: number;
  /** Largest TCP payload without options that fits one packet of the interface (RFC 6691). */
  readonly interfaceMss: number;
  /** Largest payload of a super-segment that the transport cuts; 0 = none. */
  readonly superSegment: number;
  /** Whether the transport takes the payload of a super-segment from where it lies. */
  readonly gathers: boolean;
  /** Silence after which the peer is to be asked whether it is there, whatever a program sets; Infinity for never. */
  readonly keepAlive: Micros;

  /** `mtu` is that of the local interface. */
  constructor(
    local: IpAddress,
    localPort: number,
    remote: IpAddress,
    remotePort: number,
    mtu: number,
    superSegment: number,
    gathers = false,
    keepAlive: Micros = Infinity,
  ) {
    this.local = local.clone();
    this.localPort = localPort;
    this.remote = remote.clone();
    this.remotePort = remotePort;
    this.interfaceMss = interfaceMss(mtu, remote.family);
    this.superSegment = superSegment;
    this.gathers = gathers;
    this.keepAlive = keepAlive;
  }

  /** Whether a segment between these ends belongs to it. */
  matches(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): boolean {
    return this.remotePort === remotePort && this.localPort === localPort && this.remote.equals(remote) &&
      this.local.equals(local);
  }
}
