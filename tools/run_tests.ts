/**
 * Runs `deno test` with the flags the tests need, passes its output through and ends with what a script can read:
 * a list of what was skipped and a last line `N passed, N failed`. Arguments go to `deno test`.
 *
 * Tests with the kernel make network namespaces. A user who may not gets the tests run as root of a user namespace, where
 * such are allowed; where not, those tests are skipped.
 *
 * @module
 */

import { inUserNamespace, isPrivileged, userNamespaceObstacle } from "../tests/privilege.ts";

/** `gc()` for the tests that measure memory; sanitizers, which Deno leaves off, so that a test which leaks fails. */
const FLAGS = ["test", "-A", "--v8-flags=--expose-gc", "--sanitize-ops", "--sanitize-resources"];

if (import.meta.main) Deno.exit(await runTests(Deno.args));

/** Runs the tests, writes to the terminal and answers the exit code of `deno test`. */
export async function runTests(args: readonly string[]): Promise<number> {
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
  await writeAll(new TextEncoder().encode(summary(output, code)));
  return code;
}

/** Deno with `args`, in a user namespace where that is what gives it the rights over a network. */
async function commandLine(args: readonly string[]): Promise<readonly string[]> {
  const command = [Deno.execPath(), ...args];
  if (isPrivileged() || userNamespaceObstacle() !== null) return command;
  // There is no way out of the namespace: what has to be fetched is fetched before.
  await new Deno.Command(Deno.execPath(), { args: [...args, "--no-run"], stdout: "null", stderr: "null" }).output();
  return inUserNamespace(command);
}

/** The last lines for what `deno test` wrote; empty when it wrote no result and ended well, as for `--help`. */
export function summary(output: string, code: number): string {
  // deno-lint-ignore no-control-regex
  const lines = output.replace(/\x1b\[[0-9;]*m/g, "").split("\n");
  const skipped = lines.filter((line) => / \.\.\. ignored \(/.test(line)).map((line) =>
    line.split(" ... ignored (")[0]!
  );
  const result = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  if (result === undefined && code === 0) return "";
  const passed = Number(/(\d+) passed/.exec(result ?? "")?.[1] ?? 0);
  const failed = Number(/(\d+) failed/.exec(result ?? "")?.[1] ?? 0);
  const list = skipped.length === 0 ? "" : `Skipped:\n${skipped.map((name) => `  ${name.trim()}\n`).join("")}\n`;
  return `${list}${passed} passed, ${code === 0 ? failed : Math.max(failed, 1)} failed\n`;
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
