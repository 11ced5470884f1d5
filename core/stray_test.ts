import { assertEquals } from "@std/assert";
import { StrayResets } from "./stray.ts";
import { IpAddress } from "./wire/address.ts";
import { MP_TCPRST } from "./wire/mptcp.ts";
import { HEADROOM, Packet } from "./wire/packet.ts";
import { ACK, FIN, RST, SYN, TcpHeader } from "./wire/tcp.ts";

function segment(flags: number, sequence: number, acknowledgment: number, payload = 0) {
  const packet = new Packet(2000);
  packet.source.copy(IpAddress.parse("192.0.2.9"));
  packet.destination.copy(IpAddress.parse("192.0.2.1"));
  const header = new TcpHeader();
  Object.assign(header, { sourcePort: 999, destinationPort: 80, flags, sequence, acknowledgment });
  const at = header.emit(packet.view, packet.start);
  packet.end = at + payload;
  header.parse(packet.view, packet.start, packet.end);
  return { packet, header };
}

/** What leaves, parsed. */
function emitted(resets: StrayResets): { packet: Packet; header: TcpHeader } | null {
  const packet = new Packet(2000);
  packet.start = HEADROOM;
  if (!resets.pollTransmit(packet, new TcpHeader())) return null;
  const header = new TcpHeader();
  header.parse(packet.view, packet.start, packet.end);
  return { packet, header };
}

function answer(flags: number, sequence: number, acknowledgment: number, payload = 0): number[] | null {
  const resets = new StrayResets();
  const { packet, header } = segment(flags, sequence, acknowledgment, payload);
  resets.answer(packet, header);
  const reset = emitted(resets)?.header;
  return reset === undefined ? null : [reset.flags, reset.sequence, reset.acknowledgment];
}

Deno.test("a stray segment with ACK is reset at the number that it acknowledges (RFC 9293 section 3.10.7.1)", () => {
  assertEquals(answer(ACK, 1000, 5000), [RST, 5000, 0]);
  assertEquals(answer(SYN | ACK, 1000, 5000), [RST, 5000, 0]);
});

Deno.test("one without ACK is acknowledged as far as it reaches, SYN and FIN included", () => {
  assertEquals(answer(SYN, 1000, 0), [RST | ACK, 0, 1001]);
  assertEquals(answer(0, 1000, 0, 20), [RST | ACK, 0, 1020]);
  assertEquals(answer(SYN | FIN, 0xffffffff, 0, 3), [RST | ACK, 0, 4]);
});

Deno.test("a reset is not answered", () => {
  assertEquals([answer(RST, 1, 1), answer(RST | ACK, 1, 1)], [null, null]);
});

Deno.test("the answer goes back where the segment came from, with a reason if there is one", () => {
  const resets = new StrayResets();
  const { packet, header } = segment(SYN, 1, 0);
  resets.answer(packet, header, 3);
  packet.source.copy(IpAddress.parse("10.0.0.1"));
  const reset = emitted(resets)!;
  assertEquals([`${reset.packet.source}`, `${reset.packet.destination}`], ["192.0.2.1", "192.0.2.9"]);
  assertEquals([reset.header.sourcePort, reset.header.destinationPort], [80, 999]);
  const { mptcp } = reset.header.options;
  assertEquals([mptcp.present, mptcp.resetReason], [MP_TCPRST, 3]);
});

Deno.test("a flood of strays costs 64 answers and no more", () => {
  const resets = new StrayResets();
  for (let i = 0; i < 1000; i++) {
    const { packet, header } = segment(SYN, i, 0);
    resets.answer(packet, header);
  }
  let count = 0;
  while (emitted(resets) !== null) count++;
  assertEquals(count, 64);
});
