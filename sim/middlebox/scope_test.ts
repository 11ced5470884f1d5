import { assertEquals } from "@std/assert";
import { DSS, MP_JOIN } from "../../core/wire/mptcp.ts";
import { ACK, FIN, SYN, type TcpHeader } from "../../core/wire/tcp.ts";
import { type GivenSegment, LoneBox } from "../../tests/lone_box.ts";
import { dropPackets } from "./disorder.ts";
import type { BoxDirection } from "./box.ts";
import { type BoxScope, type Moment, MOMENTS } from "./scope.ts";

const joining = (header: TcpHeader): void => {
  header.options.mptcp.present = MP_JOIN;
  header.options.mptcp.joinLength = 12;
};
const ending = (header: TcpHeader): void => {
  header.options.mptcp.present = DSS;
  header.options.mptcp.dataFin = true;
};

/** A connection with a join, step by step, and the moments that each step belongs to. */
const STEPS: readonly [BoxDirection, GivenSegment, readonly Moment[]][] = [
  ["forward", { flags: SYN, sequence: 100 }, ["syn"]],
  ["backward", { flags: SYN | ACK, sequence: 900, acknowledgment: 101 }, ["syn-ack"]],
  ["forward", { sequence: 101, acknowledgment: 901 }, ["third-ack"]],
  ["forward", { sequence: 101, acknowledgment: 901, text: "first" }, ["first-data"]],
  ["backward", { sequence: 901, acknowledgment: 106 }, []],
  ["backward", { sequence: 901, acknowledgment: 106, text: "first" }, ["first-data"]],
  ["forward", { sequence: 106, acknowledgment: 906 }, []],
  ["forward", { sequence: 19_200, acknowledgment: 906, text: "x".repeat(1000) }, ["mid-stream"]],
  ["forward", { sourcePort: 5001, flags: SYN, sequence: 500, edit: joining }, ["join"]],
  ["backward", { destinationPort: 5001, flags: SYN | ACK, sequence: 700, acknowledgment: 501 }, ["join"]],
  ["forward", { sourcePort: 5001, sequence: 501, acknowledgment: 701 }, ["join"]],
  ["backward", { destinationPort: 5001, sequence: 701, acknowledgment: 501 }, ["join"]],
  ["forward", { sourcePort: 5001, sequence: 501, acknowledgment: 701, text: "data" }, ["first-data"]],
  ["backward", { destinationPort: 5001, sequence: 701, acknowledgment: 505 }, []],
  ["forward", { sequence: 20_200, acknowledgment: 906, edit: ending }, ["close"]],
  ["forward", { flags: FIN | ACK, sequence: 20_200, acknowledgment: 906 }, ["close"]],
];

/** Which steps a box acts upon. */
function coveredBy(scope: BoxScope): number[] {
  const bench = new LoneBox(dropPackets(scope));
  return STEPS.flatMap(([direction, segment], i) => bench.send(direction, segment).length === 0 ? [i] : []);
}

const all = STEPS.map((_, i) => i);

for (const moment of MOMENTS) {
  const own = all.filter((i) => STEPS[i]![2].includes(moment));
  Deno.test(`a box at the moment "${moment}" acts upon its segments alone`, () => {
    assertEquals(coveredBy({ at: moment }), own);
    assertEquals(coveredBy({ at: moment, direction: "backward" }), own.filter((i) => STEPS[i]![0] === "backward"));
  });
  Deno.test(`a box from the moment "${moment}" acts upon everything from its first segment on, wherever that came from`, () => {
    assertEquals(coveredBy({ from: moment }), all.filter((i) => i >= own[0]!));
    const backward = all.filter((i) => i >= own[0]! && STEPS[i]![0] === "backward");
    assertEquals(coveredBy({ from: moment, direction: "backward" }), backward);
  });
}

Deno.test("times and a count bound what a box acts upon", () => {
  assertEquals(coveredBy({ count: 3 }), [0, 1, 2]);
  const bench = new LoneBox(dropPackets({ after: 10, until: 20 }));
  const passed = [0, 10, 10].map((ms) => {
    bench.wait(ms);
    return bench.send("forward").length;
  });
  assertEquals(passed, [1, 0, 1]);
});
