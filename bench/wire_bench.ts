/**
 * What bytes cost: `deno bench -A bench/wire_bench.ts`.
 *
 * @module
 */

import { internetChecksum } from "../core/wire/checksum.ts";
import { DSS } from "../core/wire/mptcp.ts";
import { Packet } from "../core/wire/packet.ts";
import { ACK, TcpHeader } from "../core/wire/tcp.ts";
import { emitIpHeader, parseIpPacket } from "../transports/ip.ts";

/** Segments in one measured call; what Deno prints is for all of them. */
const SEGMENTS = 1000;

const packet = new Packet(64 * 1024 + 256);
const sent = new TcpHeader();
const received = new TcpHeader();

/** The fields that change from one data segment to the next; the numbers are past 2^31, where they are no small integers. */
function fill(i: number): void {
  sent.sourcePort = 50000;
  sent.destinationPort = 443;
  sent.sequence = (0xf000_0000 + 1400 * i) >>> 0;
  sent.acknowledgment = (0xe000_0000 + i) >>> 0;
  sent.flags = ACK;
  sent.window = 500;
  const { options } = sent;
  options.hasTimestamp = true;
  options.timestampValue = (0xd000_0000 + i) >>> 0;
  options.timestampEcho = 0xc000_0000;
  const { mptcp } = options;
  mptcp.present = DSS;
  mptcp.dataAckBytes = 4;
  mptcp.dataAck.low = (0xb000_0000 + i) >>> 0;
  mptcp.mappingBytes = 8;
  mptcp.dataSequence.setSum(mptcp.failSequence, 1400 * i);
  mptcp.subflowSequence = 1 + 1400 * i;
  mptcp.dataLength = 1400;
}

packet.source.set(0, 0, 0xffff, 0x0a000001);
packet.destination.set(0, 0, 0xffff, 0x0a000002);
fill(1);
packet.end = sent.emit(packet.view, packet.start) + 1400;
const ipStart = emitIpHeader(packet, "full");
const ipEnd = packet.end;

Deno.bench(`emit ${SEGMENTS} data segments with timestamps and DSS`, () => {
  for (let i = 0; i < SEGMENTS; i++) {
    fill(i);
    sent.emit(packet.view, packet.start);
  }
});

fill(1);
sent.emit(packet.view, packet.start);

Deno.bench(`parse ${SEGMENTS} data segments with timestamps and DSS`, () => {
  for (let i = 0; i < SEGMENTS; i++) {
    packet.view.setUint32(packet.start + 4, i);
    if (!received.parse(packet.view, packet.start, packet.end)) throw new Error("Cannot parse segment");
  }
});

Deno.bench(`emit ${SEGMENTS} IPv4 headers without TCP checksum`, () => {
  for (let i = 0; i < SEGMENTS; i++) emitIpHeader(packet, "partial");
});

Deno.bench(`parse ${SEGMENTS} IPv4 headers`, () => {
  for (let i = 0; i < SEGMENTS; i++) {
    if (parseIpPacket(packet.view, ipStart, ipEnd, packet) !== "tcp") throw new Error("Cannot parse packet");
  }
});

const payload = new Uint8Array(64 * 1024 + 64);
for (let i = 0; i < payload.length; i++) payload[i] = i * 7;

Deno.bench("checksum of 40 bytes", () => {
  internetChecksum(payload, 0, 40);
});

Deno.bench("checksum of 1460 bytes", () => {
  internetChecksum(payload, 0, 1460);
});

Deno.bench("checksum of 1460 bytes from an odd index", () => {
  internetChecksum(payload, 1, 1461);
});

Deno.bench("checksum of 64 KiB", () => {
  internetChecksum(payload, 0, 64 * 1024);
});
