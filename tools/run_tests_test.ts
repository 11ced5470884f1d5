import { assertEquals } from "@std/assert";
import { summary } from "./run_tests.ts";

Deno.test("the last line counts what deno test counted", () => {
  assertEquals(summary("a ... ok (1ms)\n\nok | 12 passed (3 steps) | 0 failed (5ms)\n", 0), "12 passed, 0 failed\n");
  assertEquals(summary("\nFAILED | 2 passed | 3 failed (1 step) | 1 ignored (5ms)\n", 1), "2 passed, 3 failed\n");
});

Deno.test("colours do not hide the result", () => {
  assertEquals(
    summary("\x1b[0m\x1b[32mok\x1b[0m | 1 passed | 0 failed \x1b[2m(5ms)\x1b[0m\n", 0),
    "1 passed, 0 failed\n",
  );
});

Deno.test("a result that a test printed is not taken for the real one", () => {
  assertEquals(summary("ok | 99 passed | 0 failed\nFAILED | 1 passed | 1 failed (1ms)\n", 1), "1 passed, 1 failed\n");
});

Deno.test("a run that broke off has failed", () => {
  assertEquals(summary("error: Type checking failed.\n", 1), "0 passed, 1 failed\n");
  assertEquals(summary("ok | 4 passed | 0 failed (1ms)\n", 1), "4 passed, 1 failed\n");
});

Deno.test("what was skipped is listed", () => {
  const output = "running 2 tests\nx (needs tshark) ... ignored (0ms)\n\nok | 1 passed | 0 failed | 1 ignored (1ms)\n";
  assertEquals(summary(output, 0), "Skipped:\n  x (needs tshark)\n\n1 passed, 0 failed\n");
});

Deno.test("a run without a result that ended well says nothing", () => {
  assertEquals(summary("Usage: deno test\n", 0), "");
});
