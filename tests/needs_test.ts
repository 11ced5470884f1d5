import { assertEquals } from "@std/assert";
import { definition, program } from "./needs.ts";

const missing = program("no-such-program");

Deno.test("a program is found on the PATH or not at all", async () => {
  const folder = await Deno.makeTempDir();
  const path = Deno.env.get("PATH");
  try {
    Deno.env.set("PATH", folder);
    assertEquals(program("here").met, false);
    await Deno.writeTextFile(`${folder}/here${Deno.build.os === "windows" ? ".exe" : ""}`, "");
    assertEquals(program("here").met, true);
  } finally {
    if (path === undefined) Deno.env.delete("PATH");
    else Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a test whose needs are met runs under its own name", () => {
  const test = definition([{ name: "air", met: true }], "breathes", () => {});
  assertEquals([test.name, test.ignore ?? false], ["breathes", false]);
});

Deno.test("a test whose needs are not met is ignored and says why", () => {
  const test = definition([missing, { name: "root", met: false }], "flies", () => {});
  assertEquals(test.ignore, true);
  assertEquals(test.name, "flies (needs no-such-program: apt-get install no-such-program, and root)");
});
