/**
 * The configuration of one network interface by rtnetlink: state, MTU, addresses and routes.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { ERRNO, type Libc } from "./libc.ts";
import { findAttribute, type NetlinkMessage, NetlinkSocket } from "./netlink.ts";
import type { Prefix } from "./prefix.ts";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const RTMGRP_LINK = 1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV6_IFADDR = 0x100;

const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFF_UP = 1;
const IFINFO_LENGTH = 16;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFADDR_LENGTH = 8;
/** No duplicate address detection: there is nobody else on the link, and the address is to be usable at once. */
const IFA_F_NODAD = 0x02;

const RTA_DST = 1;
const RTA_OIF = 4;
const TABLE_MAIN = 254;
const PROTOCOL_STATIC = 4;
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
const TYPE_UNICAST = 1;
const TYPE_LOCAL = 2;
/** Where a message about a route says its type. */
const ROUTE_TYPE = 7;

const FAMILY = { 4: 2, 6: 10 } as const;

/** What the kernel says of an interface. */
export interface LinkState {
  /** Number of the interface. */
  readonly index: number;
  /** Administratively up. */
  readonly isUp: boolean;
  /** In bytes. */
  readonly mtu: number;
  /** The interface was removed. */
  readonly isGone: boolean;
}

/** Who is told of what changes. */
export interface NewsReader {
  /** The interface is in another state. */
  linkChanged(state: LinkState): void;
  /** This machine itself has the address now, or has it no more, on whatever interface. */
  addressChanged(address: IpAddress, isHere: boolean): void;
}

/** One interface. What is added through it is removed by {@linkcode Link.close}, unless the interface is gone. */
export class Link {
  readonly #libc: Libc;
  readonly #name: string;
  readonly #socket: NetlinkSocket;
  readonly #undo: (() => void)[] = [];
  #index = 0;

  /** Finds the interface. */
  constructor(libc: Libc, name: string) {
    this.#libc = libc;
    this.#name = name;
    this.#socket = new NetlinkSocket(libc);
    this.#index = this.state().index;
  }

  /** Its present state. */
  state(): LinkState {
    let found: LinkState | null = null;
    const name = new TextEncoder().encode(`${this.#name}\0`);
    this.#socket.begin(RTM_GETLINK, 0).bytes(0, 0, 0, 0).words(0, 0, 0).attribute(IFLA_IFNAME, name)
      .request((message) => found = linkState(message));
    return found ?? { index: this.#index, isUp: false, mtu: 0, isGone: true };
  }

  /** Sets the MTU in bytes, if given, and brings it up. */
  bringUp(mtu?: number): void {
    const { isUp, mtu: present } = this.state();
    if (isUp && (mtu === undefined || mtu === present)) return;
    const request = this.#socket.begin(RTM_NEWLINK, 0).bytes(0, 0, 0, 0).words(this.#index, IFF_UP, IFF_UP);
    if (mtu !== undefined) request.attribute(IFLA_MTU, mtu);
    this.#check(request.request(), mtu === undefined ? "bring it up" : `bring it up with an MTU of ${mtu}`);
  }

  /** Gives this machine an address on the interface, and with it a route to the prefix. */
  addAddress(prefix: Prefix): void {
    const send = (type: number, flags: number) => this.#requestAddress(prefix, type, flags);
    const errno = send(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    const what = `add address ${prefix.address}/${prefix.length}`;
    if (errno === ERRNO.EEXIST) return;
    this.#check(errno, what);
    this.#undo.push(() => send(RTM_DELADDR, 0));
  }

  /** Throws if this machine itself has the address: it would take for its own what is for the host. */
  checkForeign(address: IpAddress): void {
    let isLocal = false;
    this.#socket.begin(RTM_GETROUTE, 0).bytes(FAMILY[address.family], address.family === 4 ? 32 : 128, 0, 0).bytes(
      0,
      0,
      0,
      0,
    )
      .words(0).attribute(RTA_DST, bytesOf(address))
      .request(({ type, view, start }) => {
        if (type === RTM_NEWROUTE) isLocal = view.getUint8(start + ROUTE_TYPE) === TYPE_LOCAL;
      });
    if (!isLocal) return;
    throw new Deno.errors.AddrInUse(
      `Cannot open TUN device "${this.#name}": this machine itself has the address ${address}; give the host another one`,
    );
  }

  /** Sends what this machine has for the prefix to the interface. */
  addRoute(prefix: Prefix): void {
    const send = (type: number, flags: number) => this.#requestRoute(prefix, type, flags);
    const errno = send(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    this.#check(errno, `add a route to ${prefix.address}/${prefix.length}`);
    this.#undo.push(() => send(RTM_DELROUTE, 0));
  }

  /** Takes back what was added. */
  close(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#socket.close();
  }

  /** A socket that is told what changes; `read` hands on what concerns this interface, and addresses of all. */
  watch(): LinkWatch {
    return new LinkWatch(this.#libc, this.#index);
  }

  #requestAddress({ address, length }: Prefix, type: number, flags: number): number {
    const bytes = bytesOf(address);
    return this.#socket.begin(type, flags).bytes(FAMILY[address.family], length, IFA_F_NODAD, SCOPE_UNIVERSE)
      .words(this.#index).attribute(IFA_LOCAL, bytes).attribute(IFA_ADDRESS, bytes).request();
  }

  #requestRoute({ address, length }: Prefix, type: number, flags: number): number {
    const scope = address.family === 4 ? SCOPE_LINK : SCOPE_UNIVERSE;
    return this.#socket.begin(type, flags)
      .bytes(FAMILY[address.family], length, 0, 0, TABLE_MAIN, PROTOCOL_STATIC, scope, TYPE_UNICAST).words(0)
      .attribute(RTA_DST, bytesOf(address)).attribute(RTA_OIF, this.#index).request();
  }

  #check(errno: number, what: string): void {
    if (errno === 0) return;
    const text = `Cannot set up interface "${this.#name}": to ${what}`;
    switch (errno) {
      case ERRNO.EPERM:
        throw new Deno.errors.PermissionDenied(
          `${text} takes root, CAP_NET_ADMIN or \`unshare -Urn\`; or have it set up beforehand and give no gateway and mtu`,
        );
      case ERRNO.EACCES:
        throw new Deno.errors.NotSupported(
          `${text} failed: IPv6 is switched off for it (sysctl net.ipv6.conf.${this.#name}.disable_ipv6)`,
        );
      case ERRNO.EEXIST:
        throw new Deno.errors.AddrInUse(
          `${text} failed: there is such a route already; choose another address or remove it (ip route)`,
        );
      case ERRNO.EINVAL:
        throw new TypeError(`${text} failed: the kernel does not take these values`);
      default:
        throw new Error(`${text} failed with error ${errno}`);
    }
  }
}

/** News of one interface, and of the addresses of this machine. */
export class LinkWatch {
  readonly #socket: NetlinkSocket;
  readonly #index: number;
  readonly #address = new IpAddress();

  /** Watches the interface with number `index`. */
  constructor(libc: Libc, index: number) {
    this.#socket = new NetlinkSocket(libc, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    this.#index = index;
  }

  /** Readable when there is news. */
  get descriptor(): number {
    return this.#socket.descriptor;
  }

  /** Hands on every change that was not read yet. */
  read(reader: NewsReader): void {
    this.#socket.read((message) => {
      const state = linkState(message);
      if (state?.index === this.#index) reader.linkChanged(state);
      if (readAddress(message, this.#address)) reader.addressChanged(this.#address, message.type === RTM_NEWADDR);
    });
  }

  /** Drops every change that was not read yet. */
  skip(): void {
    this.#socket.read(() => {});
  }

  /** Ends it. */
  close(): void {
    this.#socket.close();
  }
}

/** Reads the address that a message is about; false if it is about none. */
function readAddress(message: NetlinkMessage, into: IpAddress): boolean {
  const { type, view, start } = message;
  if (type !== RTM_NEWADDR && type !== RTM_DELADDR) return false;
  const isV4 = view.getUint8(start) === FAMILY[4];
  const at = findAttribute(message, start + IFADDR_LENGTH, isV4 ? IFA_LOCAL : IFA_ADDRESS);
  if (at < 0) return false;
  if (isV4) into.readV4(view, at);
  else into.readV6(view, at);
  return true;
}

function linkState(message: NetlinkMessage): LinkState | null {
  const { type, view, start } = message;
  if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return null;
  const mtu = findAttribute(message, start + IFINFO_LENGTH, IFLA_MTU);
  return {
    index: view.getInt32(start + 4, true),
    isUp: (view.getUint32(start + 8, true) & IFF_UP) !== 0,
    mtu: mtu < 0 ? 0 : view.getUint32(mtu, true),
    isGone: type === RTM_DELLINK,
  };
}

function bytesOf(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(address.family === 4 ? 4 : 16);
  const view = new DataView(bytes.buffer);
  if (address.family === 4) address.writeV4(view, 0);
  else address.writeV6(view, 0);
  return bytes;
}
