import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { program, testWith } from "../needs.ts";
import { Namespace } from "./namespace.ts";
import { KERNEL, kernelAddress, Neighbours, ourAddress, until } from "./neighbours.ts";

const mptcpize = program("mptcpize");
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const CAT = [
  ...[Deno.execPath(), "run", "-A", CLI, "cat", "--json"],
  ...["--tun", "name=a,address=10.0.0.2,gateway=10.0.0.1/24"],
  ...["--tun", "name=b,address=10.0.1.2,gateway=10.0.1.1/24"],
];

testWith(
  [...KERNEL, mptcpize, program("curl")],
  "curl over MPTCP reads from an HTTP server on our listener",
  async () => {
    await using ends = await Neighbours.create({ devices: 2, families: [4, 6] });
    using listener = ends.host.listen({ port: 8000 });
    const body = new Uint8Array(3_000_000).map((_, i) => i * 7);
    const serving = (async () => {
      for await (const conn of listener) void answerHttp(conn, body);
    })();
    const file = await Deno.makeTempFile();
    try {
      for (const family of [4, 6] as const) {
        const host = family === 4 ? ourAddress(4, 1) : `[${ourAddress(6, 1)}]`;
        const url = `http://${host}:8000/file`;
        const { code, stderr } = await ends.namespace.output(["mptcpize", "run", "curl", "-sSg", "-o", file, url]);
        assertEquals([code, stderr], [0, ""]);
        assertEquals(await Deno.readFile(file), body);
      }
    } finally {
      await Deno.remove(file);
    }
    assertEquals((await ends.namespace.counters())["MPTcpExtMPCapableSYNACKRX"], 2);
    listener.close();
    await serving;
  },
);

testWith(
  [...KERNEL, mptcpize, program("socat")],
  "socat over MPTCP sends to us and receives from us at once",
  async () => {
    await using ends = await Neighbours.create({ devices: 2, families: [4] });
    const { namespace, host } = ends;
    const words = "mptcpize run socat -b 65536 TCP4-LISTEN:5000,reuseaddr,fork EXEC:cat";
    const child = namespace.spawn(words, { stdout: "null", stderr: "null" });
    try {
      await until("socat listens", async () => (await namespace.run("ss -Hltn")).includes(":5000"));
      using conn = await host.connect({ hostname: kernelAddress(4, 1), port: 5000 });
      const sent = new Uint8Array(5_000_000).map((_, i) => i * 13 >>> 3);
      const sending = new Blob([sent]).stream().pipeTo(conn.writable);
      const received = new Uint8Array(await new Response(conn.readable).arrayBuffer());
      await sending;
      assertEquals(received, sent);
      assert(conn.isMultipath);
    } finally {
      child.kill();
      await child.status;
    }
  },
);

testWith(
  [...KERNEL, mptcpize, program("ncat")],
  "mptcp cat and ncat pass a file to each other, either listening",
  async () => {
    await using namespace = await Namespace.create();
    await namespace.run("ip mptcp limits set subflow 8 add_addr_accepted 8");
    const folder = await Deno.makeTempDir();
    try {
      const bytes = crypto.getRandomValues(new Uint8Array(65536));
      await Deno.writeFile(`${folder}/sent`, new Uint8Array(5_000_000).map((_, i) => bytes[i * 31 % 65536]!));
      const shell = (line: string) => namespace.output(["bash", "-c", `cd ${folder}; set -o pipefail; ${line}`]);
      const cat = CAT.join(" ");

      const receiving = shell(`${cat} --listen 5000 < /dev/null > received1`);
      await until("the host answers", async () => (await namespace.output("ip link show b")).code === 0);
      await delay(200);
      await shell(`mptcpize run ncat --send-only 10.0.0.2 5000 < sent; true`);
      const listened = await receiving;
      assertEquals(listened.code, 0, listened.stderr);
      await shell("cmp sent received1").then(({ code }) => assertEquals(code, 0));

      // The device is not there yet when ncat binds.
      await namespace.run("ip address add 10.0.0.1/32 dev lo");
      const sending = shell("mptcpize run ncat --recv-only -l 10.0.0.1 5001 > received2");
      await until("ncat listens", async () => (await namespace.run("ss -Hltn")).includes(":5001"));
      const connected = await shell(`${cat} 10.0.0.1 5001 < sent`);
      assertEquals(connected.code, 0, connected.stderr);
      await sending;
      await shell("cmp sent received2").then(({ code }) => assertEquals(code, 0));
      const record = JSON.parse(connected.stderr);
      assertEquals([record.mptcp, record.fallback, record.bytesSent], [true, null, 5_000_000]);
      assertEquals(record.counters.MPTcpExtMPCapableSYNACKRX, 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  [...KERNEL, mptcpize, program("iperf3")],
  "iperf3 over MPTCP runs through the host, in both directions",
  async () => {
    await using ends = await Neighbours.create({ devices: 2, families: [4] });
    const { namespace, host } = ends;
    // iperf3 on the kernel, at both ends; the host passes every connection on.
    const server = namespace.spawn(`mptcpize run iperf3 -s -B ${kernelAddress(4, 1)}`, {
      stdout: "null",
      stderr: "null",
    });
    using listener = host.listen({ port: 5201 });
    const passing = (async () => {
      for await (const conn of listener) {
        const onward = await host.connect({ hostname: kernelAddress(4, 1), port: 5201 });
        void Promise.allSettled([conn.readable.pipeTo(onward.writable), onward.readable.pipeTo(conn.writable)]);
      }
    })();
    try {
      await until("iperf3 listens", async () => (await namespace.run("ss -Hltn")).includes(":5201"));
      for (const reverse of [[], ["-R"]]) {
        const words = ["mptcpize", "run", "iperf3", "-J", "-c", ourAddress(4, 1), "-n", "64M", ...reverse];
        const { code, stdout } = await namespace.output(words);
        assertEquals(code, 0, stdout);
        const { end } = JSON.parse(stdout);
        assert(end.sum_received.bytes > 50 << 20, `${end.sum_received.bytes} bytes`);
      }
    } finally {
      listener.close();
      server.kill();
      await server.status;
      await passing;
    }
  },
);

/** Reads a request to its end and answers it with `body`. */
async function answerHttp(conn: Deno.Conn, body: Uint8Array): Promise<void> {
  const chunk = new Uint8Array(4096);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    const length = await conn.read(chunk);
    if (length === null) break;
    head += new TextDecoder().decode(chunk.subarray(0, length));
  }
  const writer = conn.writable.getWriter();
  await writer.write(new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`));
  await writer.write(body);
  await writer.close();
  conn.close();
}
