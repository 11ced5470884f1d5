import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../core/wire/address.ts";
import { Packet } from "../core/wire/packet.ts";
import { TcpHeader } from "../core/wire/tcp.ts";
import { createHost, memoryPair, type Transport } from "../mod.ts";
import { captured } from "./capture.ts";
import { PcapngWriter } from "./pcapng.ts";

Deno.test("a captured transport carries as before, and every segment is in the capture with right checksums", async () => {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => pieces.push(bytes.slice()));
  const [left, right] = memoryPair({ left: ["10.0.0.1", "fd00::1"], right: ["10.0.0.2", "fd00::2"] });
  await using server = createHost({ transports: [captured(left, writer, "left")] });
  await using client = createHost({ transports: [right] });
  for (const hostname of ["10.0.0.1", "fd00::1"]) {
    using listener = server.listen({ port: 80 });
    using conn = await client.connect({ hostname, port: 80 });
    using accepted = await listener.accept();
    await conn.write(new TextEncoder().encode("captured"));
    await conn.closeWrite();
    await accepted.closeWrite();
    assertEquals(await new Response(accepted.readable).text(), "captured");
  }
  await client.close();
  await server.close();
  writer.flush();
  const capture = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const text = new TextDecoder("latin1").decode(capture);
  assertEquals(text.split("captured").length - 1, 2);
  assert(text.includes("left"));
  assert(text.split("\x06\0\0\0").length > server.counters.TcpInSegs);
});

Deno.test("of a super-segment that leaves in two parts each byte is in the capture once", () => {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => pieces.push(bytes.slice()));
  let room = 2;
  const narrow: Transport = {
    open() {},
    receive: () => null,
    send(packet) {
      if (room === 0) return false;
      if (packet.segmentSize > 0 && room * packet.segmentSize < packet.tcpLength - 20) {
        packet.dropPayload(room * packet.segmentSize);
        room = 0;
        return false;
      }
      return true;
    },
    close() {},
  };
  const transport = captured(narrow, writer, "narrow");
  const packet = new Packet(200);
  packet.source.copy(IpAddress.parse("10.0.0.1"));
  packet.destination.copy(IpAddress.parse("10.0.0.2"));
  packet.end = new TcpHeader().emit(packet.view, packet.start);
  for (const byte of new TextEncoder().encode("one-two-rest")) packet.bytes[packet.end++] = byte;
  packet.segmentSize = 4;
  assertEquals([transport.send(packet), transport.send(packet)], [false, false]);
  room = 9;
  assert(transport.send(packet));
  writer.flush();
  const text = new TextDecoder("latin1").decode(new Uint8Array(pieces.flatMap((bytes) => [...bytes])));
  assertEquals(text.match(/one-two-|rest/g), ["one-two-", "rest"]);
});

Deno.test("where the transport cuts and joins by itself, what passes below it is in the capture", () => {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => pieces.push(bytes.slice()));
  const packet = new Packet(200);
  packet.source.copy(IpAddress.parse("10.0.0.1"));
  packet.destination.copy(IpAddress.parse("10.0.0.2"));
  packet.end = new TcpHeader().emit(packet.view, packet.start);
  for (const byte of new TextEncoder().encode("one-two-end")) packet.bytes[packet.end++] = byte;
  packet.segmentSize = 4;
  const plain: Transport = { cuts: true, open() {}, receive: () => packet, send: () => true, close() {} };
  const transport = captured(plain, writer, "plain");
  assert(transport.send(packet));
  assertEquals(transport.receive(), packet);
  writer.flush();
  const text = new TextDecoder("latin1").decode(new Uint8Array(pieces.flatMap((bytes) => [...bytes])));
  assertEquals(text.match(/one-two-|one-|two-|end/g), ["one-", "two-", "end", "one-", "two-", "end"]);
});
