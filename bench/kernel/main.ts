/**
 * Speed against the Linux kernel: `deno task bench:kernel`; `--help` tells the flags.
 *
 * Prints what each case reaches and its ratio to the kernel on its own. Cases take turns, and each figure is the median of its
 * runs, since a machine may be twice as fast an hour later: only ratios of one run of this program mean something.
 *
 * @module
 */

import { Namespace } from "../../tests/interop/namespace.ts";
import { taskFlags } from "../../tools/task_flags.ts";

const PORT = 5000;
const STREAM = new URL("./stream.py", import.meta.url).pathname;
const BARE = new URL("./bare.ts", import.meta.url).pathname;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const ROUNDS = 3000;

const HELP = `Measures speed beside the Linux kernel's own, through TUN devices. Takes root and two idle cores.

usage: deno task bench:kernel [WORD…] [--runs N] [--megabytes N] [--offload on|off] [--latency] [--json]

  WORD              only cases with one of the words in their names
  --runs N          runs of each case, of which the median counts; 5 by default
  --megabytes N     2^20 bytes for each run; 8192 by default
  --offload on|off  only cases with or without offload; both by default
  --latency         questions and answers, and nothing else
  --json            for programs
`;

/** One run of one case. */
interface Run {
  /** Bits a second, 10^9. */
  readonly gigabits: number;
  /** Processor seconds of both ends for 10^9 bytes. */
  readonly cpu: number;
}

/** What is measured. */
interface Case {
  readonly name: string;
  readonly offload: boolean;
  /** Name of the case that bounds it. */
  readonly bare?: string;
  /** Moves so many bytes. */
  run(bytes: number): Promise<Run>;
}

/** What the program prints with --json. */
interface Figure {
  readonly name: string;
  readonly offload: boolean;
  readonly gigabits: number;
  readonly least: number;
  readonly most: number;
  /** Of the kernel's own rate with the same offload, in the same round; null if that was not measured. */
  readonly ofKernel: number | null;
  /** Of what the device allows in the same direction, in the same round; null if that was not measured or is it. */
  readonly ofBare: number | null;
  readonly cpuSecondsPerGigabyte: number;
}

const KERNEL = "kernel to kernel, MPTCP, 2 subflows, veth";
const BARE_OUT = "bare TUN out, minimal TCP";
const BARE_IN = "bare TUN in, minimal TCP";

/** A child that reports a line of JSON. */
interface Reporter {
  readonly report: Promise<{ bytes: number; seconds: number; cpu: number } & Latency>;
}

async function started(namespace: Namespace, words: readonly string[]): Promise<Reporter> {
  const child = namespace.spawn(words, { stderr: "inherit" });
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  let text = "";
  const isListener = words.includes("receive") || words.includes("echo");
  while (isListener && !text.includes("\n")) text += (await reader.read()).value ?? "";
  const report = (async () => {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value;
    await child.status;
    return JSON.parse(text.split("\n").findLast((line) => line.startsWith("{")) ?? "{}");
  })();
  return { report };
}

const python = (...words: readonly (string | number)[]) => ["python3", STREAM, ...words.map(String)];

/** The host of ours in a process of its own; resolves to its processor seconds. */
function ours(namespace: Namespace, words: readonly string[]): Promise<number> {
  const timed = `import os,sys,json,subprocess,resource
code=subprocess.call(sys.argv[1:],stdin=subprocess.DEVNULL,stderr=subprocess.DEVNULL)
u=resource.getrusage(resource.RUSAGE_CHILDREN); print(json.dumps({"code":code,"cpu":u.ru_utime+u.ru_stime}))`;
  const child = namespace.spawn(["python3", "-c", timed, Deno.execPath(), "run", "-A", ...words], {
    stderr: "inherit",
  });
  return child.output().then(({ stdout }) => {
    const { code, cpu } = JSON.parse(new TextDecoder().decode(stdout));
    if (code !== 0) throw new Error(`Cannot measure: "${words.join(" ")}" ended with ${code}`);
    return cpu;
  });
}

/** Until a device is there and a host can listen behind it. */
async function untilUp(namespace: Namespace, device: string): Promise<void> {
  for (let i = 0; i < 500 && (await namespace.output(`ip link show ${device} up`)).stdout === ""; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Two namespaces with two veth pairs between them; `server` is 10.1.0.1 and 10.2.0.1. */
async function veths(offload: boolean): Promise<{ readonly server: Namespace; readonly client: Namespace }> {
  const server = await Namespace.create();
  const client = await Namespace.create();
  for (const i of [1, 2]) {
    await server.run(`ip link add v${i} type veth peer name v${i} netns ${client.name}`);
    for (const [end, host] of [[server, 1], [client, 2]] as const) {
      await end.run(`ip address add 10.${i}.0.${host}/24 dev v${i}`);
      await end.run(`ip link set v${i} up${offload ? "" : " gso_max_segs 1"}`);
    }
  }
  for (const end of [server, client]) await end.run("ip mptcp limits set subflow 8 add_addr_accepted 8");
  await client.run("ip mptcp endpoint add 10.2.0.2 dev v2 subflow");
  return { server, client };
}

async function kernelToKernel(bytes: number, offload: boolean): Promise<Run> {
  const { server, client } = await veths(offload);
  await using _server = server;
  await using _client = client;
  const receiver = await started(server, python("receive", "10.1.0.1", PORT));
  const sender = await started(client, python("send", "10.1.0.1", PORT, bytes));
  const [{ seconds, cpu }, sent] = await Promise.all([receiver.report, sender.report]);
  return { gigabits: bytes * 8e-9 / seconds, cpu: (cpu + sent.cpu) / (bytes * 1e-9) };
}

function devices(offload: boolean): readonly string[] {
  return [1, 2].flatMap((i) => [
    "--tun",
    `name=t${i},address=10.${i}.0.2,gateway=10.${i}.0.1/24${offload ? "" : ",offload=off"}`,
  ]);
}

async function tunNamespace(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.run("ip mptcp limits set subflow 8 add_addr_accepted 8");
  return namespace;
}

async function oursToKernel(bytes: number, words: (bytes: number) => readonly string[]): Promise<Run> {
  await using namespace = await tunNamespace();
  const receiver = await started(namespace, python("receive", "0.0.0.0", PORT));
  const [cpu, received] = await Promise.all([ours(namespace, words(bytes)), receiver.report]);
  return { gigabits: bytes * 8e-9 / received.seconds, cpu: (cpu + received.cpu) / (bytes * 1e-9) };
}

async function kernelToOurs(bytes: number, device: string, words: readonly string[]): Promise<Run> {
  await using namespace = await tunNamespace();
  const process = ours(namespace, words);
  await untilUp(namespace, device);
  const sender = await started(namespace, python("send", "10.1.0.2", PORT, bytes));
  const [cpu, sent] = await Promise.all([process, sender.report]);
  return { gigabits: bytes * 8e-9 / sent.seconds, cpu: (cpu + sent.cpu) / (bytes * 1e-9) };
}

function cases(offload: boolean): readonly Case[] {
  const cat = [CLI, "cat", ...devices(offload)];
  const mode = offload ? "on" : "off";
  return [
    { name: KERNEL, offload, run: (bytes) => kernelToKernel(bytes, offload) },
    {
      name: "ours to kernel, MPTCP, 2 subflows, TUN",
      bare: BARE_OUT,
      offload,
      run: (bytes) => oursToKernel(bytes, (n) => [...cat, "--send", `${n}`, "10.1.0.1", `${PORT}`]),
    },
    {
      name: "kernel to ours, MPTCP, 2 subflows, TUN",
      bare: BARE_IN,
      offload,
      run: (bytes) => kernelToOurs(bytes, "t2", [...cat, "--listen", "--discard", `${PORT}`]),
    },
    {
      name: BARE_OUT,
      offload,
      run: (bytes) => oursToKernel(bytes, (n) => [BARE, "send", "10.1.0.1", `${PORT}`, `${n}`, mode]),
    },
    {
      name: BARE_IN,
      offload,
      run: (bytes) => kernelToOurs(bytes, "bare", [BARE, "receive", `${PORT}`, mode]),
    },
  ];
}

/** Microseconds of questions and answers. */
interface Latency {
  readonly median: number;
  readonly p99: number;
}

/** Of 64 bytes each way, between two kernels and between the kernel and us: once one, once the other, and the medians. */
async function latencies(runs: number): Promise<Readonly<Record<string, Latency>>> {
  const all: Record<string, Latency[]> = {};
  for (let i = 0; i < runs; i++) {
    for (const [name, latency] of Object.entries(await latenciesOnce())) (all[name] ??= []).push(latency);
  }
  const middle = (list: readonly Latency[]): Latency => ({
    median: median(list.map((one) => one.median)),
    p99: median(list.map((one) => one.p99)),
  });
  return Object.fromEntries(Object.entries(all).map(([name, list]) => [name, middle(list)]));
}

async function latenciesOnce(): Promise<Readonly<Record<string, Latency>>> {
  const { server, client } = await veths(true);
  await using _server = server;
  await using _client = client;
  await started(server, python("echo", "10.1.0.1", PORT));
  const kernel = await (await started(client, python("ask", "10.1.0.1", PORT, ROUNDS))).report;
  await using namespace = await tunNamespace();
  const process = ours(namespace, [CLI, "cat", ...devices(true), "--listen", "--echo", `${PORT}`]);
  await untilUp(namespace, "t2");
  const tun = await (await started(namespace, python("ask", "10.1.0.2", PORT, ROUNDS))).report;
  await process.catch(() => {});
  return {
    "kernel, veth": { median: kernel.median, p99: kernel.p99 },
    "ours, TUN": { median: tun.median, p99: tun.p99 },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Runs `all` in turns. */
async function measure(all: readonly Case[], runs: number, bytes: number): Promise<readonly Figure[]> {
  const results = new Map<Case, Run[]>(all.map((one) => [one, []]));
  for (let i = 0; i < runs; i++) {
    for (const [one, list] of results) {
      list.push(await one.run(one.offload ? bytes : bytes / 4));
      console.error(`${i + 1}/${runs} ${one.name}: ${list.at(-1)!.gigabits.toFixed(1)}`);
    }
  }
  const ratios = (one: Case, name: string | undefined): number | null => {
    const other = all.find((other) => other !== one && other.name === name && other.offload === one.offload);
    if (other === undefined) return null;
    return median(results.get(one)!.map(({ gigabits }, i) => gigabits / results.get(other)![i]!.gigabits));
  };
  return all.map((one) => {
    const list = results.get(one)!.map(({ gigabits }) => gigabits);
    return {
      name: one.name,
      offload: one.offload,
      gigabits: median(list),
      least: Math.min(...list),
      most: Math.max(...list),
      ofKernel: ratios(one, KERNEL),
      ofBare: ratios(one, one.bare),
      cpuSecondsPerGigabyte: median(results.get(one)!.map(({ cpu }) => cpu)),
    };
  });
}

function printFigures(figures: readonly Figure[], offload: boolean): void {
  if (!figures.some((figure) => figure.offload === offload)) return;
  console.log(offload ? "\nWith offload:\n" : "\nPackets of 1500 bytes, no offload:\n");
  console.log(row(["case", "Gbit/s", "least to most", "of kernel", "of bare", "CPU s/GB"]));
  console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
  for (const { name, gigabits, least, most, ofKernel, ofBare, cpuSecondsPerGigabyte, ...figure } of figures) {
    if (figure.offload !== offload) continue;
    const range = `${least.toFixed(1)} to ${most.toFixed(1)}`;
    const ratios = [ofKernel, ofBare].map((ratio) => ratio?.toFixed(2) ?? "");
    console.log(row([name, gigabits.toFixed(1), range, ...ratios, cpuSecondsPerGigabyte.toFixed(2)]));
  }
}

function printLatencies(latencies: Readonly<Record<string, Latency>>, runs: number): void {
  console.log(`\nA question and its answer of 64 bytes, ${ROUNDS} times, medians of ${runs} runs:\n`);
  console.log(row(["between", "median µs", "p99 µs"]));
  console.log("| --- | ---: | ---: |");
  for (const [name, { median, p99 }] of Object.entries(latencies)) {
    console.log(row([name, median.toFixed(0), p99.toFixed(0)]));
  }
}

if (import.meta.main) {
  const { words, runs, ...flags } = taskFlags(HELP, {
    boolean: ["json", "latency"],
    numbers: { runs: 5, megabytes: 8192 },
    choices: { offload: ["on", "off"] },
    takesWords: true,
  });
  const isChosen = ({ name, offload }: Case) =>
    !flags.latency && flags.offload !== (offload ? "off" : "on") &&
    (words.length === 0 || words.some((word) => name.includes(word)));
  const bytes = flags.megabytes * 2 ** 20;
  const figures = await measure([...cases(true), ...cases(false)].filter(isChosen), runs, bytes);
  const latency = words.length === 0 ? await latencies(runs) : null;
  if (flags.json) console.log(JSON.stringify({ runs, bytes, figures, latency }, null, 2));
  else {
    printFigures(figures, true);
    printFigures(figures, false);
    if (latency !== null) printLatencies(latency, runs);
  }
}
