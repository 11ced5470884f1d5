import { assertEquals, assertThrows } from "@std/assert";
import type { z } from "zod";
import { ConfigError, parseConfig } from "./checks.ts";
import { bitRate, byteCount, microseconds, milliseconds } from "./quantities.ts";

function read(schema: z.ZodType<number>, value: unknown): number {
  return parseConfig(schema, value, "it");
}

function refused(schema: z.ZodType<number>, value: unknown): string {
  return assertThrows(() => read(schema, value), ConfigError).message;
}

Deno.test("a number counts in the unit of its place, text in the unit that it names", () => {
  assertEquals([read(milliseconds(), 20), read(milliseconds(), "20 ms"), read(milliseconds(), "0.02 s")], [20, 20, 20]);
  assertEquals([read(milliseconds(), "250µs"), read(milliseconds(), "1.5 min")], [0.25, 90_000]);
  assertEquals([read(microseconds(0), 20), read(microseconds(0), "20 ms")], [20, 20_000]);
  assertEquals([read(bitRate(), 30e6), read(bitRate(), "30 Mbit/s"), read(bitRate(), "1.1e3 bit/s")], [
    30e6,
    30e6,
    1100,
  ]);
  assertEquals([read(byteCount(1), 5), read(byteCount(1), "1.1 MB"), read(byteCount(1), "64 KiB")], [
    5,
    1_100_000,
    65_536,
  ]);
});

Deno.test("what is no quantity is refused with what would be one", () => {
  assertEquals(
    refused(bitRate(), "30 Mbps"),
    'Cannot use it: must be bits per second above 0 or text like "30 Mbit/s" or "500 kbit/s", is "30 Mbps" ' +
      "(units are bit/s, kbit/s, Mbit/s, Gbit/s)",
  );
  assertEquals(
    refused(milliseconds(), -3),
    'Cannot use it: must be a number of milliseconds from 0 or text like "20 ms" or "1.5 s", is -3',
  );
  for (
    const wrong of [
      0,
      -1,
      NaN,
      Infinity,
      null,
      true,
      [],
      {},
      undefined,
      "",
      "5",
      "Mbit/s",
      "1.2.3 Mbit/s",
      "1 toString",
    ]
  ) {
    refused(bitRate(), wrong);
  }
  for (const wrong of [0, 1.5, "1.5 B", "0 MB", 2 ** 53]) refused(byteCount(1), wrong);
  for (const wrong of [-1, 0.5, "0.5 µs"]) refused(microseconds(0), wrong);
});
