import { assertEquals } from "@std/assert";
import { isDisplaced } from "./displaced.ts";

Deno.test("a segment is displaced that begins or ends outside of its mapping, but not both", () => {
  const mapping = [100, 200] as const;
  const cases: readonly (readonly [from: number, to: number, expected: boolean, what: string])[] = [
    [100, 200, false, "the same"],
    [120, 180, false, "a piece"],
    [100, 150, false, "the first piece"],
    [150, 200, false, "the last piece"],
    [100, 300, false, "joined with the next"],
    [50, 200, false, "joined with the one before"],
    [50, 300, false, "joined with both"],
    [103, 203, true, "moved up"],
    [97, 197, true, "moved down"],
    [150, 250, true, "cut anew"],
    [200, 300, false, "behind it"],
    [0, 100, false, "before it"],
  ];
  for (const [from, to, expected, what] of cases) assertEquals(isDisplaced(from, to, ...mapping), expected, what);
});
