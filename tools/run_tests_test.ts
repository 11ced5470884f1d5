import { assertEquals } from "@std/assert";
import { summary } from "./run_tests.ts";

Deno.test("the last line counts what deno test counted", () => {
  assertEquals(
    summary([{ output: "a ... ok (1ms)\n\nok | 12 passed (3 steps) | 0 failed (5ms)\n", code: 0 }]),
    "12 passed, 0 failed\n",
  );
  assertEquals(
    summary([{ output: "\nFAILED | 2 passed | 3 failed (1 step) | 1 ignored (5ms)\n", code: 1 }]),
    "2 passed, 3 failed\n",
  );
});

Deno.test("colours do not hide the result", () => {
  assertEquals(
    summary([{ output: "\x1b[0m\x1b[32mok\x1b[0m | 1 passed | 0 failed \x1b[2m(5ms)\x1b[0m\n", code: 0 }]),
    "1 passed, 0 failed\n",
  );
});

Deno.test("a result that a test printed is not taken for the real one", () => {
  assertEquals(
    summary([{ output: "ok | 99 passed | 0 failed\nFAILED | 1 passed | 1 failed (1ms)\n", code: 1 }]),
    "1 passed, 1 failed\n",
  );
});

Deno.test("a run that broke off has failed", () => {
  assertEquals(summary([{ output: "error: Type checking failed.\n", code: 1 }]), "0 passed, 1 failed\n");
  assertEquals(summary([{ output: "ok | 4 passed | 0 failed (1ms)\n", code: 1 }]), "4 passed, 1 failed\n");
});

Deno.test("what was skipped is listed", () => {
  const output = "running 2 tests\nx (needs tshark) ... ignored (0ms)\n\nok | 1 passed | 0 failed | 1 ignored (1ms)\n";
  assertEquals(summary([{ output, code: 0 }]), "Skipped:\n  x (needs tshark)\n\n1 passed, 0 failed\n");
});

Deno.test("what failed is listed", () => {
  const output = "\n FAILURES \n\nx => y => ./a_test.ts:3:6\n\nFAILED | 1 passed | 1 failed (1ms)\n";
  assertEquals(summary([{ output, code: 1 }]), "Failed:\n  x => y => ./a_test.ts:3:6\n\n1 passed, 1 failed\n");
});

Deno.test("several runs are one result", () => {
  const runs = [
    { output: "./a_test.ts => x ... ignored (0ms)\nok | 2 passed | 0 failed | 1 ignored (1ms)\n", code: 0 },
    { output: "FAILED | 3 passed | 4 failed (1ms)\n", code: 1 },
  ];
  assertEquals(summary(runs), "Skipped:\n  ./a_test.ts => x\n\n5 passed, 4 failed\n");
});

Deno.test("a run without a result that ended well says nothing", () => {
  assertEquals(summary([{ output: "Usage: deno test\n", code: 0 }]), "");
});
