import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Terminal, UsageError } from "../../cli/command.ts";
import { papers } from "./main.ts";

/** What is written to it. */
class Paper implements Terminal {
  text = "";
  write(text: string): void {
    this.text += text;
  }
  complain(): void {}
  readInput(): Promise<string> {
    return Promise.resolve("");
  }
}

Deno.test("who asks for help gets it, and no hours of simulations", async () => {
  const terminal = new Paper();
  assertEquals(await papers.run(["--help"], terminal), 0);
  assertStringIncludes(terminal.text, "Usage: deno task papers");
  assertStringIncludes(terminal.text, "\n  E5   shares at one bottleneck");
});

Deno.test("flags and experiments that there are not are refused before anything runs", async () => {
  for (
    const [args, message] of [
      [["--sedes", "3"], "there is no flag --sedes, did you mean --seeds?"],
      [["--seeds", "0"], "--seeds must be a whole number of at least 1, is 0"],
      [["E99"], "there is no E99, there are E1, E2"],
    ] as const
  ) await assertRejects(() => papers.run(args, new Paper()), UsageError, message);
});

Deno.test("an experiment is measured and judged", async () => {
  const terminal = new Paper();
  assertEquals(await papers.run(["e21", "--seeds", "3", "--json"], terminal), 0);
  assertEquals(JSON.parse(terminal.text).map((it: { variant: string }) => it.variant), [
    "full-mesh",
    "backup",
    "single path",
  ]);
});
