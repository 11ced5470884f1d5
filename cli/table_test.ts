import { assertEquals } from "@std/assert";
import { bytes, counted, figure, percent, time, whole } from "./figures.ts";
import { formatTable } from "./table.ts";

Deno.test("columns are as wide as their widest cell, numbers stand at the right", () => {
  const table = formatTable([{ heading: "link" }, { heading: "kB", align: "right" }, { heading: "note" }], [
    ["dsl → a", "12", ""],
    ["lte", "1,234", "ø"],
  ]);
  assertEquals(table, "link        kB  note\ndsl → a     12\nlte      1,234  ø\n");
  assertEquals(formatTable([{ heading: "link" }], []), "link\n");
});

Deno.test("figures have three digits that matter and a unit that suits them", () => {
  assertEquals([0, 0.01234, 1, 12.345, 999.9, 12_345.6, 1e-9].map(figure), [
    "0",
    "0.0123",
    "1",
    "12.3",
    "1,000",
    "12,346",
    "0",
  ]);
  assertEquals([0, 999, 1000, 32_000_000, 1.5e9, 2e15].map(bytes), [
    "0 B",
    "999 B",
    "1 kB",
    "32 MB",
    "1.5 GB",
    "2,000 TB",
  ]);
  assertEquals([0.25, 462.3, 1000, 65_432].map(time), ["0.25 ms", "462 ms", "1 s", "65.4 s"]);
  assertEquals([0, 1, 1234].map((count) => counted(count, "packet")), ["0 packets", "1 packet", "1,234 packets"]);
  assertEquals([percent(0.0123), percent(1), whole(1234.5)], ["1.2 %", "100.0 %", "1,235"]);
});
