import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "./deno.json" with { type: "json" };
import { main } from "./cli.ts";
import { MemoryTerminal } from "./cli/memory_terminal.ts";

async function run(...args: string[]): Promise<{ code: number; output: string; complaint: string }> {
  const terminal = new MemoryTerminal();
  const code = await main(args, terminal);
  return { code, output: terminal.output, complaint: terminal.complaint };
}

Deno.test("help names every command, and comes however it is asked for", async () => {
  const { code, output, complaint } = await run("--help");
  assertEquals([code, complaint], [0, ""]);
  assertStringIncludes(output, "usage: mptcp COMMAND [ARGUMENT…]");
  for await (const { name, isFile } of Deno.readDir(new URL("cli", import.meta.url))) {
    const source = !isFile || name.endsWith("_test.ts")
      ? ""
      : await Deno.readTextFile(new URL(`cli/${name}`, import.meta.url));
    if (/^export const \w+: Command /m.test(source)) assertStringIncludes(output, `\n  ${name.replace(".ts", "")} `);
  }
  assertEquals((await run("-h")).output, output);
  assertEquals((await run("help")).output, output);
});

Deno.test("help without being asked for is a complaint", async () => {
  const { code, output, complaint } = await run();
  assertEquals([code, output, complaint], [2, "", (await run("--help")).output]);
});

Deno.test("the help of a command comes before or behind its name", async () => {
  const { code, output } = await run("sim", "--help");
  assertEquals(code, 0);
  assertStringIncludes(output, "usage: mptcp sim FILE [--json] [--seed SEED] [--runs N] [--pcap FOLDER]");
  assertEquals((await run("help", "sim")).output, output);
  assertEquals((await run("sim", "some.json", "-h")).output, output);
  assert(output.split("\n").every((line) => line.length <= 120), "a terminal is not wider");
});

Deno.test("the version is that of the package", async () => {
  assertEquals(await run("--version"), { code: 0, output: `${config.version}\n`, complaint: "" });
});

Deno.test("an unknown command or flag is answered with the right one", async () => {
  const cases: [string[], string][] = [
    [["smi"], 'mptcp: there is no command "smi", did you mean "sim"?\nSee "mptcp --help".\n'],
    [["help", "smi"], 'mptcp: there is no command "smi", did you mean "sim"?\nSee "mptcp --help".\n'],
    [["--verzion"], 'mptcp: there is no flag --verzion, did you mean --version?\nSee "mptcp --help".\n'],
    [["toString"], `mptcp: there is no command "toString", the commands are`],
  ];
  for (const [args, text] of cases) {
    const { code, output, complaint } = await run(...args);
    assertEquals([code, output, complaint.slice(0, text.length)], [2, "", text]);
  }
});
