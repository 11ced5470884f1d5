/**
 * Packets through a TUN device: a host with addresses of its own, whose neighbour is the kernel of this machine.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { IpAddress } from "../core/wire/address.ts";
import type { Packet } from "../core/wire/packet.ts";
import { emitIpHeader } from "./ip.ts";
import { IpInput, type IpInputCounters, newIpInputCounters } from "./ip_input.ts";
import { Bulk } from "./linux/bulk.ts";
import { DeviceReader } from "./linux/device_reader.ts";
import { GatherWriter } from "./linux/gather_writer.ts";
import { ERRNO, type Libc, openLibc } from "./linux/libc.ts";
import { Link, type LinkState, type LinkWatch, type NewsReader } from "./linux/link.ts";
import { PollWaiter } from "./linux/poll.ts";
import { covers, networkOf, parsePrefix, type Prefix } from "./linux/prefix.ts";
import { ReceiveThread } from "./linux/receive_thread.ts";
import { checkDeviceName, TunDevice } from "./linux/tun_device.ts";
import {
  clearVirtioHeader,
  emitVirtioHeader,
  isChecksumTrusted,
  readSegmentSize,
  VIRTIO_HEADER_LENGTH,
} from "./linux/virtio.ts";
import { SegmentCutter } from "./segmentation.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";

/** A TUN device and what it is set up with. */
export interface TunOptions {
  /**
   * Addresses of the user-space host, with or without prefix: "10.0.0.2/24", "fd00::2". The kernel sends what it has for
   * the prefix to the device, unless a gateway's prefix covers it.
   */
  readonly addresses: readonly string[];
  /** Name of the device, "%d" in it for the first free number; "mptcp%d" by default. A persistent one is taken over. */
  readonly name?: string;
  /** Addresses of the kernel on the device, with prefix: "10.0.0.1/24"; none by default. */
  readonly gateways?: readonly string[];
  /** Largest IP packet in bytes; by default what the device has, 1500 for a new one. */
  readonly mtu?: number;
  /** Leaves checksums and the cutting of super-segments to the kernel; true by default. */
  readonly offload?: boolean;
  /** Whether subflows over it are opened as backup; false by default. */
  readonly backup?: boolean;
}

/** What a {@linkcode TunTransport} has counted, under the names of the Linux MIB. */
export interface TunCounters extends IpInputCounters {
  /** Packets sent. */
  IpOutRequests: number;
  /** Packets that the device did not take. */
  IpOutDiscards: number;
  /** Echo replies sent. */
  IcmpOutEchoReps: number;
}

const DEFAULT_NAME = "mptcp%d";
const MINIMUM_MTU = 576;
const MINIMUM_MTU_V6 = 1280;
const MAXIMUM_MTU = 65_535;
/** Payload that fits an IPv4 packet of the largest size beside headers with all options. */
const LARGEST_SUPER_SEGMENT = MAXIMUM_MTU - 20 - 60;
/** Packets that are not for the stack and are dealt with in one call. */
const ASIDE_BURST = 64;
/** A device that is always busy is asked for its news after as many times that it had no packet. */
const NEWS_INTERVAL = 64;

/** Open devices stay reachable, for the kernel knows their buffers by address only. */
const opened = new Set<TunTransport>();

/**
 * Makes a transport over a TUN device; the device itself is made when a host opens it. Needs Linux, `--allow-ffi`, and
 * root, CAP_NET_ADMIN or `unshare -Urn`.
 *
 * Throws `TypeError` or `RangeError` when an option is not what it should be.
 *
 * ```ts ignore
 * import { createHost, tun } from "@userspace/mptcp";
 *
 * const wifi = tun({ addresses: ["10.0.0.2"], gateways: ["10.0.0.1/24"] });
 * const lte = tun({ addresses: ["10.0.1.2", "fd01::2"], gateways: ["10.0.1.1/24", "fd01::1/64"] });
 * await using host = createHost({ transports: [wifi, lte] });
 * using conn = await host.connect({ hostname: "10.0.0.1", port: 80 });
 * ```
 */
export function tun(options: TunOptions): TunTransport {
  return new TunTransport(options);
}

/** Carries packets through a TUN device. Made by {@linkcode tun}. */
export class TunTransport implements Transport {
  /** What passed. */
  readonly counters: TunCounters = {
    ...newIpInputCounters(),
    IpOutRequests: 0,
    IpOutDiscards: 0,
    IcmpOutEchoReps: 0,
  };

  /** See {@linkcode Transport.gathers}. */
  readonly gathers = true;
  /** See {@linkcode Transport.cuts}: without offload. */
  readonly cuts: boolean;

  readonly #options: TunOptions;
  readonly #name: string;
  readonly #offload: boolean;
  readonly #addresses: readonly Prefix[];
  readonly #gateways: readonly Prefix[];
  readonly #input = new IpInput(
    this.counters,
    (address) => this.#addresses.some((own) => own.address.equals(address)),
    (error) => this.#parts!.events.icmpError(error),
  );
  readonly #cutter = new SegmentCutter();
  #bulk = new Bulk();
  #parts: Parts | null = null;
  #descriptor = -1;
  #libc: Libc | null = null;
  readonly #news: NewsReader = {
    linkChanged: (state) => this.#announce(state),
    addressChanged: (address, isHere) => this.#announceTaken(address, isHere),
  };
  /** Addresses of the host that this machine took for itself. */
  readonly #taken = new Set<IpAddress>();
  #untilNews = NEWS_INTERVAL;
  #isUp = false;
  #mtu = 0;

  /** See {@linkcode tun}. */
  constructor(options: TunOptions) {
    const { addresses, name = DEFAULT_NAME, gateways = [], mtu, offload = true } = options;
    if (!Array.isArray(addresses) || addresses.length === 0) {
      throw new TypeError("Cannot open TUN device: addresses must be an array with at least one address of the host");
    }
    checkDeviceName(name);
    this.#options = options;
    this.#name = name;
    this.#offload = offload;
    this.cuts = !offload;
    this.#addresses = addresses.map((text) => parsePrefix(text, "address"));
    this.#gateways = gateways.map((text) => parsePrefix(text, "gateway"));
    const shared = this.#addresses.find(({ address }) => this.#gateways.some((own) => own.address.equals(address)));
    if (shared !== undefined) {
      throw new TypeError(
        `Cannot open TUN device: ${shared.address} is both the host's address and the kernel's (gateway); give either its own`,
      );
    }
    const least = this.#addresses.some(({ address }) => address.family === 6) ? MINIMUM_MTU_V6 : MINIMUM_MTU;
    if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= least && mtu <= MAXIMUM_MTU)) {
      throw new RangeError(
        `Cannot open TUN device: mtu must be a whole number from ${least} to ${MAXIMUM_MTU}, is ${mtu}`,
      );
    }
  }

  /** Name of the device once it is open, before that the name asked for. */
  get name(): string {
    return this.#parts?.device.name ?? this.#name;
  }

  /** See {@linkcode Transport.waiter}. */
  readonly waiter: Waiter = {
    wait: (timeout, hold) => this.#parts?.waiter.wait(timeout, hold) ?? Promise.resolve(),
    wake: () => this.#parts?.waiter.wake(),
  };

  /**
   * Makes the device or takes it over, and sets it up. Throws an error of a class in `Deno.errors`, as
   * `PermissionDenied`, that says what is missing and what to do.
   */
  open(events: TransportEvents): void {
    if (opened.has(this)) throw new TypeError("Cannot open TUN device: this transport serves a host already");
    const libc = this.#libc = openLibc();
    this.#bulk = new Bulk();
    this.#taken.clear();
    this.#isUp = false;
    let device: TunDevice | null = null;
    let link: Link | null = null;
    try {
      const mayHaveThread = navigator.hardwareConcurrency > 1;
      device = TunDevice.open(libc, this.#name, this.#offload, mayHaveThread);
      link = new Link(libc, device.name);
      const watch = link.watch();
      this.#descriptor = device.descriptor;
      const waiter = new PollWaiter(libc, [device.descriptor, watch.descriptor]);
      const writer = new GatherWriter(libc, device.descriptor);
      const thread = mayHaveThread ? ReceiveThread.of(libc, device.name) : null;
      const reader = new DeviceReader(libc, device.descriptor, this.#offload ? VIRTIO_HEADER_LENGTH : 0);
      this.#parts = { device, link, watch, waiter, reader, writer, thread, events };
      opened.add(this);
      this.#setUp(link);
      // What was announced on the way there, "not up yet" among it, is older than the state asked for now.
      watch.skip();
      this.#announce(link.state());
    } catch (error) {
      if (this.#parts !== null) this.close();
      else {
        link?.close();
        if (device !== null) libc.close(device.descriptor);
        libc.release();
      }
      throw error;
    }
  }

  /** See {@linkcode Transport.receive}. */
  receive(): Packet | null {
    const reader = this.#parts?.reader;
    if (reader === undefined) return null;
    for (let i = 0; i < ASIDE_BURST; i++) {
      const end = reader.read();
      if (end < 0) {
        this.#handleEmpty(-end);
        return null;
      }
      const { packet, ipAt } = reader;
      const headerAt = ipAt - VIRTIO_HEADER_LENGTH;
      const isTrusted = this.#offload && isChecksumTrusted(packet.view, headerAt);
      const verdict = this.#input.take(packet, ipAt, end, isTrusted);
      if (verdict === "segment") {
        if (this.#offload) packet.segmentSize = readSegmentSize(packet.view, headerAt);
        else this.counters.IpInReceives += reader.join();
        this.#bulk.note(packet.tcpLength);
        return packet;
      }
      if (verdict === "reply") this.#reply(packet, ipAt);
    }
    return null;
  }

  /** See {@linkcode Transport.send}. */
  send(packet: Packet): boolean {
    this.#bulk.note(packet.tcpLength);
    if (this.#offload) {
      this.#write(packet, emitVirtioHeader(packet, emitIpHeader(packet, "partial")));
    } else if (packet.segmentSize === 0) {
      this.#write(packet, emitIpHeader(packet, "full"));
    } else {
      const cutter = this.#cutter;
      cutter.begin(packet);
      while (cutter.next()) this.#write(cutter.segment, emitIpHeader(cutter.segment, "full"));
    }
    return true;
  }

  /** See {@linkcode Transport.flush}: in bulk transfer a thread is worth waking, for an answer it is a detour. */
  flush(): void {
    const parts = this.#parts;
    const bulk = this.#bulk;
    if (parts === null || parts.thread === null || !bulk.isDue) return;
    if (bulk.judge(parts.events.now())) parts.thread.run(bulk.isOn);
  }

  /** See {@linkcode Transport.deadline}: when bulk transfer is over, its thread is not needed any more. */
  get deadline(): Micros {
    return this.#bulk.end;
  }

  /** Removes what was set up, and the device unless it is persistent, once the kernel has what was sent. */
  close(): void | Promise<void> {
    const parts = this.#parts;
    if (parts === null) return;
    this.#parts = null;
    const ended = parts.thread?.close();
    return ended === undefined ? this.#remove(parts) : ended.then(() => this.#remove(parts));
  }

  #remove(parts: Parts): void {
    parts.waiter.close();
    parts.writer.close();
    parts.reader.close();
    parts.watch.close();
    parts.link.close();
    this.#libc!.close(this.#descriptor);
    this.#libc!.release();
    this.#libc = null;
    opened.delete(this);
  }

  #setUp(link: Link): void {
    link.bringUp(this.#options.mtu);
    for (const { address } of this.#addresses) link.checkForeign(address);
    for (const gateway of this.#gateways) link.addAddress(gateway);
    const routed: Prefix[] = [...this.#gateways];
    for (const { address, length } of this.#addresses) {
      if (routed.some((prefix) => covers(prefix, address))) continue;
      const route = { address: networkOf(address, length), length };
      link.addRoute(route);
      routed.push(route);
    }
  }

  #handleEmpty(errno: number): void {
    if (errno === ERRNO.EAGAIN && --this.#untilNews > 0) return;
    this.#untilNews = NEWS_INTERVAL;
    this.#parts!.watch.read(this.#news);
    if (errno === ERRNO.EBADFD) this.#announce({ index: 0, isUp: false, mtu: 0, isGone: true });
  }

  /** Tells the host what became of its addresses when the interface changed. */
  #announce({ isUp, mtu, isGone }: LinkState): void {
    if (isGone) this.#parts!.waiter.forget(this.#descriptor);
    const wasUp = this.#isUp;
    const isNowUp = isUp && !isGone;
    if (isNowUp === wasUp && (mtu === this.#mtu || !isNowUp)) return;
    this.#isUp = isNowUp;
    this.#mtu = mtu;
    for (const { address } of this.#addresses) if (!this.#taken.has(address)) this.#announceAddress(address, isNowUp);
  }

  /** What is for an address that this machine itself has comes here no more. */
  #announceTaken(address: IpAddress, isTaken: boolean): void {
    const own = this.#addresses.find((prefix) => prefix.address.equals(address))?.address;
    if (own === undefined || isTaken === this.#taken.has(own)) return;
    if (isTaken) this.#taken.add(own);
    else this.#taken.delete(own);
    if (this.#isUp) this.#announceAddress(own, !isTaken);
  }

  #announceAddress(address: IpAddress, isUp: boolean): void {
    const { events } = this.#parts!;
    if (!isUp) return events.addressDown(address);
    events.addressUp(address, {
      mtu: this.#mtu,
      superSegment: LARGEST_SUPER_SEGMENT,
      backup: this.#options.backup ?? false,
    });
  }

  /** Hands `packet` to the device, from index `start` of it on. */
  #write(packet: Packet, start: number): void {
    this.counters.IpOutRequests++;
    if (this.#parts === null || this.#parts.writer.write(packet, start) < 0) this.counters.IpOutDiscards++;
  }

  #reply(packet: Packet, ipAt: number): void {
    const start = this.#offload ? ipAt - VIRTIO_HEADER_LENGTH : ipAt;
    if (this.#offload) clearVirtioHeader(packet.view, start);
    this.counters.IcmpOutEchoReps++;
    this.#parts!.writer.write(packet, start);
  }
}

/** What an open device consists of. */
interface Parts {
  readonly device: TunDevice;
  readonly link: Link;
  readonly watch: LinkWatch;
  readonly waiter: PollWaiter;
  readonly reader: DeviceReader;
  readonly writer: GatherWriter;
  readonly thread: ReceiveThread | null;
  readonly events: TransportEvents;
}
