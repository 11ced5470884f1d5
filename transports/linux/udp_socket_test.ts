import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../../core/wire/address.ts";
import type { IcmpError } from "../../core/wire/icmp.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { ACK, PSH, TcpHeader } from "../../core/wire/tcp.ts";
import { DatagramCounters } from "../udp/engine.ts";
import { Epoll } from "./epoll.ts";
import { ERRNO, type Libc, openLibc } from "./libc.ts";
import { piecesKept } from "./memory.ts";
import { Message } from "./message.ts";
import { canSendTrains, longestTrain, TrainWriter } from "./train_writer.ts";
import { UdpErrors } from "./udp_errors.ts";
import { type Shared, UdpSocket } from "./udp_socket.ts";

const LOOPBACK = IpAddress.parse("127.0.0.1");
/** Where the length of control data lies in struct msghdr: a train has some. */
const CONTROL_LENGTH = 40;

/** Sockets of a C library whose sendmsg fails as `fail` says, given whether a train is to leave. */
class Sockets implements Disposable {
  calls = 0;
  fail: (isTrain: boolean) => number = () => 0;
  readonly told: UdpSocket[] = [];
  readonly errors: string[] = [];
  readonly counters = new DatagramCounters();
  readonly #libc = openLibc();
  readonly #shared: Shared;
  readonly #sockets: UdpSocket[] = [];
  #errno = 0;

  constructor() {
    const real = this.#libc;
    const libc: Libc = {
      ...real,
      sendmsg: (descriptor, message, flags) => {
        this.calls++;
        this.#errno = this.fail(new Deno.UnsafePointerView(message).getUint32(CONTROL_LENGTH) > 0);
        return this.#errno === 0 ? real.sendmsg(descriptor, message, flags) : -1;
      },
      recvmsg: (...args) => {
        this.#errno = 0;
        return real.recvmsg(...args);
      },
      errno: () => this.#errno || real.errno(),
    };
    const message = new Message();
    const out = new TrainWriter(libc);
    const errors = new UdpErrors(libc, message);
    this.#shared = { libc, epoll: new Epoll(libc), out, hasTrains: true, message, errors };
  }

  open(): UdpSocket {
    const socket = new UdpSocket(this.#shared, LOOPBACK, 0, {
      readable: (it) => this.told.push(it as UdpSocket),
      writable() {},
      icmpError: (error: IcmpError) => this.errors.push(error.kind),
      counters: this.counters,
    });
    this.#sockets.push(socket);
    return socket;
  }

  /** Those that have something now. */
  look(): UdpSocket[] {
    this.told.length = 0;
    this.#shared.epoll.look();
    return this.told;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
    const { epoll, out, message, errors } = this.#shared;
    epoll.close();
    out.close();
    errors.close();
    message.free();
    this.#libc.release();
  }
}

/** `payload` bytes in segments of `segmentSize` from one socket to another. */
function packetOf(from: UdpSocket, to: UdpSocket, payload: number, segmentSize: number): Packet {
  const packet = new Packet(HEADROOM + 60 + payload);
  const header = new TcpHeader();
  header.flags = ACK | PSH;
  header.sourcePort = from.port;
  header.destinationPort = to.port;
  header.options.hasTimestamp = true;
  packet.end = header.emit(packet.view, packet.start);
  for (let i = 0; i < payload; i++) packet.bytes[packet.end++] = i * 7;
  packet.segmentSize = segmentSize;
  packet.destination.copy(LOOPBACK);
  return packet;
}

/** Everything that `socket` receives, put together. */
function received(socket: UdpSocket): number[] {
  const bytes: number[] = [];
  const header = new TcpHeader();
  for (let packet = socket.receive(); packet !== null; packet = socket.receive()) {
    assert(header.parse(packet.view, packet.start, packet.end));
    assertEquals(header.sequence, bytes.length);
    bytes.push(...packet.bytes.subarray(header.payloadStart, header.payloadEnd));
  }
  return bytes;
}

function payloadOf(packet: Packet): number[] {
  return [...packet.bytes.subarray(packet.start + 32, packet.end)];
}

Deno.test("the longest train of any MTU leaves with one call", () => {
  for (const [mtu, segment] of [[576, 496], [1280, 1200], [1500, 1420], [9000, 8920]] as const) {
    using sockets = new Sockets();
    const [from, to] = [sockets.open(), sockets.open()];
    const whole = longestTrain(mtu) - longestTrain(mtu) % segment;
    const packet = packetOf(from, to, whole, segment);
    assert(from.send(packet));
    assertEquals([sockets.calls, sockets.counters.UdpOutDatagrams], [1, whole / segment], `${mtu}`);
    assertEquals(received(to), payloadOf(packet));
  }
});

Deno.test("where nobody cuts trains, each datagram leaves by itself from then on, and none is lost", () => {
  using sockets = new Sockets();
  sockets.fail = (isTrain) => isTrain ? ERRNO.EIO : 0;
  const [from, to] = [sockets.open(), sockets.open()];
  const packet = packetOf(from, to, 5000, 1000);
  assert(from.send(packet));
  assertEquals(sockets.counters.UdpOutDatagrams, 5);
  assertEquals(received(to), payloadOf(packet));
  sockets.calls = 0;
  assert(from.send(packet));
  assertEquals([sockets.calls, sockets.counters.UdpSndbufErrors], [5, 0], "it is not tried again");
});

Deno.test("a socket without room holds the packet back, and tells when it has room", () => {
  using sockets = new Sockets();
  const [from, to] = [sockets.open(), sockets.open()];
  const packet = packetOf(from, to, 5000, 1000);
  sockets.fail = () => ERRNO.EAGAIN;
  assertEquals([from.send(packet), from.send(packet)], [false, false]);
  // The kernel has room, whatever it was made to say here.
  assertEquals(sockets.look(), [from]);
  sockets.fail = () => 0;
  assert(from.send(packet));
  assertEquals(received(to), payloadOf(packet));
  assertEquals(sockets.look(), [], "room is no news any more");
  assertEquals([sockets.counters.UdpSndbufErrors, sockets.counters.UdpOutDatagrams], [0, 5]);
});

Deno.test("of what had room in part the rest is held back, and nothing leaves twice", () => {
  using sockets = new Sockets();
  const [from, to] = [sockets.open(), sockets.open()];
  let calls = 0;
  sockets.fail = (isTrain) => isTrain ? ERRNO.EIO : ++calls % 3 > 0 ? 0 : ERRNO.EAGAIN;
  const packet = packetOf(from, to, 5000, 1000);
  const payload = payloadOf(packet);
  assertEquals([from.send(packet), packet.segmentSize], [false, 1000]);
  assertEquals(payloadOf(packet), payload.slice(2000));
  assertEquals([from.send(packet), packet.segmentSize], [false, 0], "one is left");
  assertEquals(from.send(packet), true);
  assertEquals([sockets.counters.UdpOutDatagrams, sockets.counters.UdpSndbufErrors], [5, 0]);
  assertEquals(received(to), payload);
});

Deno.test("a full queue of the device is no reason to try at once again; a filter is told of", () => {
  using sockets = new Sockets();
  const [from, to] = [sockets.open(), sockets.open()];
  sockets.fail = () => ERRNO.ENOBUFS;
  assert(from.send(packetOf(from, to, 5000, 1000)));
  assertEquals([sockets.calls, sockets.counters.UdpSndbufErrors, sockets.errors], [1, 5, []]);
  sockets.fail = () => ERRNO.EPERM;
  assert(from.send(packetOf(from, to, 1000, 0)));
  assertEquals([sockets.counters.UdpSndbufErrors, sockets.errors], [6, ["prohibited"]]);
});

Deno.test("of many sockets only those that have something are told of", () => {
  using sockets = new Sockets();
  const all = Array.from({ length: 100 }, () => sockets.open());
  const [from] = all;
  assertEquals(sockets.look(), []);
  for (const i of [70, 30]) assert(from!.send(packetOf(from!, all[i]!, 10, 0)));
  assertEquals(new Set(sockets.look()), new Set([all[30]!, all[70]!]));
  all[30]!.close();
  assertEquals(all[30]!.receive(), null, "the descriptor may be another's");
  assertEquals(sockets.look(), [all[70]!]);
});

Deno.test("a kernel that does not know of trains is found out, and all memory is given back", () => {
  const before = piecesKept();
  {
    using _sockets = new Sockets();
    const libc = openLibc();
    assertEquals(canSendTrains(libc), true);
    assertEquals(canSendTrains({ ...libc, setsockopt: () => -1 }), false);
    libc.release();
  }
  assertEquals(piecesKept(), before);
});
