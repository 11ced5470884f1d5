import { assertEquals } from "@std/assert";
import { Counters } from "../../core/mod.ts";
import { type Need, program, testWith } from "../needs.ts";

const PAGE = new URL("../../docs/figures.md", import.meta.url);
const NEWEST = "MPTcpExtWinProbe";

/** Names of all that the kernel counts. */
async function kernelNames(): Promise<string[]> {
  const { stdout } = await new Deno.Command("nstat", { args: ["-azs"] }).output();
  return new TextDecoder().decode(stdout).split("\n").map((line) => line.split(/\s+/)[0]!);
}

const KERNEL: Need = { name: `a kernel that counts ${NEWEST} (Linux 6.18)`, met: hasNewest() };

testWith(
  [KERNEL, program("nstat")],
  "counters are the kernel's, and the page says which of its own are missing",
  async () => {
    const kernels = await kernelNames();
    const ours = Object.keys(new Counters());
    assertEquals(ours.filter((name) => !kernels.includes(name)), []);
    const page = await Deno.readTextFile(PAGE);
    const [, section] = page.split("## `host.counters`");
    const missing = section!.split("## ")[0]!.split("\n").filter((line) => line.startsWith("| `")).flatMap((row) => {
      return [...row.split("|")[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    });
    const absent = kernels.filter((name) => name.startsWith("MPTcpExt") && !ours.includes(name));
    assertEquals(missing.sort(), absent.sort());
  },
);

function hasNewest(): boolean {
  try {
    return Deno.readTextFileSync("/proc/net/netstat").includes(` ${NEWEST.replace("MPTcpExt", "")}`);
  } catch {
    return false;
  }
}
