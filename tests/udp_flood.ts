/**
 * Floods the port of a server with garbage while a connection carries data, and prints what became of both:
 * `deno task flood:udp`; `--help` tells the flags.
 *
 * @module
 */

import { createHost, udp } from "../mod.ts";
import { taskFlags } from "../tools/task_flags.ts";
import { Garbage } from "./harness/garbage.ts";

const HELP = `Floods the port of a server with garbage datagrams while a connection carries data.

usage: deno task flood:udp [--seconds N] [--rate N] [--engine linux|portable]

  --seconds N    how long; 10 by default
  --rate N       datagrams a second; 100000 by default
  --engine NAME  linux (by default) or portable
  --flood PORT   send the garbage to a port of 127.0.10.1, and nothing else

Exit codes: 0 all is well, 1 a byte is wrong or missing, or memory grew by more than bounded queues explain, 2 a flag
is wrong.
`;

const { seconds, rate, engine = "linux", flood } = taskFlags(HELP, {
  numbers: { seconds: 10, rate: 100_000 },
  choices: { engine: ["linux", "portable"] },
  string: ["flood"],
});
/** Of resident memory, 10^6 bytes: buffers of one connection, and what the collector leaves lying. */
const MOST_GROWTH = 200;

if (flood !== undefined) await sendGarbage(Number(flood));
else Deno.exit(await judge() ? 0 : 1);

/** Sends garbage to `port` at the rate asked for, and prints how much the system took. */
async function sendGarbage(port: number): Promise<void> {
  using garbage = new Garbage("127.0.10.1", port);
  const began = performance.now();
  let sent = 0;
  for (let now = began; now - began < seconds * 1000; now = performance.now()) {
    sent += garbage.send(Math.max(0, Math.floor((now - began) / 1000 * rate) - sent));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  console.log(sent);
}

/** Carries data while garbage comes; false if something is wrong. */
async function judge(): Promise<boolean> {
  const choice = engine as "linux" | "portable";
  const at = udp({ addresses: ["127.0.10.1:0"], engine: choice });
  await using server = createHost({ transports: [at] });
  await using client = createHost({ transports: [udp({ addresses: ["127.0.10.2"], engine: choice })] });
  const { port } = at.listening[0]!;
  using listener = server.listen({ port });
  const [conn, accepted] = await Promise.all([client.connect({ hostname: "127.0.10.1", port }), listener.accept()]);
  const args: string[] = [
    "run",
    "-A",
    "--no-check",
    import.meta.filename!,
    "--flood",
    `${port}`,
    "--seconds",
    `${seconds}`,
    "--rate",
    `${rate}`,
  ];
  const before = Deno.memoryUsage().rss;
  const flooding = new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  let isOver = false;
  let [written, read, wrong] = [0, 0, 0];
  const chunk = new Uint8Array(65_536);
  const writing = (async () => {
    while (!isOver) {
      for (let i = 0; i < chunk.length; i++) chunk[i] = byteAt(written + i);
      written += await conn.write(chunk);
    }
    await conn.closeWrite();
  })();
  const reading = (async () => {
    const into = new Uint8Array(65_536);
    for (let count = await accepted.read(into); count !== null; count = await accepted.read(into)) {
      for (let i = 0; i < count; i++) if (into[i] !== byteAt(read + i)) wrong++;
      read += count;
    }
  })();
  const sent = Number(new TextDecoder().decode((await flooding).stdout));
  isOver = true;
  await Promise.all([writing, reading]);
  const growth = (Deno.memoryUsage().rss - before) / 1e6;
  const { TcpInErrs, TcpOutRsts, TcpExtListenDrops, TcpExtSyncookiesSent } = server.counters;
  console.log({ garbage: sent, perSecond: sent / seconds, written, read, wrong, growth, ...at.counters });
  console.log({ TcpInErrs, TcpOutRsts, TcpExtListenDrops, TcpExtSyncookiesSent });
  return written === read && wrong === 0 && read > 0 && growth < MOST_GROWTH;
}

/** What stands at `offset` of the stream. */
function byteAt(offset: number): number {
  return Math.imul(offset, 0x9e3779b1) >>> 24;
}
