/**
 * UDP sockets by system calls on Linux.
 *
 * @module
 */

import type { IpAddress } from "../../core/wire/address.ts";
import type { DatagramEngine, DatagramSocket, EngineEvents } from "../udp/engine.ts";
import type { Waiter } from "../transport.ts";
import { openLibc } from "./libc.ts";
import { interfaceAddresses } from "./addresses.ts";
import { Epoll } from "./epoll.ts";
import { Message } from "./message.ts";
import { NetlinkSocket } from "./netlink.ts";
import { PollWaiter } from "./poll.ts";
import { canSendTrains, longestTrain, TrainWriter } from "./train_writer.ts";
import { UdpErrors } from "./udp_errors.ts";
import { type Shared, UdpSocket } from "./udp_socket.ts";

const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV6_IFADDR = 0x100;

/** Takes `--allow-ffi`. */
export class LinuxEngine implements DatagramEngine {
  readonly name = "linux";
  readonly gathers = true;
  readonly #hasTrains: boolean;
  #parts: Parts | null = null;

  /** `hasTrains` says whether to send trains where the kernel can. */
  constructor(hasTrains = true) {
    this.#hasTrains = hasTrains;
  }

  /** See {@linkcode DatagramEngine.waiter}. */
  readonly waiter: Waiter = {
    wait: (timeout, hold) => this.#parts?.waiter.wait(timeout, hold) ?? Promise.resolve(),
    wake: () => this.#parts?.waiter.wake(),
  };

  /** See {@linkcode DatagramEngine.superSegment}. */
  superSegment(mtu: number): number {
    return longestTrain(mtu);
  }

  /** See {@linkcode DatagramEngine.start}. */
  start(): void {
    const libc = openLibc();
    const epoll = new Epoll(libc);
    const message = new Message();
    const errors = new UdpErrors(libc, message);
    const hasTrains = this.#hasTrains && canSendTrains(libc);
    const shared = { libc, epoll, out: new TrainWriter(libc), hasTrains, message, errors };
    const news = new NetlinkSocket(libc, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    const waiter = new PollWaiter(libc, [epoll.descriptor, news.descriptor]);
    this.#parts = { shared, news, addresses: new NetlinkSocket(libc), waiter };
  }

  /** See {@linkcode DatagramEngine.hasNews}. */
  hasNews(): boolean {
    let count = 0;
    this.#parts?.news.read(() => count++);
    return count > 0;
  }

  /** See {@linkcode DatagramEngine.interfaces}. */
  interfaces(): readonly string[] {
    return interfaceAddresses(this.#parts!.addresses);
  }

  /** See {@linkcode DatagramEngine.open}. */
  open(address: IpAddress, port: number, events: EngineEvents): DatagramSocket {
    return new UdpSocket(this.#parts!.shared, address, port, events);
  }

  /** See {@linkcode DatagramEngine.look}. */
  look(): void {
    this.#parts?.shared.epoll.look();
  }

  /** See {@linkcode DatagramEngine.close}. */
  close(): void {
    if (this.#parts === null) return;
    const { shared: { libc, epoll, out, message, errors }, news, addresses, waiter } = this.#parts;
    this.#parts = null;
    waiter.close();
    news.close();
    addresses.close();
    epoll.close();
    out.close();
    errors.close();
    message.free();
    libc.release();
  }
}

interface Parts {
  readonly shared: Shared;
  /** Tells when addresses or interfaces come, go or change. */
  readonly news: NetlinkSocket;
  /** To ask which there are. */
  readonly addresses: NetlinkSocket;
  readonly waiter: PollWaiter;
}
