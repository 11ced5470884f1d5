import { assertEquals } from "@std/assert";
import { Patience } from "./patience.ts";

/** How many looks in vain come before the next wait. */
function looks(patience: Patience): number {
  let count = 0;
  for (; !patience.isOver; count++) patience.noteLook(false);
  return count;
}

/** One that has waited long, again and again. */
function tired(): Patience {
  const patience = new Patience();
  for (let i = 0; i < 10; i++) patience.noteWait(5000, true);
  return patience;
}

Deno.test("waits that are long make looking rare, step by step", () => {
  const patience = new Patience();
  const counts = [];
  for (let i = 0; i < 7; i++) {
    counts.push(looks(patience));
    patience.noteWait(5000, true);
  }
  assertEquals(counts, [40, 20, 10, 5, 2, 2, 2]);
});

Deno.test("a wait that is short brings looking back", () => {
  const patience = tired();
  patience.noteWait(100, false);
  assertEquals(looks(patience), 2, "a deadline is no sign");
  patience.noteWait(100, true);
  assertEquals(looks(patience), 40);
});

Deno.test("so does a look that was not in vain after one that was", () => {
  const patience = tired();
  patience.noteLook(true);
  assertEquals(looks(patience), 2, "what a wait brought is no sign");
  patience.noteWait(5000, true);
  patience.noteLook(false);
  patience.noteLook(true);
  assertEquals(looks(patience), 40);
});

Deno.test("looking begins anew when something was sent", () => {
  const patience = new Patience();
  looks(patience);
  patience.noteSent();
  assertEquals(looks(patience), 40);
});
