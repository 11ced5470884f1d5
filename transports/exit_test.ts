import { assertEquals } from "@std/assert";

const MOD = new URL("../mod.ts", import.meta.url).href;

const SETUP = `
  import { createHost, memoryPair } from ${JSON.stringify(MOD)};
  const [left, right] = memoryPair();
  const server = createHost({ transports: [left] });
  const client = createHost({ transports: [right] });
  const listener = server.listen({ port: 80 });
`;

/** What a program printed, and whether it ended by itself. */
async function run(program: string, seconds: number): Promise<{ ended: boolean; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--config", new URL("../deno.json", import.meta.url).pathname, SETUP + program],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let ended = true;
  const timer = setTimeout(() => {
    ended = false;
    child.kill("SIGKILL");
  }, seconds * 1000);
  const { stdout } = await child.output();
  clearTimeout(timer);
  return { ended, output: new TextDecoder().decode(stdout) };
}

const connected = `
  const [conn, peer] = await Promise.all([client.connect({ hostname: "10.0.0.1", port: 80 }), listener.accept()]);
`;

Deno.test("a program with idle hosts, listeners and connections ends", async () => {
  assertEquals(await run(`${connected} console.log("done");`, 20), { ended: true, output: "done\n" });
});

Deno.test("a program ends only when the peer has all that was written", async () => {
  const program = `${connected}
    (async () => {
      peer.unref();
      let count = 0;
      for await (const chunk of peer.readable) count += chunk.length;
      console.log(count);
    })();
    conn.write(new Uint8Array(100_000)).then(() => conn.close());
  `;
  assertEquals(await run(program, 20), { ended: true, output: "100000\n" });
});

Deno.test("a program stays while an accept waits, unless it is unrefed", async () => {
  const program = `listener.accept().catch(() => {}); console.log("waiting");`;
  assertEquals(await run(program, 2), { ended: false, output: "waiting\n" });
  assertEquals(await run(`listener.unref(); ${program}`, 20), { ended: true, output: "waiting\n" });
});
