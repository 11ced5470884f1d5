import { assert, assertEquals } from "@std/assert";
import { ACK, SYN, type TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { renumberSequences } from "./renumber.ts";

const sacking = (header: TcpHeader): void => {
  header.options.sackCount = 1;
  header.options.sackEdges.set([1500, 1600]);
};

for (const sack of [true, false]) {
  Deno.test(`a box that renumbers keeps both ends content${sack ? "" : ", but for SACK blocks if it forgets them"}`, () => {
    const bench = new LoneBox(renumberSequences({ sack }));
    const syn = bench.send("forward", { flags: SYN, sequence: 1000 })[0]!;
    const shift = (syn.sequence - 1000) >>> 0;
    assert(shift !== 0);
    assertEquals(bench.send("forward", { flags: SYN, sequence: 1000 })[0]!.sequence, syn.sequence);
    const answer = bench.send("backward", { flags: SYN | ACK, sequence: 2000, acknowledgment: syn.sequence + 1 })[0]!;
    assertEquals(answer.acknowledgment, 1001);
    const back = (answer.sequence - 2000) >>> 0;
    assert(back !== 0 && back !== shift);
    const data = bench.send("forward", { sequence: 1001, acknowledgment: answer.sequence + 1, text: "x" })[0]!;
    assertEquals([data.sequence, data.acknowledgment], [(1001 + shift) >>> 0, 2001]);
    const ack = bench.send("backward", { sequence: 2001, acknowledgment: (1001 + shift) >>> 0, edit: sacking })[0]!;
    const edges = sack ? [1500, 1600].map((edge) => (edge - shift) >>> 0) : [1500, 1600];
    assertEquals([ack.acknowledgment, ack.sack, ack.verifies], [1001, edges, true]);
  });
}

Deno.test("subflows that were open before keep their numbers, and so does a direction that is not meant", () => {
  const late = new LoneBox(renumberSequences());
  assertEquals(late.send("forward", { sequence: 77, acknowledgment: 5 })[0]!.sequence, 77);
  const one = new LoneBox(renumberSequences({ direction: "backward" }));
  assertEquals(one.send("forward", { flags: SYN, sequence: 1000 })[0]!.sequence, 1000);
  const answer = one.send("backward", { flags: SYN | ACK, sequence: 2000, acknowledgment: 1001 })[0]!;
  assert(answer.sequence !== 2000);
  assertEquals(answer.acknowledgment, 1001);
  assertEquals(one.send("forward", { sequence: 1001, acknowledgment: answer.sequence + 1 })[0]!.acknowledgment, 2001);
});
