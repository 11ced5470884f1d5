import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };

/** What the README says of programs elsewhere. */
const SECTION = (await Deno.readTextFile(new URL("../README.md", import.meta.url)))
  .split(/^## /m).find((part) => part.startsWith("In your project"))!;
const CLONE = new URL("..", import.meta.url).pathname;

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}$(.*?)^\`\`\`$`, "ms").exec(SECTION)![1]!;
}

Deno.test("the import map of the README has everything that is exported", () => {
  const exports = Object.entries(config.exports).map(([name, file]) => [
    `${config.name}${name.slice(1)}`,
    file.replace("./", "../mptcp/"),
  ]);
  assertEquals(JSON.parse(block("json")).imports, Object.fromEntries(exports));
});

Deno.test("the program of the README runs in a folder of its own, the packages of the tests included", async () => {
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
  await write("deno.json", block("json").replaceAll("../mptcp/", CLONE));
  await write("main.ts", block("ts"));
  await write("every.ts", Object.keys(JSON.parse(block("json")).imports).map((name) => `import "${name}";\n`).join(""));
  const run = async (...args: string[]) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--check", "--no-prompt", ...args],
      cwd: folder,
    });
    const { success, stdout, stderr } = await command.output();
    assert(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  const [, printed] = /`deno run main\.ts` prints `([^`]+)`/.exec(SECTION)!;
  assertEquals(await run("main.ts"), `${printed}\n`);
  assertEquals(await run("every.ts"), "");
  await Deno.remove(folder, { recursive: true });
});
