import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../cli/command.ts";
import { demo } from "./main.ts";
import { plot, timeAxis } from "./plot.ts";
import type { Summary } from "./report.ts";

async function run(...args: string[]): Promise<string> {
  let output = "";
  const code = await demo.run(args, {
    write: (text) => void (output += text),
    complain: () => {},
    readInput: () => Promise.reject(new Error("the demo reads nothing")),
  });
  assertEquals(code, 0);
  return output;
}

async function summary(...args: string[]): Promise<Summary> {
  return JSON.parse(await run("--json", ...args));
}

Deno.test("the download survives the loss of WiFi with a pause of at most one second, whatever the seed", async () => {
  for (const seed of ["1", "2", "3"]) {
    const { sha256Match, seconds, plainTcpSeconds, longestPauseMs, reinjectedBytes, subflows } = await summary(
      "--seed",
      seed,
    );
    assert(sha256Match);
    assert(longestPauseMs > 0 && longestPauseMs <= 1000, `pause of ${longestPauseMs} ms with seed ${seed}`);
    assert(seconds < plainTcpSeconds, `${seconds} s against ${plainTcpSeconds} s with seed ${seed}`);
    assert(reinjectedBytes > 0);
    assertEquals(subflows.map(({ name }) => name), ["WiFi", "LTE"]);
    assert(subflows.reduce((sum, { bytes }) => sum + bytes, 0) >= 32_000_000);
    assert(subflows.every(({ retransmissions }) => retransmissions > 0));
  }
});

Deno.test("the same seed gives the same figures, and any pair of plug-ins works", async () => {
  assertEquals(await summary("--seed", "7"), await summary("--seed", "7"));
  const other = await summary("--scheduler", "round-robin", "--congestion", "new-reno");
  assert(other.sha256Match);
});

Deno.test("a person gets plots, figures and digests", async () => {
  const text = await run();
  assert(text.includes("WiFi, Mbit/s") && text.includes("LTE, Mbit/s") && text.includes("longest pause"));
  const [multipath, plain] = [...text.matchAll(/in the dark +(\d+) ms/g)].map(([, ms]) => Number(ms));
  assert(multipath! < 500 && plain! >= 5000, `${multipath} ms and ${plain} ms without a byte while WiFi was dark`);
  assertEquals(text.match(/[0-9a-f]{64} {2}both ends/g)?.length, 2);
});

Deno.test("--pcap writes both downloads", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await run("--json", "--pcap", directory);
    for (const name of ["multipath.pcapng", "tcp.pcapng"]) {
      const { size } = await Deno.stat(`${directory}/${name}`);
      assert(size > 32_000_000, `${name} has ${size} bytes`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("flags that are wrong are told what would be right", async () => {
  await assertRejects(() => run("--scheduler", "fastest"), UsageError, "min-rtt");
  await assertRejects(() => run("--seed", "-1"), UsageError, "--seed");
  await assertRejects(() => run("--jason"), UsageError, "did you mean --json?");
});

Deno.test("a plot fills its height at the top value and marks time below", () => {
  assertEquals(plot({ title: "t", values: [0, 4, 8], top: 8, height: 2 }), ["t", "   8   █", "   0  ██"]);
  assertEquals(timeAxis(5, 2, (column) => `${column}`), "     0 2 4");
});
