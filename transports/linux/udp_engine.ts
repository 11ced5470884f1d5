/**
 * UDP sockets by system calls on Linux.
 *
 * @module
 */

import type { IpAddress } from "../../core/wire/address.ts";
import type { DatagramEngine, DatagramSocket, EngineEvents } from "../udp/engine.ts";
import type { Waiter } from "../transport.ts";
import { type Libc, openLibc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";
import { Message } from "./message.ts";
import { NetlinkSocket } from "./netlink.ts";
import { PollWaiter } from "./poll.ts";
import { longestTrain, TrainWriter } from "./train_writer.ts";
import { UdpErrors } from "./udp_errors.ts";
import { type Shared, UdpSocket } from "./udp_socket.ts";

const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV6_IFADDR = 0x100;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;

/** Takes `--allow-ffi`. */
export class LinuxEngine implements DatagramEngine {
  readonly name = "linux";
  readonly gathers = true;
  #parts: Parts | null = null;

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
    const epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    const message = new Message();
    const shared = { libc, out: new TrainWriter(libc), message, errors: new UdpErrors(libc, message) };
    const news = new NetlinkSocket(libc, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    this.#parts = { libc, epoll, shared, news, waiter: new PollWaiter(libc, [epoll, news.descriptor]) };
  }

  /** See {@linkcode DatagramEngine.hasNews}. */
  hasNews(): boolean {
    let count = 0;
    this.#parts?.news.read(() => count++);
    return count > 0;
  }

  /** See {@linkcode DatagramEngine.open}. */
  open(address: IpAddress, port: number, events: EngineEvents): DatagramSocket {
    const { libc, epoll, shared } = this.#parts!;
    const socket = new UdpSocket(shared, address, port, events);
    const event = new NativeMemory(16);
    event.view.setUint32(0, EPOLLIN, true);
    // A socket that is closed leaves the set by itself.
    libc.epoll_ctl(epoll, EPOLL_CTL_ADD, socket.descriptor, event.address);
    event.free();
    return socket;
  }

  /** See {@linkcode DatagramEngine.close}. */
  close(): void {
    if (this.#parts === null) return;
    const { libc, epoll, shared, news, waiter } = this.#parts;
    this.#parts = null;
    waiter.close();
    news.close();
    libc.close(epoll);
    shared.out.close();
    shared.errors.close();
    shared.message.free();
    libc.release();
  }
}

interface Parts {
  readonly libc: Libc;
  readonly epoll: number;
  readonly shared: Shared;
  /** Tells when addresses or interfaces come, go or change. */
  readonly news: NetlinkSocket;
  readonly waiter: PollWaiter;
}
