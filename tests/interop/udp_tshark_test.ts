import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../../core/wire/address.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { ACK, PSH, TcpHeader } from "../../core/wire/tcp.ts";
import { createHost, tun } from "../../mod.ts";
import { LinuxEngine } from "../../transports/linux/udp_engine.ts";
import { DatagramCounters } from "../../transports/udp/engine.ts";
import { program, testWith, tunDevice } from "../needs.ts";
import { readWithTshark } from "../tshark.ts";
import { Namespace } from "./namespace.ts";
import { KERNEL } from "./neighbours.ts";

const NEEDS = [...KERNEL, tunDevice, program("tshark")];
const PAYLOAD = 1000;
const COUNT = 20;
const DSCP = 46;
const HOP_LIMIT = 7;

/** A train of datagrams and a last one that is shorter. */
function train(to: IpAddress, from: number): Packet {
  const packet = new Packet(HEADROOM + 60 + COUNT * PAYLOAD);
  const header = new TcpHeader();
  header.flags = ACK | PSH;
  header.sourcePort = from;
  header.destinationPort = 7000;
  header.options.hasTimestamp = true;
  packet.end = header.emit(packet.view, packet.start);
  for (let i = 0; i < COUNT * PAYLOAD - 7; i++) packet.bytes[packet.end++] = i;
  packet.segmentSize = PAYLOAD;
  packet.destination.copy(to);
  packet.dscp = DSCP;
  packet.hopLimit = HOP_LIMIT;
  return packet;
}

testWith(
  NEEDS,
  "tshark sees well-formed datagrams with a right checksum, each of a train with what was wanted in its IP header",
  async () => {
    await using space = await Namespace.create();
    // The kernel computes checksums for a device that does not; on the loopback interface nobody would.
    const device = tun({
      name: "t0",
      addresses: ["10.1.0.2", "fd01::2"],
      gateways: ["10.1.0.1/24", "fd01::1/64"],
      offload: false,
    });
    await using _host = space.inside(() => createHost({ transports: [device] }));
    const file = await Deno.makeTempFile({ suffix: ".pcap" });
    // It comes with tshark, and says so when it has begun.
    const capture = space.spawn(["dumpcap", "-i", "t0", "-w", file, "-c", `${2 * COUNT}`, "-f", "udp port 7000"]);
    const reader = capture.stderr.getReader();
    for (let said = ""; !said.includes("File:");) said += new TextDecoder().decode((await reader.read()).value);
    reader.releaseLock();
    const counters = new DatagramCounters();
    space.inside(() => {
      const engine = new LinuxEngine();
      engine.start();
      for (const [from, to] of [["10.1.0.1", "10.1.0.2"], ["fd01::1", "fd01::2"]]) {
        const events = { readable() {}, writable() {}, icmpError() {}, counters };
        const socket = engine.open(IpAddress.parse(from!), 0, events);
        assert(socket.send(train(IpAddress.parse(to!), socket.port)));
        socket.close();
      }
      engine.close();
    });
    await Promise.all([capture.status, capture.stdout.cancel(), capture.stderr.cancel()]);
    const fields = ["udp.checksum.status", "udp.length", "ip.flags.df", "udp.payload"];
    const marks = ["ip.dsfield.dscp", "ipv6.tclass.dscp", "ip.ttl", "ipv6.hlim"];
    const seen = await readWithTshark(await Deno.readFile(file), [...fields, ...marks], ["udp.check_checksum:TRUE"]);
    await Deno.remove(file);
    assertEquals([seen.length, counters.UdpSndbufErrors], [2 * COUNT, 0]);
    const lengths = Array.from({ length: COUNT }, (_, i) => 8 + 12 + 12 + PAYLOAD - (i === COUNT - 1 ? 7 : 0));
    for (const family of [seen.slice(0, COUNT), seen.slice(COUNT)]) {
      assertEquals(family.map(([status]) => status), Array(COUNT).fill("1"), "good");
      assertEquals(family.map(([, length]) => Number(length)), lengths);
      const fieldsOf = (row: readonly string[]) => row.slice(4).filter((field) => field !== "").map(Number);
      assertEquals(family.map(fieldsOf), Array(COUNT).fill([DSCP, HOP_LIMIT]));
      // Each with a header of its own: the sequence number follows the bytes before.
      const sequences = family.map(([, , , payload]) => parseInt(payload!.replaceAll(":", "").slice(8, 16), 16));
      assertEquals(sequences, lengths.map((_, i) => i * PAYLOAD));
    }
    assert(
      seen.slice(0, COUNT).every(([, , unfragmented]) => unfragmented === "1" || unfragmented === "True"),
      "never cut",
    );
  },
);
