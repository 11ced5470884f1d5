/**
 * What a TUN device allows: the least TCP that moves bytes through one, sending or receiving, without loss recovery,
 * congestion control or buffers. Arguments: send ADDRESS PORT BYTES, or receive PORT; then OFFLOAD, on or off.
 *
 * @module
 */

import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { addModulo32, sequenceDistance } from "../../core/wire/seq.ts";
import { ACK, FIN, SYN, TcpHeader } from "../../core/wire/tcp.ts";
import { IpAddress } from "../../core/mod.ts";
import { tun } from "../../transports/mod.ts";

const SCALE = 9;
const MSS = 1448;
/** At most this is under way, so that the device's queue holds it. */
const FLIGHT = 1 << 20;
const LOOKING_MS = 0.2;

const [role, ...rest] = Deno.args;
const offload = rest.at(-1) === "on";
/** No more packets than the device queues. */
const WINDOW = offload ? 6 << 20 : 512 << 10;
const device = tun({ name: "bare", addresses: ["10.1.0.2"], gateways: ["10.1.0.1/24"], offload });
device.open({ now: () => 0, ready() {}, addressUp() {}, addressDown() {}, icmpError() {}, isPortInUse: () => true });

const local = IpAddress.parse("10.1.0.2");
const header = new TcpHeader();
const answer = new TcpHeader();
const out = new Packet(HEADROOM + 66_000);
const remote = new IpAddress();
let [localPort, remotePort] = [0, 0];
let [sent, acked, next, peerWindow] = [0, 0, 0, 0];
let [peerScale, isOver] = [0, false];

/** Sends a segment of `length` bytes of whatever is in the buffer. */
function emit(flags: number, length = 0): void {
  out.reset();
  answer.options.reset();
  answer.sourcePort = localPort;
  answer.destinationPort = remotePort;
  answer.sequence = addModulo32(0, sent);
  answer.acknowledgment = next;
  answer.flags = flags;
  answer.window = flags & SYN ? 0xffff : WINDOW >> SCALE;
  if (flags & SYN) {
    answer.options.maximumSegmentSize = MSS;
    answer.options.windowScale = SCALE;
  }
  out.end = answer.emit(out.view, out.start) + length;
  out.segmentSize = length > MSS ? MSS : 0;
  out.source.copy(local);
  out.destination.copy(remote);
  device.send(out);
  sent += length + (flags & (SYN | FIN) ? 1 : 0);
}

/** Takes what has arrived; true if there was something. */
function take(): boolean {
  let count = 0;
  for (let packet = device.receive(); packet !== null; packet = device.receive()) {
    if (!header.parse(packet.view, packet.start, packet.end)) continue;
    if (header.flags & SYN) {
      remote.copy(packet.source);
      [localPort, remotePort] = [header.destinationPort, header.sourcePort];
      next = addModulo32(header.sequence, 1);
      peerScale = header.options.windowScale;
      if (header.flags & ACK) sent = 1;
      emit(header.flags & ACK ? ACK : SYN | ACK);
      continue;
    }
    if (header.sourcePort !== remotePort) continue;
    acked += Math.max(sequenceDistance(addModulo32(0, acked), header.acknowledgment), 0);
    peerWindow = header.window << peerScale;
    if (header.sequence === next) {
      next = addModulo32(next, header.payloadEnd - header.payloadStart + (header.flags & FIN ? 1 : 0));
      if (header.flags & FIN) isOver = true;
    }
    count++;
  }
  return count > 0;
}

/** Takes what arrives, now or within 20 ms; true if there was something. To look for a while costs less than to be woken. */
async function wait(): Promise<boolean> {
  for (const end = performance.now() + LOOKING_MS; performance.now() < end;) if (take()) return true;
  await device.waiter.wait(20_000, true);
  return take();
}

if (role === "send") {
  remote.copy(IpAddress.parse(rest[0]!));
  [localPort, remotePort] = [40000, Number(rest[1])];
  const length = Number(rest[2]);
  emit(SYN);
  while (next === 0) await wait();
  const largest = offload ? 45 * MSS : MSS;
  let left = length;
  while (left > 0 || acked < sent) {
    const isNew = take();
    const room = Math.min(FLIGHT, peerWindow === 0 ? 65535 : peerWindow) - (sent - acked);
    let burst = 0;
    for (let free = room; left > 0 && free >= Math.min(MSS, left) && burst < 64; burst++) {
      const bytes = Math.min(largest, left, free < MSS ? free : free - free % MSS);
      emit(ACK, bytes);
      left -= bytes;
      free -= bytes;
    }
    device.flush();
    if (isNew || burst > 0) continue;
    if (!await wait()) {
      // Something was dropped: back to the last acknowledgment.
      left += sent - acked;
      sent = acked;
    }
  }
  emit(FIN | ACK);
  while (!isOver) await wait();
  emit(ACK);
} else {
  while (!isOver) {
    if (!await wait() || remotePort === 0) continue;
    emit(ACK);
    device.flush();
  }
  emit(FIN | ACK);
  for (let i = 0; i < 3; i++) if (!take()) await device.waiter.wait(10_000, true);
}
device.close();
