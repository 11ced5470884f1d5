import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ACK, FIN, SYN, type TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { replacePayload } from "./gateway.ts";

/** A gateway on a subflow whose client has sent its SYN. */
function open(find: string, replacement: string): LoneBox {
  const bench = new LoneBox(replacePayload({ find, replacement, direction: "forward" }));
  bench.send("forward", { flags: SYN, sequence: 99 });
  return bench;
}

Deno.test("text is replaced, what follows is shifted, and acknowledgments and SACK blocks are shifted back", () => {
  const bench = open("cat", "tiger");
  const changed = bench.send("forward", { sequence: 100, text: "a cat sat" })[0]!;
  assertEquals([changed.sequence, changed.payload, changed.verifies], [100, "a tiger sat", true]);
  assertEquals(bench.send("forward", { sequence: 109, text: " on a mat" })[0]!.sequence, 111);
  const sack = (header: TcpHeader): void => {
    header.options.sackCount = 1;
    header.options.sackEdges.set([111, 120]);
  };
  const ack = bench.send("backward", { sequence: 500, acknowledgment: 111, edit: sack })[0]!;
  assertEquals([ack.sequence, ack.acknowledgment, ack.sack], [500, 109, [109, 118]]);
  assertEquals(bench.send("backward", { sequence: 500, acknowledgment: 101 })[0]!.acknowledgment, 101);
});

Deno.test("an acknowledgment of a part of the replacement acknowledges what stands before it", () => {
  const bench = open("cat", "tiger");
  bench.send("forward", { sequence: 100, text: "a cat sat" });
  assertEquals(bench.send("backward", { acknowledgment: 104 })[0]!.acknowledgment, 102);
  assertEquals(bench.send("backward", { acknowledgment: 107 })[0]!.acknowledgment, 105);
});

Deno.test("what is not meant, or not there, passes as it is", () => {
  const bench = open("cat", "tiger");
  assertEquals(bench.send("forward", { sequence: 100, text: "a dog" })[0]!.payload, "a dog");
  assertEquals(bench.send("backward", { sequence: 500, text: "a cat" })[0]!.payload, "a cat");
  assertEquals(bench.box.counters.injected, 0);
});

Deno.test("whatever is sent again in whatever pieces, the stream behind the gateway stays the same", () => {
  const word = fc.constantFrom("cat", "x", "yz", "dog");
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
  const replacements = fc.constantFrom("", "c", "dog", "tiger");
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), cuts, cuts, replacements, (words, first, again, replacement) => {
      const bench = open("cat", replacement);
      const text = words.join("");
      const stream: string[] = [];
      for (const sizes of [first, again]) {
        for (let at = 0; at < text.length;) {
          const piece = text.slice(at, at + sizes[at % sizes.length]!);
          const passed = bench.send("forward", { sequence: 100 + at, text: piece })[0]!;
          [...passed.payload].forEach((letter, k) => {
            const offset = passed.sequence - 100 + k;
            assertEquals(stream[offset] ?? letter, letter, `offset ${offset}`);
            stream[offset] = letter;
          });
          at += piece.length;
        }
      }
      assertEquals(stream.length, stream.filter((letter) => letter !== undefined).length, "holes");
      const end = bench.send("forward", { sequence: 100 + text.length, text: "" })[0]!;
      assertEquals(end.sequence, 100 + stream.length);
      assertEquals(bench.send("backward", { acknowledgment: end.sequence })[0]!.acknowledgment, 100 + text.length);
    }),
  );
});

Deno.test("a gateway that comes late leaves alone what has passed it, also when it is sent again", () => {
  const bench = new LoneBox(replacePayload({ find: "cat", replacement: "c", from: "close" }));
  bench.send("forward", { flags: SYN, sequence: 99 });
  bench.send("forward", { sequence: 100, text: "cat" });
  bench.send("forward", { flags: FIN | ACK, sequence: 103, text: "cat" });
  const passed = [[100, "cat"], [103, "cat"]] as const;
  assertEquals(
    passed.map(([sequence, text]) => bench.send("forward", { sequence, text })[0]!.payload),
    ["cat", "c"],
  );
});

Deno.test("nothing cannot be looked for", () => {
  assertThrows(() => replacePayload({ find: "", replacement: "x" }), RangeError, "something to find");
});

Deno.test("a gateway that forgets the numbers leaves them as they are", () => {
  const bench = new LoneBox(replacePayload({ find: "word", replacement: "longer", renumbers: false }));
  const sent = [[100, "a word"], [106, "next"]] as const;
  const passed = sent.flatMap(([sequence, text]) => bench.send("forward", { sequence, text }));
  assertEquals(passed.map(({ sequence, payload }) => [sequence, payload]), [[100, "a longer"], [106, "next"]]);
});
