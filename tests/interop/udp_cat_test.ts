import { assert, assertEquals } from "@std/assert";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
/** All that it takes. */
const PERMISSIONS = ["run", "--no-prompt", "--unstable-net", "--allow-net"];

function cat(words: string, stdin: "piped" | "null"): Deno.ChildProcess {
  const args = [...PERMISSIONS, CLI, "cat", ...words.split(" ")];
  return new Deno.Command(Deno.execPath(), { args, stdin, stdout: "piped", stderr: "piped" }).spawn();
}

function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

for (const [options, mptcp] of [["checksum", true], ["checksum,multipath=false", false]] as const) {
  Deno.test(`two programs without privileges carry a file over datagrams, with the options ${options}`, async () => {
    const port = freePort();
    const server = cat(`--udp 127.0.0.1 --udp ::1 --options ${options} --listen --json ${port}`, "null");
    const received = new Response(server.stdout).arrayBuffer();
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    let client = await run(port, bytes);
    // The server may not be there yet.
    for (let i = 0; i < 50 && client.stderr.includes("refused"); i++) client = await run(port, bytes);
    assertEquals(client.code, 0, client.stderr);
    assertEquals(new Uint8Array(await received), bytes);
    const [status, report] = await Promise.all([server.status, new Response(server.stderr).text()]);
    assertEquals(status.code, 0, report);
    const { mptcp: isMultipath, bytesReceived } = JSON.parse(report);
    assertEquals({ isMultipath, bytesReceived }, { isMultipath: mptcp, bytesReceived: bytes.length });
    assert(JSON.parse(client.stderr).bytesSent === bytes.length);
  });
}

async function run(port: number, bytes: Uint8Array<ArrayBuffer>): Promise<{ code: number; stderr: string }> {
  const client = cat(`--udp 127.0.0.3 --udp ::1 --json 127.0.0.1 ${port}`, "piped");
  await new Blob([bytes]).stream().pipeTo(client.stdin).catch(() => {});
  const [{ code }, stderr] = await Promise.all([client.status, new Response(client.stderr).text()]);
  await client.stdout.cancel();
  return { code, stderr };
}
