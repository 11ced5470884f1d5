import { assertEquals, assertMatch } from "@std/assert";
import { program, testWith } from "../needs.ts";
import { KERNEL } from "./neighbours.ts";

const RUNNER = new URL("../../tools/run_tests.ts", import.meta.url).pathname;
const TESTS = new URL("./closing_test.ts", import.meta.url).pathname;
/** What runs a program without any right, but for that of root to be itself in a user namespace. */
const WITHOUT_RIGHTS = "setpriv --bounding-set=-all,+setfcap --inh-caps=-all --";

testWith([...KERNEL, program("setpriv")], "a user without rights runs these tests in a user namespace", async () => {
  assertEquals(await lastLines(WITHOUT_RIGHTS), ["1 passed, 0 failed"]);
});

testWith(
  [...KERNEL, program("setpriv")],
  "where user namespaces are forbidden, the tests are skipped and say so",
  async () => {
    const forbid = [
      "unshare",
      "-Ur",
      "sh",
      "-c",
      `echo 0 > /proc/sys/user/max_user_namespaces; exec ${WITHOUT_RIGHTS} "$@"`,
    ];
    const lines = await lastLines([...forbid, "sh"]);
    assertEquals([lines.at(0), lines.at(-1)], ["Skipped:", "0 passed, 0 failed"]);
    assertMatch(lines[1]!, /\(needs root, or a user namespace, which this user cannot have: unshare: .*\)$/);
  },
);

/** What the runner says after one test, run by `prefix`. */
async function lastLines(prefix: string | readonly string[]): Promise<string[]> {
  const runner = [
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    RUNNER,
    "--no-check",
    TESTS,
    "--filter",
    "nobody listens",
  ];
  const [first, ...args] = [...(typeof prefix === "string" ? prefix.split(" ") : prefix), ...runner];
  const { stdout } = await new Deno.Command(first!, { args, stderr: "inherit" }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const begin = lines.indexOf("Skipped:");
  return lines.slice(begin < 0 ? -1 : begin);
}
