import { assertEquals, assertThrows } from "@std/assert";
import { schedulerSchema, wholeNumber } from "../config.ts";
import { UsageError } from "./command.ts";
import { checkFlag, checkPlugin, numeric, parseFlags } from "./flags.ts";

const FLAGS = { boolean: ["json", "help"], string: ["seed", "runs"] } as const;

function wrong(...args: string[]): string {
  return assertThrows(() => parseFlags(args, FLAGS), UsageError).message;
}

Deno.test("flags and operands stand in any order", () => {
  assertEquals(parseFlags(["a", "--json", "--seed=7", "-", "--runs", "3", "--", "--b"], FLAGS), {
    json: true,
    help: false,
    seed: "7",
    runs: "3",
    operands: ["a", "-", "--b"],
  });
  assertEquals(parseFlags(["-h", "7"], FLAGS).help, true);
  assertEquals(parseFlags(["7"], FLAGS), {
    json: false,
    help: false,
    seed: undefined,
    runs: undefined,
    operands: ["7"],
  });
});

Deno.test("a flag that is unknown, given twice, or with and without a value where it must not be, is refused", () => {
  assertEquals(wrong("--sed", "3"), "there is no flag --sed, did you mean --seed?");
  assertEquals(wrong("--sed=3"), "there is no flag --sed, did you mean --seed?");
  assertEquals(wrong("-x"), "there is no flag -x, there are --json, --help, --seed, --runs");
  assertEquals(wrong("--seed"), "--seed needs a value");
  assertEquals(wrong("--seed", "--json"), "--seed needs a value");
  assertEquals(wrong("--seed", "1", "--seed", "2"), "--seed is given 2 times, give it once");
  assertEquals(wrong("--json=yes"), "--json takes no value");
});

Deno.test("the value of a flag is checked like a field of a file", () => {
  assertEquals(checkFlag(wholeNumber(1, 9), "runs", numeric("3")), 3);
  for (const [text, shown] of [["0", "0"], ["2.5", "2.5"], ["many", '"many"']] as const) {
    const error = assertThrows(() => checkFlag(wholeNumber(1, 9), "runs", numeric(text)), UsageError);
    assertEquals(error.message, `--runs must be a whole number from 1 to 9, is ${shown}`);
  }
});

Deno.test("a plug-in is named with its options, and what is wrong with them is said", () => {
  assertEquals(checkPlugin(schedulerSchema, "scheduler", "blest,lambda=1.1").name, "blest");
  const wrong = (text: string): string =>
    assertThrows(() => checkPlugin(schedulerSchema, "scheduler", text), UsageError).message;
  assertEquals(wrong("blest,lamda=1"), '--scheduler: unknown field "lamda", did you mean "lambda"?');
  assertEquals(wrong("blest,lambda=5"), "--scheduler: Cannot create blest: lambda must be from 1 to 1.3, got 5");
  assertEquals(
    wrong("burst,size=0"),
    '--scheduler size: must be a whole number of bytes of at least 1 or text like "32 MB" or "64 KiB", is 0',
  );
});
