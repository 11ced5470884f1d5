/**
 * The demo: a phone downloads 32 MB over WiFi and LTE while WiFi goes dark, and once more with plain TCP over WiFi.
 * All of it happens in virtual time, on the engine that also speaks to real networks.
 *
 * ```sh
 * deno task demo --help
 * ```
 *
 * @module
 */

import { type Command, systemTerminal, type Terminal, UsageError } from "../../cli/command.ts";
import { checkFlag, checkPlugin, numeric, parseFlags } from "../../cli/flags.ts";
import { congestionNames, congestionSchema, schedulerNames, schedulerSchema, wholeNumber } from "../../config.ts";
import { progressBar } from "./progress.ts";
import { report, summarize } from "./report.ts";
import { type Download, download } from "./scenario.ts";

const BYTES = 32_000_000;

/** Names beside a flag, a few on each line. */
function lines(names: readonly string[]): string {
  return names.reduce((text, name, i) => text + (i % 6 === 0 ? ",\n                    " : ", ") + name);
}

const HELP = `A phone with WiFi (30 Mbit/s, 20 ms) and LTE (15 Mbit/s, 60 ms, deep queue) downloads 32 MB in a simulated
network; WiFi is dark from 3 s to 8 s. The same download runs over plain TCP on WiFi alone.

Usage: deno task demo [flags]

  --seed N          draws everything random; the same seed gives the same run (1)
  --scheduler NAME  ${lines(schedulerNames)} (min-rtt)
  --congestion NAME ${lines(congestionNames)} (lia)
                    each with options as in blest,lambda=1.2
  --pcap DIR        write multipath.pcapng and tcp.pcapng to DIR, for Wireshark
  --json            print one JSON object
  --help            print this
`;

/** The demo as a command. */
export const demo: Command = {
  help: HELP,
  async run(args: readonly string[], terminal: Terminal) {
    const flags = parseFlags(args, { boolean: ["json", "help"], string: ["seed", "scheduler", "congestion", "pcap"] });
    if (flags.help) return terminal.write(HELP), 0;
    if (flags.operands.length > 0) throw new UsageError(`there is nothing to name, got "${flags.operands[0]}"`);
    const run = (multipath: boolean, label: string): Promise<Download> => {
      const bar = progressBar(label, BYTES);
      return download({
        seed: checkFlag(wholeNumber(0), "seed", numeric(flags.seed ?? "1")),
        bytes: BYTES,
        multipath,
        scheduler: checkPlugin(schedulerSchema, "scheduler", flags.scheduler ?? "min-rtt"),
        congestion: checkPlugin(congestionSchema, "congestion", flags.congestion ?? "lia"),
        capture: flags.pcap !== undefined,
        onProgress: bar.update,
      }).finally(bar.clear);
    };
    const multipath = await run(true, "WiFi and LTE");
    const plain = await run(false, "WiFi alone");
    if (flags.pcap !== undefined) await writeCaptures(flags.pcap, multipath, plain);
    terminal.write(
      flags.json ? JSON.stringify(summarize(multipath, plain), null, 2) + "\n" : report(multipath, plain, BYTES),
    );
    return summarize(multipath, plain).sha256Match ? 0 : 1;
  },
};

async function writeCaptures(directory: string, multipath: Download, plain: Download): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeFile(`${directory}/multipath.pcapng`, multipath.capture as Uint8Array);
  await Deno.writeFile(`${directory}/tcp.pcapng`, plain.capture as Uint8Array);
}

if (import.meta.main) {
  try {
    Deno.exitCode = await demo.run(Deno.args, systemTerminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    systemTerminal.complain(`Cannot run the demo: ${error.message}\n`);
    Deno.exitCode = 2;
  }
}
