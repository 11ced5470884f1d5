/**
 * Speed of UDP encapsulation over loopback: `deno task bench:udp [--runs N] [--megabytes N] [--json]`.
 *
 * Each case moves bytes between two processes. Cases take turns, and each figure is the median of its runs: only ratios of
 * one run of this program mean something. Takes no privileges; Python counts processor seconds.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const PLAIN = new URL("./plain.ts", import.meta.url).pathname;
/** Bytes of payload in a full datagram, for packets a second. */
const PAYLOAD = 1420;
/** Runs a program and prints its processor seconds behind what it prints. */
const TIMED = `import json,resource,subprocess,sys
code=subprocess.call(sys.argv[1:],stdin=subprocess.DEVNULL,stderr=subprocess.STDOUT)
used=resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code":code,"cpu":used.ru_utime+used.ru_stime}))`;

/** One run of one case. */
interface Run {
  /** Bits a second, 10^9. */
  readonly gigabits: number;
  /** Processor seconds of both processes for 10^9 bytes, their start included. */
  readonly cpu: number;
}

/** What is measured. */
interface Case {
  readonly name: string;
  /** Of the bytes that the fastest case moves. */
  readonly share: number;
  run(bytes: number, port: number): Promise<Run>;
}

/** What the program prints with --json. */
interface Figure {
  readonly name: string;
  readonly gigabits: number;
  readonly least: number;
  readonly most: number;
  readonly packetsPerSecond: number;
  readonly ratio: number;
  readonly cpuSecondsPerGigabyte: number;
}

async function timed(words: readonly string[]): Promise<{ readonly text: string; readonly cpu: number }> {
  const command = new Deno.Command("python3", { args: ["-c", TIMED, Deno.execPath(), ...words], stderr: "inherit" });
  const text = new TextDecoder().decode((await command.output()).stdout);
  const lines = text.trimEnd().split("\n");
  const { code, cpu } = JSON.parse(lines.pop()!);
  if (code !== 0) throw new Error(`Cannot measure: "${words.join(" ")}" ended with ${code}: ${text}`);
  return { text: lines.findLast((line) => line.startsWith("{")) ?? "", cpu };
}

async function pair(receiver: readonly string[], sender: readonly string[], bytes: number): Promise<Run> {
  const receiving = timed(receiver);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const [received, sent] = await Promise.all([receiving, timed(sender)]);
  const { milliseconds } = JSON.parse(received.text);
  return { gigabits: bytes * 8e-6 / milliseconds, cpu: (received.cpu + sent.cpu) / (bytes * 1e-9) };
}

function plain(bytes: number, port: number): Promise<Run> {
  const run = ["run", "--allow-net", PLAIN];
  return pair([...run, "receive", `${port}`], [...run, "send", `${port}`, `${bytes}`], bytes);
}

/** `pairs` of addresses, of which each is a subflow. */
function encapsulated(engine: "linux" | "portable", locals: number, remotes: number): Case["run"] {
  const permissions = engine === "linux" ? ["--allow-ffi", "--allow-net"] : ["--allow-net", "--unstable-net"];
  const udp = (count: number, first: number) =>
    Array.from({ length: count }, (_, i) => ["--udp", `127.0.0.${first + i}`]).flat();
  return (bytes, port) => {
    const run = ["run", "--no-prompt", ...permissions, CLI, "cat", "--json"];
    return pair(
      [...run, ...udp(remotes, 1), "--listen", "--discard", `${port}`],
      [...run, ...udp(locals, 101), "--send", `${bytes}`, "127.0.0.1", `${port}`],
      bytes,
    );
  };
}

const CASES: readonly Case[] = [
  { name: "plain TCP, Deno.connect", share: 1, run: plain },
  { name: "UDP, linux engine, 1 subflow", share: 1, run: encapsulated("linux", 1, 1) },
  { name: "UDP, linux engine, 2 subflows", share: 1, run: encapsulated("linux", 1, 2) },
  { name: "UDP, linux engine, 4 subflows", share: 1, run: encapsulated("linux", 2, 2) },
  { name: "UDP, portable engine, 1 subflow", share: 1 / 16, run: encapsulated("portable", 1, 1) },
  { name: "UDP, portable engine, 2 subflows", share: 1 / 16, run: encapsulated("portable", 1, 2) },
  { name: "UDP, portable engine, 4 subflows", share: 1 / 16, run: encapsulated("portable", 2, 2) },
];

function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function figuresOf(results: ReadonlyMap<Case, readonly Run[]>): Figure[] {
  const reference = median(results.get(CASES[0]!)!.map(({ gigabits }) => gigabits));
  return [...results].map(([{ name }, runs]) => {
    const list = runs.map(({ gigabits }) => gigabits);
    const gigabits = median(list);
    return {
      name,
      gigabits,
      least: Math.min(...list),
      most: Math.max(...list),
      packetsPerSecond: gigabits * 1e9 / 8 / PAYLOAD,
      ratio: gigabits / reference,
      cpuSecondsPerGigabyte: median(runs.map(({ cpu }) => cpu)),
    };
  });
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { string: ["runs", "megabytes"], boolean: ["json"] });
  const runs = Number(flags.runs ?? 5);
  const bytes = Number(flags.megabytes ?? 2048) * 2 ** 20;
  const results = new Map<Case, Run[]>(CASES.map((one) => [one, []]));
  for (let i = 0; i < runs; i++) {
    for (const [one, list] of results) {
      list.push(await one.run(Math.floor(bytes * one.share), freePort()));
      console.error(`${i + 1}/${runs} ${one.name}: ${list.at(-1)!.gigabits.toFixed(2)}`);
    }
  }
  const figures = figuresOf(results);
  if (flags.json) console.log(JSON.stringify({ runs, bytes, figures }, null, 2));
  else {
    console.log(row(["case", "Gbit/s", "least to most", "packets/s", "of plain TCP", "CPU s/GB"]));
    console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (const { name, gigabits, least, most, packetsPerSecond, ratio, cpuSecondsPerGigabyte } of figures) {
      const range = `${least.toFixed(2)} to ${most.toFixed(2)}`;
      const packets = Math.round(packetsPerSecond / 1000) + " k";
      console.log(row([name, gigabits.toFixed(2), range, packets, ratio.toFixed(2), cpuSecondsPerGigabyte.toFixed(2)]));
    }
  }
}
