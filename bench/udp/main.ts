/**
 * Speed of UDP encapsulation over loopback: `deno task bench:udp`; `--help` tells the flags.
 *
 * Each case moves bytes between two processes. Cases take turns, and each figure is the median of its runs: only ratios of
 * one run of this program mean something. Takes no privileges.
 *
 * @module
 */

import { taskFlags } from "../../tools/task_flags.ts";
import type { Measure } from "./stopwatch.ts";

const [PLAIN, BARE, OURS] = ["plain", "bare", "ours"].map((name) =>
  new URL(`./${name}.ts`, import.meta.url).pathname
) as [
  string,
  string,
  string,
];
const PERMISSIONS = ["run", "--no-prompt", "--no-check", "--allow-net", "--unstable-net"];
const HELP =
  `Measures the speed of UDP encapsulation beside plain TCP over loopback. Takes two idle cores, no privileges.

usage: deno task bench:udp [--runs N] [--megabytes N] [--only TEXT] [--json]

  --runs N       runs of each case, of which the median counts; 5 by default
  --megabytes N  2^20 bytes for a run of the fastest case, less for slower ones; 4096 by default
  --only TEXT    plain TCP and the cases with that in their names
  --json         for programs
`;
/** Bytes of payload in a full datagram, for packets a second. */
const PAYLOAD = 1420;
/** One run of one case. */
interface Run {
  /** Bits a second, 10^9. */
  readonly gigabits: number;
  /** Processor seconds of both processes for 10^9 bytes, from the first byte to the last. */
  readonly cpu: number;
}

/** What is measured. */
interface Case {
  readonly name: string;
  /** Of the bytes that the fastest case moves. */
  readonly share: number;
  /** Name of the case that it cannot be faster than; empty for none. */
  readonly bound: string;
  run(bytes: number, port: number): Promise<Run>;
}

/** What the program prints with --json. */
interface Figure {
  readonly name: string;
  readonly gigabits: number;
  readonly least: number;
  readonly most: number;
  readonly packetsPerSecond: number;
  /** To plain TCP. */
  readonly ratio: number;
  /** To datagrams without TCP; null for those. */
  readonly ofBound: number | null;
  readonly cpuSecondsPerGigabyte: number;
}

/** A program that measures. */
class Program {
  readonly #words: readonly string[];
  readonly #process: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(words: readonly string[]) {
    this.#words = words;
    this.#process = new Deno.Command(Deno.execPath(), { args: [...words], stdout: "piped", stderr: "inherit" }).spawn();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Resolves when it has said something, as receivers do once peers can connect. */
  async hasBegun(): Promise<void> {
    while (!this.#text.includes("\n")) if (!await this.#read()) return;
  }

  /** What it printed last. */
  async result(): Promise<Measure> {
    while (await this.#read());
    const { code } = await this.#process.status;
    if (code !== 0) throw new Error(`Cannot measure: "${this.#words.join(" ")}" ended with ${code}`);
    return JSON.parse(this.#text.trimEnd().split("\n").pop()!);
  }

  async #read(): Promise<boolean> {
    const { value, done } = await this.#output.read();
    this.#text += value ?? "";
    return !done;
  }
}

async function pair(receiver: readonly string[], sender: readonly string[], bytes: number): Promise<Run> {
  const receiving = new Program(receiver);
  await receiving.hasBegun();
  const [received, sent] = await Promise.all([receiving.result(), new Program(sender).result()]);
  return {
    gigabits: bytes * 8e-6 / received.milliseconds,
    cpu: (received.cpuSeconds + sent.cpuSeconds) / (bytes * 1e-9),
  };
}

function plain(bytes: number, port: number): Promise<Run> {
  const run = [...PERMISSIONS, PLAIN];
  return pair([...run, "receive", `${port}`], [...run, "send", `${port}`, `${bytes}`], bytes);
}

type Engine = "linux" | "linux-single" | "portable";

function permissions(engine: Engine): readonly string[] {
  return engine === "portable" ? PERMISSIONS : [...PERMISSIONS, "--allow-ffi"];
}

/** Datagrams without TCP. */
function bare(engine: Engine): Case["run"] {
  return (bytes, port) => {
    const run = [...permissions(engine), BARE];
    return pair([...run, "receive", `${port}`, engine], [...run, "send", `${port}`, engine, `${bytes}`], bytes);
  };
}

/** A subflow for each pair of `locals` and `remotes` addresses. */
function encapsulated(engine: Engine, locals: number, remotes: number): Case["run"] {
  const addresses = (count: number, first: number) => Array.from({ length: count }, (_, i) => `127.0.0.${first + i}`);
  return (bytes, port) => {
    const run = [...permissions(engine), OURS];
    return pair(
      [...run, "receive", `${port}`, engine, ...addresses(remotes, 1)],
      [...run, "send", `${port}`, engine, `${bytes}`, ...addresses(locals, 101)],
      bytes,
    );
  };
}

const REFERENCE = { name: "plain TCP, Deno.connect", share: 1, bound: "", run: plain };
const SUBFLOWS = [[1, 1, 1], [2, 1, 2], [4, 2, 2]] as const;

const ENGINES = [["linux", "linux engine", 1], ["linux-single", "linux engine without trains", 1 / 4], [
  "portable",
  "portable engine",
  1 / 16,
]] as const;

const CASES: readonly Case[] = [
  REFERENCE,
  ...ENGINES.flatMap(([engine, name, share]): Case[] => [
    { name: `datagrams, ${name}`, share, bound: "", run: bare(engine) },
    ...SUBFLOWS.map(([subflows, locals, remotes]): Case => ({
      name: `UDP, ${name}, ${subflows} ${subflows === 1 ? "subflow" : "subflows"}`,
      share,
      bound: `datagrams, ${name}`,
      run: encapsulated(engine, locals, remotes),
    })),
  ]),
];

function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function figuresOf(results: ReadonlyMap<Case, readonly Run[]>): Figure[] {
  const medians = new Map([...results].map(([{ name }, runs]) => [name, median(runs.map(({ gigabits }) => gigabits))]));
  const ratioTo = (gigabits: number, name: string) => gigabits / medians.get(name)!;
  return [...results].map(([{ name, bound }, runs]) => {
    const list = runs.map(({ gigabits }) => gigabits);
    const gigabits = median(list);
    return {
      name,
      gigabits,
      least: Math.min(...list),
      most: Math.max(...list),
      packetsPerSecond: gigabits * 1e9 / 8 / PAYLOAD,
      ratio: ratioTo(gigabits, REFERENCE.name),
      ofBound: bound === "" ? null : ratioTo(gigabits, bound),
      cpuSecondsPerGigabyte: median(runs.map(({ cpu }) => cpu)),
    };
  });
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

if (import.meta.main) {
  const { runs, ...flags } = taskFlags(HELP, {
    boolean: ["json"],
    numbers: { runs: 5, megabytes: 4096 },
    string: ["only"],
  });
  const bytes = flags.megabytes * 2 ** 20;
  const cases = CASES.filter((one) => one === REFERENCE || one.name.includes(flags.only ?? ""));
  const results = new Map<Case, Run[]>(cases.map((one) => [one, []]));
  for (let i = 0; i < runs; i++) {
    for (const [one, list] of results) {
      list.push(await one.run(Math.floor(bytes * one.share), freePort()));
      console.error(`${i + 1}/${runs} ${one.name}: ${list.at(-1)!.gigabits.toFixed(2)}`);
    }
  }
  const figures = figuresOf(results);
  if (flags.json) console.log(JSON.stringify({ runs, bytes, figures }, null, 2));
  else {
    console.log(row(["case", "Gbit/s", "least to most", "packets/s", "of plain TCP", "of datagrams", "CPU s/GB"]));
    console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (const { name, gigabits, least, most, packetsPerSecond, ratio, ofBound, cpuSecondsPerGigabyte } of figures) {
      const range = `${least.toFixed(2)} to ${most.toFixed(2)}`;
      const packets = Math.round(packetsPerSecond / 1000) + " k";
      const shares = [ratio.toFixed(2), ofBound?.toFixed(2) ?? ""];
      console.log(row([name, gigabits.toFixed(2), range, packets, ...shares, cpuSecondsPerGigabyte.toFixed(2)]));
    }
  }
}
