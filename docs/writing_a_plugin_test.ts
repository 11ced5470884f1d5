import { assert, assertEquals } from "@std/assert";

const PAGE = await Deno.readTextFile(new URL("writing-a-plugin.md", import.meta.url));

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(PAGE)![1]!;
}

Deno.test("the program of the guide is short, and prints what the guide says", async () => {
  const program = block("ts");
  assert(program.split("\n").filter((line) => line.trim() !== "").length <= 50);
  const folder = await Deno.makeTempDir();
  const config = new URL("../deno.json", import.meta.url).pathname;
  try {
    await Deno.writeTextFile(`${folder}/least_loss.ts`, program);
    const args = ["run", "--config", config, `${folder}/least_loss.ts`];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
    assertEquals(new TextDecoder().decode(stdout), block("text"), new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
