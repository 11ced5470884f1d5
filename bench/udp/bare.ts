/**
 * Datagrams of an engine between two processes without TCP: the bound of what can be carried in them. The receiver says
 * from time to time what it has, and the sender has no more than a window on the way, so that none is lost.
 * Arguments: receive PORT ENGINE, or send PORT ENGINE BYTES. The receiver says when it is ready; each prints one
 * JSON object.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import { LinuxEngine } from "../../transports/linux/udp_engine.ts";
import type { DatagramEngine } from "../../transports/udp/engine.ts";
import { PortableEngine } from "../../transports/udp/portable.ts";
import { stopwatch } from "./stopwatch.ts";

const [role, portText, name, length] = Deno.args;
const port = Number(portText);
/** Payload of a full datagram beside options as long as those of a subflow. */
const PAYLOAD = 1420;
const TRAIN = name === "linux" ? 44 : 1;
/** On the way at most; the socket buffers of most systems hold it. */
const WINDOW = name === "portable" ? 96 * 1024 : 1024 * 1024;
const REPORT_EVERY = WINDOW / 8;

const counters = {
  UdpInDatagrams: 0,
  UdpOutDatagrams: 0,
  UdpInErrors: 0,
  UdpKeepAlives: 0,
  UdpSndbufErrors: 0,
  IcmpInMsgs: 0,
  UdpRcvbufErrors: 0,
};
let wake = () => {};
const engine: DatagramEngine = name === "portable" ? new PortableEngine() : new LinuxEngine();
engine.start();
const local = IpAddress.parse(role === "receive" ? "127.0.0.1" : "127.0.0.101");
const socket = engine.open(local, role === "receive" ? port : 0, {
  readable: () => wake(),
  writable: () => wake(),
  icmpError() {},
  counters,
});
const header = new TcpHeader();
header.sourcePort = socket.port;

/** Turns without news before a wait, which costs as much as several turns; as the driver of hosts has it. */
const IDLE_TURNS = 40;
let idle = 0;

/** Waits until there may be something to do. */
async function rest(): Promise<void> {
  if (++idle < IDLE_TURNS) return await new Promise((resolve) => void setImmediate(resolve));
  if (engine.waiter !== undefined) return await engine.waiter.wait(10_000, true);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 10);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

/** A packet of `payload` bytes, in datagrams of full length, which says `count`. */
function packetOf(payload: number, to: IpAddress, destinationPort: number): Packet {
  const packet = new Packet(HEADROOM + 60 + payload);
  header.destinationPort = destinationPort;
  header.options.hasTimestamp = true;
  header.flags = 0x10;
  packet.end = header.emit(packet.view, packet.start) + payload;
  packet.segmentSize = payload > PAYLOAD ? PAYLOAD : 0;
  packet.destination.copy(to);
  return packet;
}

/** Where a header has its acknowledgment number, here bytes received in units of 1024. */
const COUNT_AT = 8;

if (role === "receive") {
  console.log("ready");
  let passed = stopwatch();
  let bytes = 0;
  let reported = 0;
  let report: Packet | null = null;
  for (let isOver = false; !isOver;) {
    const packet = socket.receive();
    if (packet === null) {
      await rest();
      continue;
    }
    idle = 0;
    if (report === null) {
      passed = stopwatch();
      report = packetOf(0, packet.source, packet.view.getUint16(packet.start));
    }
    isOver = packet.view.getUint8(packet.start + 13) === 0x11;
    bytes += packet.end - packet.start - 32;
    if (bytes - reported < REPORT_EVERY && !isOver) continue;
    reported = bytes;
    report.view.setUint32(report.start + COUNT_AT, Math.floor(bytes / 1024));
    socket.send(report);
  }
  console.log(JSON.stringify(passed()));
  await rest();
} else {
  const packet = packetOf(TRAIN * PAYLOAD, IpAddress.parse("127.0.0.1"), port);
  const total = Number(length);
  const passed = stopwatch();
  let sent = 0;
  let received = 0;
  while (sent < total || received < total - 2048) {
    const news = socket.receive();
    if (news !== null) idle = 0;
    if (news !== null) received = news.view.getUint32(news.start + COUNT_AT) * 1024;
    const isLast = sent + TRAIN * PAYLOAD >= total;
    if (sent < total && sent - received < WINDOW) {
      packet.view.setUint32(packet.start + 4, sent >>> 0);
      if (isLast) packet.view.setUint8(packet.start + 13, 0x11);
      if (socket.send(packet)) sent += TRAIN * PAYLOAD;
      else await rest();
    } else if (news === null) await rest();
  }
  console.log(JSON.stringify(passed()));
}
socket.close();
engine.close();
