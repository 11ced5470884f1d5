/**
 * Runs `deno test` with the flags the tests need, passes its output through and ends with what a script can read:
 * lists of what was skipped and what failed and a last line `N passed, N failed`. Arguments go to `deno test`; without any, all tests run,
 * on all cores those that may.
 *
 * Tests with the kernel make network namespaces. A user who may not gets the tests run as root of a user namespace, where
 * such are allowed; where not, those tests are skipped.
 *
 * @module
 */

import { inUserNamespace, isPrivileged, userNamespaceObstacle } from "../tests/privilege.ts";

/** `gc()` for the tests that measure memory; sanitizers, which Deno leaves off, so that a test which leaks fails. */
const FLAGS = ["test", "-A", "--v8-flags=--expose-gc", "--sanitize-ops", "--sanitize-resources"];

/** What other tests at the same time would disturb: rates of real devices, and what the collector leaves. */
const ALONE = [
  "tests/interop/rates_test.ts",
  "tests/allocation_test.ts",
  "tests/memory_test.ts",
  "tests/scheduler_allocation_test.ts",
];

/** What one run of `deno test` wrote and answered. */
export interface Run {
  readonly output: string;
  readonly code: number;
}

if (import.meta.main) Deno.exit(await runTests(Deno.args));

/** Runs the tests, writes to the terminal and answers 0, or the exit code of the first `deno test` that failed. */
export async function runTests(args: readonly string[]): Promise<number> {
  const runs = args.length > 0
    ? [await run(args)]
    : [await run(["--parallel", `--ignore=${ALONE.join(",")}`]), await run(ALONE)];
  await writeAll(new TextEncoder().encode(summary(runs)));
  return runs.find(({ code }) => code !== 0)?.code ?? 0;
}

/** Passes through what `deno test` writes. */
async function run(args: readonly string[]): Promise<Run> {
  const color = Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {};
  const [program, ...words] = await commandLine([...FLAGS, ...args]);
  const child = new Deno.Command(program!, { args: words, env: color, stdout: "piped" }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    await writeAll(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { code } = await child.status;
  return { output, code };
}

/** Deno with `args`, in a user namespace where that is what gives it the rights over a network. */
async function commandLine(args: readonly string[]): Promise<readonly string[]> {
  const command = [Deno.execPath(), ...args];
  if (isPrivileged() || userNamespaceObstacle() !== null) return command;
  // There is no way out of the namespace: what has to be fetched is fetched before.
  await new Deno.Command(Deno.execPath(), { args: [...args, "--no-run"], stdout: "null", stderr: "null" }).output();
  return inUserNamespace(command);
}

/** The last lines for what `deno test` wrote; empty when no run wrote a result and all ended well, as for `--help`. */
export function summary(runs: readonly Run[]): string {
  const results = runs.map(resultOf);
  const finished = results.filter((result) => result !== null);
  if (finished.length === 0) return "";
  const skipped = list("Skipped", finished.flatMap((result) => result.skipped));
  const failures = list("Failed", finished.flatMap((result) => result.failures));
  const passed = finished.reduce((sum, result) => sum + result.passed, 0);
  const failed = finished.reduce((sum, result) => sum + result.failed, 0);
  return `${skipped}${failures}${passed} passed, ${failed} failed\n`;
}

function list(title: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${title}:\n${names.map((name) => `  ${name}\n`).join("")}\n`;
}

/** What a run counted. */
interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  readonly failures: readonly string[];
}

/** What `deno test` wrote as its result; null when it wrote none and ended well. */
function resultOf({ output, code }: Run): Result | null {
  // deno-lint-ignore no-control-regex -- escape sequences of the terminal begin with one.
  const lines = output.replace(/\x1b\[[0-9;]*m/g, "").split("\n");
  const skipped = lines.filter((line) => / \.\.\. ignored \(/.test(line)).map((line) =>
    line.split(" ... ignored (")[0]!.trim()
  );
  const failures = lines.slice(lines.indexOf(" FAILURES ") + 1 || lines.length)
    .filter((line) => / => \.\/\S+:\d+:\d+$/.test(line));
  const result = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  if (result === undefined && code === 0) return null;
  const passed = Number(/(\d+) passed/.exec(result ?? "")?.[1] ?? 0);
  const failed = Number(/(\d+) failed/.exec(result ?? "")?.[1] ?? 0);
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1), skipped, failures };
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
