import { assertEquals } from "@std/assert";
import type { TcpHeader } from "../core/wire/tcp.ts";
import { ACK, FIN, PSH, SYN } from "../core/wire/tcp.ts";
import { makeFrame, Sink } from "../tests/frames.ts";
import type { FrameFields } from "../tests/frames.ts";
import { program, testWith } from "../tests/needs.ts";
import { readWithTshark, tsharkComplaints } from "../tests/tshark.ts";
import { DuplexLink } from "./duplex.ts";
import { Link } from "./link.ts";
import type { LinkOptions } from "./link.ts";
import { Simulator } from "./simulator.ts";
import { Tap } from "./tap.ts";

const tshark = program("tshark");
/** A whole short connection over one link, in both directions. */
function converse(sim: Simulator, addresses: readonly [string, string], options: LinkOptions): DuplexLink {
  const forward = new Link(sim, `${addresses[0]} forward`, new Sink(sim), options);
  const backward = new Link(sim, `${addresses[0]} backward`, new Sink(sim), options);
  const timestamps = (value: number, echo: number) => (header: TcpHeader) => {
    header.options.hasTimestamp = true;
    header.options.timestampValue = value;
    header.options.timestampEcho = echo;
  };
  const handshake = (header: TcpHeader) => {
    header.options.maximumSegmentSize = 1440;
    header.options.windowScale = 7;
    header.options.sackPermitted = true;
  };
  const client: Partial<FrameFields> = { source: addresses[0], destination: addresses[1], payload: 0 };
  const server: Partial<FrameFields> = {
    source: addresses[1],
    destination: addresses[0],
    sourcePort: 80,
    destinationPort: 5000,
    payload: 0,
  };
  const segments: [Link, FrameFields][] = [
    [forward, { ...client, sequence: 999, flags: SYN, edit: handshake }],
    [backward, { ...server, sequence: 1999, acknowledgment: 1000, flags: SYN | ACK, edit: handshake }],
    [forward, { ...client, sequence: 1000, acknowledgment: 2000, flags: ACK, edit: timestamps(3, 2) }],
    [forward, { ...client, sequence: 1000, acknowledgment: 2000, flags: ACK | PSH, payload: 701 }],
    [backward, { ...server, sequence: 2000, acknowledgment: 1701, flags: ACK }],
    [backward, { ...server, sequence: 2000, acknowledgment: 1701, flags: ACK | PSH, payload: 1400 }],
    [forward, { ...client, sequence: 1701, acknowledgment: 3400, flags: ACK | FIN }],
    [backward, { ...server, sequence: 3400, acknowledgment: 1702, flags: ACK | FIN }],
    [forward, { ...client, sequence: 1702, acknowledgment: 3401, flags: ACK }],
  ];
  for (const [i, [link, fields]] of segments.entries()) sim.at(20 * i, () => link.send(makeFrame(sim, fields)));
  return new DuplexLink("wifi", forward, backward);
}

for (const addresses of [["10.0.0.1", "10.0.0.2"], ["2001:db8::1", "2001:db8::2"]] as const) {
  testWith([tshark], `tshark opens a capture without a complaint: ${addresses[0]}`, async () => {
    const sim = new Simulator();
    const tap = new Tap();
    tap.watch(converse(sim, addresses, { rate: 10e6, delay: 5 }));
    sim.runUntil(1e6);
    const fields = ["frame.time_relative", "frame.interface_name", "tcp.len"];
    const rows = await readWithTshark(tap.bytes(), fields);
    assertEquals(rows.map((row) => row[2]), ["0", "0", "0", "701", "0", "1400", "0", "0", "0"]);
    assertEquals(rows.every((row) => row[1] === "wifi"), true);
    assertEquals(await tsharkComplaints(tap.bytes()), []);
    // Seen at the first node: what it sends when it sends it, what comes 5 ms and the transmission later.
    assertEquals(rows.slice(0, 3).map((row) => Number(row[0]).toFixed(3)), ["0.000", "0.025", "0.040"]);
  });
}

testWith([tshark], "a damaged packet is captured as it arrived", async () => {
  const sim = new Simulator();
  const tap = new Tap();
  tap.watch(converse(sim, ["10.0.0.1", "10.0.0.2"], { corrupt: 1 }), { end: "far" });
  sim.runUntil(1e6);
  const rows = await readWithTshark(tap.bytes(), ["ip.src", "tcp.checksum.status"]);
  for (const [source, status] of rows) assertEquals(status, source === "10.0.0.1" ? "0" : "1");
});

Deno.test("a sink gets the capture piece by piece, and time has the epoch asked for", () => {
  const sim = new Simulator();
  const pieces: Uint8Array[] = [];
  const tap = new Tap({ sink: (bytes) => pieces.push(bytes), epoch: 2 ** 33 });
  const link = new Link(sim, "link", new Sink(sim));
  tap.watch(link, { name: "uplink" });
  for (let i = 0; i < 100; i++) link.send(makeFrame(sim, { payload: 1400 }));
  assertEquals(pieces.length, 2);
  tap.flush();
  assertEquals(pieces.length, 3);
  assertEquals(tap.bytes().length, 0);
});
