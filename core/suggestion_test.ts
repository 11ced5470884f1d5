import { assertEquals } from "@std/assert";
import { suggestion } from "./suggestion.ts";

Deno.test("the nearest of the known words is suggested, whatever its case", () => {
  const known = ["rate", "delay", "queue", "up"];
  assertEquals(suggestion("dealy", known), "delay");
  assertEquals(suggestion("Rate", known), "rate");
  assertEquals(suggestion("que", known), "queue");
});

Deno.test("nothing is suggested for a word that resembles none", () => {
  const known = ["rate", "delay", "queue", "up"];
  assertEquals(suggestion("bandwidth", known), null);
  assertEquals(suggestion("to", known), null);
  assertEquals(suggestion("x", known), null);
  assertEquals(suggestion("", known), null);
  assertEquals(suggestion("rate", []), null);
});

Deno.test("letters that are missing, too many, wrong or have changed places are slips of the pen", () => {
  for (const given of ["schedular", "sheduler", "schedduler", "scheudler"]) {
    assertEquals(suggestion(given, ["congestion", "scheduler"]), "scheduler");
  }
});
