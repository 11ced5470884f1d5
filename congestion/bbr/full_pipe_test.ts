import { assertEquals } from "@std/assert";
import { FullPipe } from "./full_pipe.ts";

/** After how many of these rounds the pipe is full; 0 for never. */
function fullAfter(pipe: FullPipe, ...rates: readonly number[]): number {
  return rates.findIndex((rate) => {
    pipe.endRound(rate);
    return pipe.isFull;
  }) + 1;
}

Deno.test("three rounds that deliver less than a quarter more fill the pipe (section 5.3.1.2)", () => {
  assertEquals(fullAfter(new FullPipe(), 100, 124, 110, 124), 4);
  assertEquals(fullAfter(new FullPipe(), 100, 125, 157, 197, 247, 309), 0);
  assertEquals(fullAfter(new FullPipe(), 100, 110, 120, 130, 140, 150, 160), 7);
});

Deno.test("a new search forgets the rounds, but not that the pipe was full once", () => {
  const pipe = new FullPipe();
  fullAfter(pipe, 100, 100, 100, 100);
  assertEquals([pipe.isFull, pipe.wasReached], [true, true]);
  pipe.restart(100);
  assertEquals([pipe.isFull, pipe.wasReached], [false, true]);
  assertEquals(fullAfter(pipe, 100, 100, 100), 3);
});
