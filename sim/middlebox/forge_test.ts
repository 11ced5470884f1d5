import { assertEquals, assertThrows } from "@std/assert";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK, RST, type TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { forgeSegments } from "./forge.ts";

const withDss = (header: TcpHeader): void => {
  header.options.mptcp.present = DSS;
  header.options.mptcp.dataAckBytes = 4;
};
const DATA = { sequence: 100, acknowledgment: 900, text: "abc", edit: withDss };

Deno.test("a forged segment goes behind a real one, with the numbers that were guessed", () => {
  const bench = new LoneBox(forgeSegments({ flags: "RA", sequence: 1000, acknowledgment: -5, count: 1, delay: 2 }));
  bench.send("forward", DATA);
  const [real, forged] = bench.wait(5);
  assertEquals([real!.payload, real!.at, forged!.at], ["abc", 0, 2]);
  assertEquals([forged!.source, forged!.sourcePort, forged!.destinationPort], ["10.0.0.1", 5000, 80]);
  assertEquals([forged!.sequence, forged!.acknowledgment, forged!.flags], [1103, 895, RST | ACK]);
  assertEquals([forged!.payload, forged!.mptcp, forged!.verifies], ["", 0, true]);
  assertEquals(bench.send("forward", DATA).length, 1);
});

Deno.test("numbers count from the highest that was sent, and options and payload may come along", () => {
  const bench = new LoneBox(forgeSegments({ flags: "A", bytes: 4, options: "copy" }));
  bench.send("forward", { ...DATA, sequence: 200 });
  const [, forged] = bench.send("forward", DATA);
  assertEquals([forged!.sequence, forged!.payload, forged!.mptcp, forged!.flags], [203, "!!!!", DSS, ACK]);
});

Deno.test("an unknown flag is refused", () => {
  assertThrows(() => forgeSegments({ flags: "AX" }), TypeError, 'flag "X"');
});

Deno.test("what is forged can have options of its own", () => {
  const dss = Uint8Array.of(30, 8, 0x20, 0x01, 0, 0, 0, 1);
  const bench = new LoneBox(forgeSegments({ flags: "A", options: dss }));
  const [, forged] = bench.send("forward", { sequence: 100, text: "abc" });
  assertEquals([forged!.mptcp, forged!.verifies], [DSS, true]);
});
