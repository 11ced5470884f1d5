import { assertEquals, assertThrows } from "@std/assert";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK, FIN, PSH, SYN, type TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { alterPayload, chain, splitSegments } from "./mod.ts";

const withOptions = (header: TcpHeader): void => {
  header.options.hasTimestamp = true;
  header.options.mptcp.present = DSS;
  header.options.mptcp.dataAckBytes = 4;
};
const LONG = { sequence: 100, flags: ACK | PSH | FIN, text: "abcdefg", edit: withOptions };

for (
  const [mptcp, kept] of Object.entries({
    copy: [DSS, DSS, DSS],
    first: [DSS, 0, 0],
    last: [0, 0, DSS],
    drop: [0, 0, 0],
  })
) {
  Deno.test(`pieces follow each other, PSH and FIN on the last; options: ${mptcp}`, () => {
    const bench = new LoneBox(splitSegments({ bytes: 3, mptcp: mptcp as "copy" }));
    const pieces = bench.send("forward", LONG);
    assertEquals(pieces.map(({ sequence, payload }) => [sequence, payload]), [[100, "abc"], [103, "def"], [106, "g"]]);
    assertEquals(pieces.map(({ flags }) => flags), [ACK, ACK, ACK | PSH | FIN]);
    assertEquals(pieces.map((piece) => piece.mptcp), kept);
    assertEquals(pieces.every(({ timestamps, verifies }) => timestamps !== null && verifies), true);
  });
}

Deno.test("short segments and SYNs pass as they are", () => {
  const bench = new LoneBox(splitSegments({ bytes: 7 }));
  assertEquals(bench.send("forward", LONG).length, 1);
  assertEquals(bench.send("forward", { flags: SYN, text: "data in a SYN" }).length, 1);
  assertEquals(bench.box.counters.injected, 0);
});

Deno.test("pieces of a damaged segment are damaged", () => {
  const bench = new LoneBox(chain(alterPayload({ fixChecksum: false }), splitSegments({ bytes: 3 })));
  assertEquals(bench.send("forward", LONG).map(({ verifies }) => verifies), [false, false, false]);
});

Deno.test("pieces of nothing are refused", () => {
  assertThrows(() => splitSegments({ bytes: 0 }), RangeError, "give 1 or more");
});
