import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { program, testWith } from "../tests/needs.ts";
import { main } from "../cli.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import type { ScenarioReport } from "./scenario/report.ts";
import type { ScenarioSummary } from "./scenario/summary.ts";

const EXAMPLES = new URL("../examples/scenarios/", import.meta.url);

async function sim(args: readonly string[], input = ""): Promise<{ code: number; output: string; complaint: string }> {
  const terminal = new MemoryTerminal(input);
  const code = await main(["sim", ...args], terminal);
  return { code, output: terminal.output, complaint: terminal.complaint };
}

function example(name: string): string {
  return new URL(`${name}.json`, EXAMPLES).pathname;
}

async function report(args: readonly string[], input = ""): Promise<ScenarioReport> {
  const { code, output, complaint } = await sim([...args, "--json"], input);
  assertEquals([code, complaint], [0, ""]);
  return JSON.parse(output);
}

/** A small scenario as text. */
function scenario(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    hosts: { a: {}, b: {} },
    links: {
      up: {
        between: ["a", "b"],
        addresses: ["10.0.1.1", "10.0.1.2"],
        rate: "10 Mbit/s",
        delay: "10 ms",
        jitter: "2 ms",
      },
      down: { between: ["a", "b"], addresses: ["2001:db8::1", "2001:db8::2"], rate: "5 Mbit/s", delay: "20 ms" },
    },
    applications: [{ type: "bulk", client: "a", server: "b", bytes: "1 MB" }],
    ...changes,
  });
}

Deno.test("aggregation: two lines are worth their sum, and questions are answered meanwhile", async () => {
  const { connections: [backup, questions], links } = await report([example("aggregation")]);
  assertEquals([backup!.end, backup!.protocol, backup!.bytes], ["done", "mptcp", 40_000_000]);
  assert(backup!.bitsPerSecond > 12e6, `${backup!.bitsPerSecond} is more than either line gives`);
  assertEquals(backup!.subflows.map(({ name }) => name), ["dsl … uplink", "lte … uplink"]);
  for (const { share } of backup!.subflows) assert(share > 0.25, `${share}`);
  assertEquals(questions!.latencyMs!.count, 50);
  assert(questions!.latencyMs!.median > 30 && questions!.latencyMs!.median < 300, `${questions!.latencyMs!.median}`);
  const dsl = links.find(({ name, from }) => name === "dsl" && from === "home")!;
  assert(dsl.utilisation! > 0.85 && dsl.utilisation! <= 1, `${dsl.utilisation}`);
});

Deno.test("handover: the download goes on over LTE while WiFi is dark", async () => {
  const { connections: [download], links } = await report([example("handover")]);
  assertEquals([download!.end, download!.bytes], ["done", 32_000_000]);
  assert(download!.longestPauseMs < 1000, `${download!.longestPauseMs}`);
  assert(download!.seconds > 6 && download!.seconds < 16, `${download!.seconds}`);
  assert(download!.reinjectedBytes > 0);
  assertEquals(new Set(download!.subflows.map(({ name }) => name)), new Set(["wifi", "lte"]));
  assert(links.some(({ name, dropped }) => name === "wifi" && dropped.down > 0));
});

Deno.test("shared bottleneck: two coupled subflows take about the share of one connection", async () => {
  const { connections: [multipath, single], links } = await report([example("shared-bottleneck")]);
  assertEquals([multipath!.protocol, single!.protocol, single!.fallback], ["mptcp", "tcp", null]);
  const ratio = multipath!.bytes / single!.bytes;
  assert(ratio > 0.7 && ratio < 1.6, `${ratio}`);
  assert(links.find(({ name, from }) => name === "bottleneck" && from === "core")!.utilisation! > 0.9);
});

Deno.test("every example has a description and a test of its own", async () => {
  const source = await Deno.readTextFile(new URL(import.meta.url));
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    assertStringIncludes(source, `example("${name.replace(".json", "")}")`);
    assert(JSON.parse(await Deno.readTextFile(new URL(name, EXAMPLES))).description.length > 0);
  }
});

Deno.test("the same seed gives the same output, another seed another", async () => {
  const [first, again, other] = [
    await sim(["-", "--json"], scenario()),
    await sim(["-", "--json", "--seed", "1"], scenario()),
    await sim(["-", "--json", "--seed=two"], scenario()),
  ];
  assertEquals(first.output, again.output);
  assertNotEquals(first.output, other.output);
  assertEquals(JSON.parse(other.output).seed, "two");
});

Deno.test("the JSON object has the shape of its documentation", async () => {
  const result = await report(["-"], scenario());
  assertEquals(Object.keys(result), ["seed", "seconds", "events", "connections", "links"]);
  const [connection] = result.connections;
  const {
    subflows,
    seconds,
    bitsPerSecond,
    longestPauseMs,
    reinjectedBytes,
    duplicateBytes,
    retransmissions,
    ...rest
  } = connection!;
  assertEquals(rest, {
    name: "bulk",
    type: "bulk",
    client: "a",
    server: "b",
    protocol: "mptcp",
    fallback: null,
    end: "done",
    error: null,
    startSeconds: 0,
    bytes: 1_000_000,
    latencyMs: null,
  });
  assertAlmostEquals(bitsPerSecond, 8e6 / seconds, 1e-6);
  for (const figure of [longestPauseMs, reinjectedBytes, duplicateBytes, retransmissions]) assert(figure >= 0);
  assertEquals(subflows.map(({ name, backup, closed }) => [name, backup, closed]).sort(), [
    ["down", false, null],
    ["up", false, null],
  ]);
  for (const { client, server, srttMs, bytesSent, bytes } of subflows) {
    const isV6 = client.startsWith("[2001:db8::1]:") && server.startsWith("[2001:db8::2]:");
    assert(isV6 || client.startsWith("10.0.1.1:") && server.startsWith("10.0.1.2:"), `${client} ${server}`);
    assert(srttMs! >= 20 && bytesSent >= bytes && bytes > 0);
  }
  assertEquals(subflows.reduce((sum, { share }) => sum + share, 0), 1);
  assertEquals(result.links.map(({ name, from, to }) => [name, from, to]), [
    ["up", "a", "b"],
    ["up", "b", "a"],
    ["down", "a", "b"],
    ["down", "b", "a"],
  ]);
  const { name: _name, from: _from, to: _to, ...figures } = result.links[1]!;
  assertEquals(Object.keys(figures), [
    "bytes",
    "packets",
    "utilisation",
    "dropped",
    "duplicated",
    "corrupted",
    "reordered",
    "marked",
    "queueHighWaterPackets",
    "queueHighWaterBytes",
  ]);
  assertEquals(Object.keys(figures.dropped), ["queue", "loss", "down", "mtu"]);
});

Deno.test("the tables name every connection, subflow and link", async () => {
  const { code, output } = await sim(["-"], scenario({ description: "Two paths." }));
  assertEquals(code, 0);
  assertStringIncludes(output, "Two paths.\n\nconnection  protocol  end ");
  for (const pattern of [/^bulk +mptcp +done +1 MB /m, /^up +bulk +10\.0\.1\.1:\d+ – 10\.0\.1\.2:\d+ /m]) {
    assert(pattern.test(output), output);
  }
  for (const row of ["up    a → b", "up    b → a", "down  a → b", "down  b → a"]) assertStringIncludes(output, row);
  assert(/^seed 1: [\d.]+ s of virtual time, [\d,]+ events, in [\d.]+ s$/m.test(output), output);
});

Deno.test("runs use one seed after the other and are summed up", async () => {
  const { code, output } = await sim(["-", "--runs", "3", "--seed", "5", "--json"], scenario());
  const { runs, summary } = JSON.parse(output) as { runs: ScenarioReport[]; summary: ScenarioSummary };
  assertEquals([code, runs.map(({ seed }) => seed), summary.runs], [0, [5, 6, 7], 3]);
  const seconds = runs.map(({ connections }) => connections[0]!.seconds);
  const [connection] = summary.connections;
  assertEquals(connection!.seconds.mean, (seconds[0]! + seconds[1]! + seconds[2]!) / 3);
  assert(connection!.seconds.margin! > 0);
  assertEquals(runs[1], await report(["-", "--seed", "6"], scenario()));
  const table = (await sim(["-", "--runs", "3"], scenario())).output;
  assert(/^bulk +3 of 3 +1 MB +[\d.]+ ± [\d.]+ /m.test(table), table);
});

Deno.test("plain TCP, messages and timed changes do what they say", async () => {
  const { connections } = await report(
    ["-"],
    scenario({
      hosts: {
        a: { changes: [{ at: "1 s", addressDown: "2001:db8::1" }, { at: "2 s", addressUp: "2001:db8::1" }] },
        b: {},
      },
      applications: [
        { name: "tcp", type: "bulk", client: "a", server: "b", bytes: "200 kB", protocol: "tcp", direction: "upload" },
        { name: "timed", type: "bulk", client: "a", server: "b", duration: "3 s", scheduler: "round-robin" },
        {
          name: "voice",
          type: "constant-rate",
          client: "a",
          server: "b",
          start: "500 ms",
          from: "10.0.1.1",
          to: "10.0.1.2",
          messageBytes: 160,
          interval: "20 ms",
          messages: 50,
        },
      ],
    }),
  );
  const [tcp, timed, voice] = connections;
  assertEquals([tcp!.protocol, tcp!.bytes, tcp!.subflows.length], ["tcp", 200_000, 1]);
  assertEquals([timed!.end, timed!.seconds], ["done", 3]);
  assert(timed!.subflows.some(({ closed, name }) => name === "down" && closed !== null), "the address went");
  assertEquals([voice!.startSeconds, voice!.bytes, voice!.latencyMs!.count], [0.5, 8000, 50]);
  assertEquals(voice!.subflows[0]!.client.slice(0, 9), "10.0.1.1:");
});

Deno.test("a connection that cannot be made or does not end is told, with exit code 1", async () => {
  const links = { l: { between: ["a", "b"], addresses: ["10.0.1.1", "10.0.1.2"], up: false } };
  const bulk = { type: "bulk", client: "a", server: "b", bytes: "1 MB" };
  const applications = [{ ...bulk, options: { synRetries: 0 } }, bulk];
  const { code, output } = await sim(["-"], scenario({ links, limit: "10 s", applications }));
  assertEquals(code, 1);
  assert(/^bulk 1 +– +failed +0 B +1 +0 /m.test(output), output);
  assertStringIncludes(
    output,
    "bulk 2 is unfinished: Cannot go on: the time limit of 10000 ms is reached. Waiting for: ",
  );
  assertStringIncludes(output, "seed 1: 10 s of virtual time");
});

Deno.test("each wrong field is named with its line and column, and what would be right", async () => {
  const { code, output, complaint } = await sim(
    ["-"],
    `{
  "hosts": { "phone": {}, "server": {} },
  "links": {
    "wifi": {
      "between": ["phone", "server"],
      "rate": "30 Mbps",
      "dealy": 20
    }
  },
  "applications": [{ "type": "bulk", "client": "phone", "server": "server" }]
}`,
  );
  assertEquals([code, output], [2, ""]);
  assertEquals(
    complaint,
    'standard input:6:15: links.wifi.rate: must be bits per second above 0 or text like "30 Mbit/s" or "500 kbit/s", ' +
      'is "30 Mbps" (units are bit/s, kbit/s, Mbit/s, Gbit/s)\n' +
      'standard input:7:7: links.wifi: unknown field "dealy", did you mean "delay"?\n' +
      'standard input:10:20: applications[0]: needs "bytes", "duration" or both: how much is sent, or for how long\n',
  );
});

Deno.test("arguments that are wrong are answered with what would be right", async () => {
  const cases: [string[], string][] = [
    [[], "give it the file of a scenario, or - for standard input"],
    [["a", "b"], "give it one file, not 2"],
    [["-", "--runs", "0"], "--runs must be a whole number from 1 to 100000, is 0"],
    [["-", "--sed", "1"], "there is no flag --sed, did you mean --seed?"],
  ];
  for (const [args, text] of cases) {
    const { code, output, complaint } = await sim(args, scenario());
    assertEquals([code, output, complaint], [2, "", `mptcp sim: ${text}\nSee "mptcp sim --help".\n`]);
  }
});

Deno.test("files that cannot be used are named with the reason, without a word on help", async () => {
  const cases: [string[], string][] = [
    [["no such file"], "cannot read no such file: there is no such file"],
    [[EXAMPLES.pathname], `cannot read ${EXAMPLES.pathname}: it is a folder`],
    [["-", "--pcap", example("handover")], `cannot make the folder ${example("handover")}: a file is in its place`],
    [["-", "--trace", "/no/such/folder/file"], "cannot write /no/such/folder/file: its folder does not exist"],
  ];
  for (const [args, text] of cases) {
    const { code, output, complaint } = await sim(args, scenario());
    assertEquals([code, output, complaint], [2, "", `mptcp sim: ${text}\n`]);
  }
});

Deno.test("traces are files beside the scenario", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/up.txt`, "0 8\n1 2\n");
  const links = { l: { between: ["a", "b"], addresses: ["10.0.1.1", "10.0.1.2"], rate: { steps: "up.txt" } } };
  await Deno.writeTextFile(`${folder}/it.json`, scenario({ links }));
  const { links: [forward] } = await report([`${folder}/it.json`]);
  assert(forward!.utilisation! > 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a trace has the decisions of every host, a line each, and of the first run alone", async () => {
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  const traceOf = async (...flags: string[]) => {
    await sim(["-", "--trace", file, ...flags], scenario());
    return await Deno.readTextFile(file);
  };
  const text = await traceOf("--runs", "2");
  assertEquals(text, await traceOf());
  await Deno.remove(file);
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(new Set(lines.map(({ host }) => host)).size, 2);
  assert(lines.some(({ type, event }) => type === "event" && event.subflow?.state === "established"));
  assert(lines.some(({ type, cause }) => type === "segment-sent" && cause === "new"));
});

Deno.test("each link is captured, for each run apart", async () => {
  const folder = await Deno.makeTempDir();
  await sim(["-", "--pcap", `${folder}/one`], scenario());
  assertEquals(names(`${folder}/one`), ["down.pcapng", "up.pcapng"]);
  const captures = [{ file: "a.pcapng", links: ["up", "down"], end: "near" }];
  await sim(["-", "--pcap", `${folder}/many`, "--runs", "2"], scenario({ captures }));
  assertEquals(names(`${folder}/many`), ["run-1", "run-2"]);
  assertEquals(names(`${folder}/many/run-2`), ["a.pcapng"]);
  await Deno.remove(folder, { recursive: true });
});

testWith([program("tshark")], "tshark reads a capture and finds both subflows", async () => {
  const folder = await Deno.makeTempDir();
  await sim(["-", "--pcap", folder], scenario({ captures: [{ file: "a.pcapng", links: ["up", "down"] }] }));
  const args = ["-r", `${folder}/a.pcapng`, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields"];
  const command = new Deno.Command("tshark", { args: [...args, "-e", "tcp.options.mptcp.subtype"] });
  const { success, stdout } = await command.output();
  assertEquals([success, new TextDecoder().decode(stdout).trim().split("\n")], [true, ["0", "1"]]);
  await Deno.remove(folder, { recursive: true });
});

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
