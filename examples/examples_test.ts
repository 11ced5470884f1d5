import { assert, assertEquals, assertMatch } from "@std/assert";

Deno.test("echo.ts sends megabytes forth and back and uses both paths", async () => {
  const output = await run("echo.ts");
  assertMatch(output, /^connected to 10\.0\.1\.1 port 7, multipath: true$/m);
  assertMatch(output, /^sent 4100000 bytes, the answer is the same: true$/m);
  const carried = [...output.matchAll(/^ {2}10\.0\.([12])\.2 -> 10\.0\.\1\.1: (\d+) bytes sent$/gm)];
  assertEquals(carried.map(([, path]) => path), ["1", "2"]);
  for (const [line, , bytes] of carried) assert(Number(bytes) > 100_000, line);
});

Deno.test("own_scheduler.ts passes the conformance kit and keeps off the dear path", async () => {
  const output = await run("own_scheduler.ts");
  assertEquals([...output.matchAll(/^cheap-first .* \.\.\. ok$/gm)].length, 15);
  const [minRtt, cheapFirst] = ["min-rtt", "cheap-first"].map((name) => {
    const [, dsl, lte] = new RegExp(`^${name} +DSL ([0-9.]+) MB, LTE ([0-9.]+) MB`, "m").exec(output)!;
    return { dsl: Number(dsl), lte: Number(lte) };
  });
  assert(minRtt!.lte > 10 * minRtt!.dsl, output);
  assert(cheapFirst!.dsl > 10 * cheapFirst!.lte, output);
});

Deno.test("scenario.ts shows what delay and a small buffer cost, and the same each time", async () => {
  const output = await run("scenario.ts");
  const rows = [...output.matchAll(/^(\d+) ms((?: +\d+\.\d+){4})$/gm)].map(([, delay, rates]) => ({
    delay: Number(delay),
    rates: rates!.trim().split(/ +/).map(Number),
  }));
  assertEquals(rows.map(({ delay }) => delay), [10, 50, 100, 200]);
  const [near, far] = [rows[0]!.rates, rows[3]!.rates];
  assert(near.every((rate) => rate > 17 && rate < 20), "two near paths are worth their sum");
  assert(far[0]! > 14, "a far path is worth something when there is buffer for it");
  assert(far[2]! < far[0]! - 4, "a small buffer wastes a far path");
  assertEquals(await run("scenario.ts"), output);
});

Deno.test("udp_server.ts answers udp_client.ts, with the permissions that their first lines say", async () => {
  const words = (name: string, ...args: string[]) => {
    const path = new URL(name, import.meta.url).pathname;
    return { args: ["run", "--no-prompt", "--allow-net", "--unstable-net", path, ...args] };
  };
  const server = new Deno.Command(Deno.execPath(), { ...words("udp_server.ts", "127.0.0.1", "6017"), stdout: "null" })
    .spawn();
  const client = new Deno.Command(Deno.execPath(), {
    ...words("udp_client.ts", "127.0.0.1", "127.0.0.3", "127.0.0.4", "6017"),
    stderr: "null",
  });
  let output = "";
  // The server may not be there yet.
  for (let i = 0; i < 50 && output === ""; i++) output = new TextDecoder().decode((await client.output()).stdout);
  server.kill();
  await server.status;
  assertMatch(output, /^MULTIPATH WITHOUT PRIVILEGES, over [1-9] subflows?$/m);
});

Deno.test("udp_server.ts and udp_client.ts tell what they take", async () => {
  for (const name of ["udp_server.ts", "udp_client.ts"]) {
    const args = ["run", "--no-prompt", new URL(name, import.meta.url).pathname];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assertEquals(code, 2);
    assertMatch(new TextDecoder().decode(stderr), new RegExp(`^usage: ${name} .*LOCAL… \\[PORT\\]$`, "m"));
  }
});

Deno.test("every example is run by a test", async () => {
  const source = await Deno.readTextFile(new URL(import.meta.url));
  for (const { name, isFile } of Deno.readDirSync(new URL(".", import.meta.url))) {
    if (!isFile || !name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
    assert(source.includes(`run("${name}")`) || source.includes(`words("${name}"`), `no test runs examples/${name}`);
  }
});

/** What `deno run` of the example prints; it is given no permission, and needs none. */
async function run(example: string): Promise<string> {
  const file = new URL(example, import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "--no-prompt", file], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  assert(success, `${example} failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
