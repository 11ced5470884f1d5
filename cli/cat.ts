/**
 * `mptcp cat`: a connection between standard input and output.
 *
 * @module
 */

import {
  congestionSchema,
  optionsText,
  pathManagerSchema,
  portSchema,
  schedulerSchema,
  socketOptionsSchema,
} from "../config.ts";
import { tunSchema } from "../config/tun.ts";
import {
  createHost,
  type HostOptions,
  type MptcpConn,
  traceLines,
  type Transport,
  tun,
  TunTransport,
  udp,
} from "../mod.ts";
import { captured } from "../transports/capture.ts";
import { PcapngWriter } from "../transports/pcapng.ts";
import type { Command, ExitCode, Terminal } from "./command.ts";
import { UsageError } from "./command.ts";
import { literalAddress } from "../transports/resolve.ts";
import { takeRepeated } from "./cat/repeated.ts";
import { carry, type Plan } from "./cat/carry.ts";
import { aborted, Interruption } from "./cat/interruption.ts";
import { Recorder } from "./cat/record.ts";
import { createFile, LineFile } from "./line_file.ts";
import { checkFlag, checkPlugin, checkWord, numeric, parseFlags } from "./flags.ts";

const HELP =
  `Connects standard input and output over Multipath TCP, from a host in user space behind TUN devices or UDP sockets.

usage: mptcp cat [FLAGS] {--tun DEVICE…|--udp LOCAL…} HOST PORT
       mptcp cat [FLAGS] {--tun DEVICE…|--udp LOCAL…} --listen [HOST] PORT

  --tun DEVICE         a device of the host, as name=wifi,address=10.0.0.2/24,gateway=10.0.0.1/24,mtu=1500,offload=off;
                       address is the host's and may be repeated, gateway is the kernel's side of the device; repeat
                       --tun for each path. Takes root, CAP_NET_ADMIN or \`unshare -Urn\`
  --udp LOCAL          instead of a device: segments in UDP datagrams, without privileges, from this address of the
                       machine, as 192.0.2.1 or 2001:db8::1; repeat it for each path. With --listen, peers reach it at
                       PORT, or at a port of its own as in 192.0.2.1:6000
  --listen             accept one connection on PORT instead of opening one
  --keep               with --listen, accept one after another until SIGINT, which lets those that are there end, and a
                       second one does not; takes --echo, --discard or --send
  --echo               send back what is received instead of standard input
  --discard            throw away what is received instead of writing it to standard output
  --send BYTES         send so many bytes instead of standard input; 64M and 1G mean powers of 1024
  --scheduler PLUGIN   which subflow carries which bytes: a name, as blest, or a name with options, as blest,lambda=1.2;
                       docs/plugins.md lists the plug-ins of all kinds
  --congestion PLUGIN  how much each subflow may have in flight
  --path-manager PLUGIN
                       which subflows exist; what needs more than words is JSON, as
                       '{ "name": "failover", "order": ["10.0.1.2"], "returnAfter": "5 s" }'
  --options OPTIONS    options of the connections (docs/options.md), as checksum,receiveBuffer=1000000
  --pcap FILE          capture all packets (pcapng, for Wireshark)
  --trace FILE         write every decision of the engine, a line of JSON each (docs/trace.md)
  --json               print one JSON object about each connection on standard error at its end

Standard input ends the direction to the peer at its end. Exit codes: 0 both directions ended in order, 1 they did not,
2 a flag is wrong.

examples:
  mptcp cat --tun address=10.0.0.2,gateway=10.0.0.1/24 10.0.0.1 5000 < file
  mptcp cat --udp 192.0.2.1 --udp 2001:db8::1 --listen 6000 > file
  mptcp cat --tun address=10.0.0.2,gateway=10.0.0.1/24 --tun address=10.0.1.2,gateway=10.0.1.1/24 \\
    --listen --keep --echo 5000
`;

/** Flags that may be repeated, with a value as an example. */
const EXAMPLES = { tun: "address=10.0.0.2,gateway=10.0.0.1/24", udp: "192.0.2.1" } as const;
/** How long the peer may take to acknowledge the end of the connection. */
const LONGEST_END_MS = 30_000;

/** The command. */
export const cat: Command = { help: HELP, run };

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { values: { tun: tuns, udp: locals }, rest } = takeRepeated(args, EXAMPLES);
  const flags = parseFlags(rest, {
    boolean: ["listen", "keep", "echo", "discard", "json", "help"],
    string: ["send", "scheduler", "congestion", "path-manager", "options", "pcap", "trace"],
    others: Object.keys(EXAMPLES),
  });
  const { hostname, port } = endpointOf(flags.operands, flags.listen);
  if (tuns.length + locals.length === 0) {
    throw new UsageError(`give it a device or an address: --tun ${EXAMPLES.tun}, or --udp ${EXAMPLES.udp}`);
  }
  if (tuns.length > 0 && locals.length > 0) throw new UsageError("--tun goes without --udp");
  const send = flags.send === undefined ? null : bytesOf(flags.send);
  if (flags.echo && (flags.discard || send !== null)) throw new UsageError("--echo goes without --discard and --send");
  if (flags.keep && !flags.listen) throw new UsageError("--keep goes with --listen");
  if (flags.keep && !flags.echo && !flags.discard && send === null) {
    throw new UsageError("--keep needs --echo, --discard or --send: standard input is there once");
  }
  const plan: Plan = { echo: flags.echo, discard: flags.discard, send };
  const settings: Omit<HostOptions, "transports"> = {
    ...(flags.scheduler && { scheduler: checkPlugin(schedulerSchema, "scheduler", flags.scheduler) }),
    ...(flags.congestion && { congestion: checkPlugin(congestionSchema, "congestion", flags.congestion) }),
    ...(flags["path-manager"] &&
      { pathManager: checkPlugin(pathManagerSchema, "path-manager", flags["path-manager"]) }),
    ...(flags.options !== undefined &&
      { options: checkFlag(socketOptionsSchema, "options", optionsText(flags.options)) }),
  };

  const transports = [...devices(tuns), ...sockets(locals, flags.listen ? port : undefined)];
  await using resources = new AsyncDisposableStack();
  const { stop, cut } = resources.use(new Interruption(flags.keep));
  try {
    const capture = flags.pcap === undefined ? null : openCapture(flags.pcap, resources);
    const trace = flags.trace === undefined ? null : LineFile.create(flags.trace);
    resources.defer(() => trace?.close());
    const host = createHost({
      ...settings,
      transports: transports.map((it, i) => capture === null ? it : captured(it, capture, nameOf(it, i))),
      ...(trace && { tracer: traceLines((line) => trace.write(line)) }),
    });
    resources.defer(() => host.close());

    /** Carries one connection to its end; answers whether it ended in order. */
    const serve = async (conn: MptcpConn): Promise<boolean> => {
      const recorder = new Recorder(conn);
      const carrying = carry(conn, plan).then(() => ended(conn, recorder), (error: Error) => error);
      const error = await Promise.race([carrying, aborted(cut)]);
      if (error !== null) {
        conn.abort();
        terminal.complain(`mptcp cat: ${error.message}\n`);
      }
      if (flags.json) terminal.complain(`${JSON.stringify(recorder.record(host.counters))}\n`);
      return error === null;
    };

    if (!flags.listen) return code(await serve(await host.connect({ hostname, port, signal: stop })));
    using listener = host.listen({ hostname, port });
    if (!flags.keep) return code(await serve(await listener.accept({ signal: stop })));
    const all = new Set<Promise<boolean>>();
    void aborted(stop).then(() => listener.close());
    for await (const conn of listener) {
      const served: Promise<boolean> = serve(conn).finally(() => all.delete(served));
      all.add(served);
    }
    await Promise.all(all);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    terminal.complain(`mptcp cat: ${(error as Error).message}\n`);
    return 1;
  }
}

/** Begins a capture, which `resources` end. Throws {@linkcode FileError} if the file cannot be written. */
function openCapture(path: string, resources: AsyncDisposableStack): PcapngWriter {
  const file = resources.use(createFile(path));
  const capture = new PcapngWriter((bytes) => writeAll(file, bytes));
  resources.defer(() => capture.flush());
  return capture;
}

/** Waits until the peer has acknowledged all of it; resolves to what went wrong, or to null. */
async function ended(conn: MptcpConn, recorder: Recorder): Promise<Error | null> {
  conn.close();
  const { promise, resolve } = Promise.withResolvers<Error>();
  const tooLate = setTimeout(() => resolve(new Error("the peer does not acknowledge the end")), LONGEST_END_MS);
  const error = await Promise.race([recorder.over, promise]);
  clearTimeout(tooLate);
  return error;
}

function devices(tuns: readonly string[]): Transport[] {
  return tuns.map((text) => {
    const options = checkFlag(tunSchema, "tun", text);
    return made(() => tun(options), `--tun ${text}`);
  });
}

/** One transport over UDP for all `locals`; those without a port have `port`, if peers are to connect to it. */
function sockets(locals: readonly string[], port: number | undefined): Transport[] {
  if (locals.length === 0) return [];
  const addresses = locals.map((text) => port === undefined ? text : withPort(text, port));
  return [made(() => udp({ addresses }), `--udp ${locals.join(" --udp ")}`)];
}

function withPort(text: string, port: number): string {
  if (literalAddress(text)?.family === 6) return `[${text}]:${port}`;
  return /^[^:]+$|\]$/.test(text) ? `${text}:${port}` : text;
}

function nameOf(transport: Transport, i: number): string {
  return transport instanceof TunTransport && !transport.name.includes("%") ? transport.name : `path${i}`;
}

/** What `make` makes of the flag `text`; throws {@linkcode UsageError} when its values are wrong. */
function made<T>(make: () => T, text: string): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`${text}: ${(error as Error).message}`);
  }
}

function endpointOf(operands: readonly string[], isListening: boolean): { hostname: string; port: number } {
  const wants = isListening ? "[HOST] PORT" : "HOST PORT";
  if (operands.length === 0 || operands.length > 2 || (operands.length === 1 && !isListening)) {
    throw new UsageError(`give it ${wants}`);
  }
  const port = operands.at(-1)!;
  const hostname = operands.length === 2 ? operands[0]! : "0.0.0.0";
  return { hostname, port: checkWord(portSchema, "PORT", numeric(port)) };
}

/** What `--send` says: "64M" is so many bytes. */
function bytesOf(text: string): number {
  const [, digits, unit] = /^(\d+)([KMG]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** ["", "K", "M", "G"].indexOf(unit!);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`--send must be a whole number of bytes, as 1500, 64K, 64M or 1G, is "${text}"`);
}

function code(isDone: boolean): ExitCode {
  return isDone ? 0 : 1;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
