import { assertEquals, assertThrows } from "@std/assert";
import { DSS, MP_PRIO } from "../../core/wire/mptcp.ts";
import { ACK, FIN, PSH, type TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { alterPayload, chain, coalesceSegments } from "./mod.ts";

const having = (present: number) => (header: TcpHeader): void => {
  header.options.mptcp.present = present;
  header.options.mptcp.dataAckBytes = 4;
};
const FIRST = { sequence: 100, acknowledgment: 7, text: "abc", edit: having(DSS) };
const SECOND = { sequence: 103, acknowledgment: 9, flags: ACK | PSH, text: "def", edit: having(DSS | MP_PRIO) };

for (const [mptcp, kept] of Object.entries({ first: DSS, last: DSS | MP_PRIO, drop: 0 })) {
  Deno.test(`segments that follow each other become one; options: ${mptcp}`, () => {
    const bench = new LoneBox(coalesceSegments({ bytes: 100, mptcp: mptcp as "first" }));
    assertEquals(bench.send("forward", FIRST), []);
    bench.wait(3);
    bench.give("forward", SECOND);
    const [joined, ...others] = bench.wait(8);
    assertEquals(others, []);
    assertEquals([joined!.sequence, joined!.acknowledgment, joined!.payload], [100, 9, "abcdef"]);
    assertEquals([joined!.flags, joined!.mptcp, joined!.verifies, joined!.at], [ACK | PSH, kept, true, 8]);
  });
}

Deno.test("what does not follow lets what waits go first", () => {
  for (const next of [{ sequence: 200, text: "far" }, { sequence: 103, flags: ACK | FIN }, { sequence: 103 }]) {
    const bench = new LoneBox(coalesceSegments({ bytes: 100 }));
    bench.send("forward", FIRST);
    bench.give("forward", next);
    assertEquals(bench.wait(10).map(({ sequence }) => sequence), [100, next.sequence]);
  }
});

Deno.test("a segment that would become too long begins another, and one that waits alone goes after a while", () => {
  const bench = new LoneBox(coalesceSegments({ bytes: 5, wait: 20 }));
  bench.send("forward", FIRST);
  bench.give("forward", SECOND);
  assertEquals(bench.wait(30).map(({ payload, at }) => [payload, at]), [["abc", 0], ["def", 20]]);
});

Deno.test("what is damaged is joined with nothing", () => {
  const bench = new LoneBox(chain(alterPayload({ fixChecksum: false, after: 1 }), coalesceSegments({ bytes: 100 })));
  bench.send("forward", FIRST);
  bench.wait(2);
  bench.give("forward", SECOND);
  assertEquals(bench.wait(10).map(({ verifies }) => verifies), [true, false]);
});

Deno.test("joining up to nothing is refused", () => {
  assertThrows(() => coalesceSegments({ bytes: 0 }), RangeError, "give 1 or more");
});
