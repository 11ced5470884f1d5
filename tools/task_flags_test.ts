import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };

/** Those that hand their arguments on to `deno test`, or take none. */
const WITHOUT_FLAGS = ["test", "doc:lint"];

async function run(program: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = ["run", "-A", "--no-check", program, ...words];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

const ROOT = new URL("..", import.meta.url);

for (const [task, { command }] of Object.entries(config.tasks)) {
  const [, program] = /^deno run -A (\S+)$/.exec(command) ?? [];
  if (program === undefined || WITHOUT_FLAGS.includes(task)) continue;
  Deno.test(`deno task ${task} tells what it takes, and refuses what it does not know`, async () => {
    const [help, unknown] = await Promise.all([run(program, "--help"), run(program, "--no-such-flag")]);
    assertEquals(help.code, 0, help.stderr);
    assertStringIncludes(help.stdout.toLowerCase(), task === "mptcp" ? "usage: mptcp" : `usage: deno task ${task}`);
    assertEquals([unknown.code, unknown.stdout], [2, ""], unknown.stderr);
    assertStringIncludes(unknown.stderr, "there is no flag --no-such-flag");
  });
}

Deno.test("words, numbers and choices of a task are checked before it begins", async () => {
  const cases: [string, ...string[]][] = [
    ["tests/fuzz/main.ts", "--seconds", "0", "--seconds must be a whole number of at least 1, is 0"],
    ["tests/fuzz/main.ts", "corpus", 'there are only flags, and "corpus" is none'],
    ["tests/udp_flood.ts", "--engine", "windows", '--engine must be one of "linux", "portable", is "windows"'],
    ["bench/papers/main.ts", "--seeds", "many", '--seeds must be a whole number of at least 1, is "many"'],
  ];
  for (const [program, ...rest] of cases) {
    const text = rest.pop()!;
    const { code, stdout, stderr } = await run(program, ...rest);
    assert(stderr.startsWith(`Cannot begin: ${text}\n`), stderr);
    assertEquals([code, stdout], [2, ""]);
  }
});
