/**
 * The command line: `mptcp COMMAND …`. Each command is a file in `cli/`.
 *
 * @module
 */

import config from "./deno.json" with { type: "json" };
import { type Command, type ExitCode, systemTerminal, type Terminal, UsageError } from "./cli/command.ts";
import { FileError } from "./cli/file_error.ts";
import { parseFlags } from "./cli/flags.ts";
import { suggestion } from "./core/suggestion.ts";

/** The commands, loaded when they are asked for. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  cat: {
    summary: "connect standard input and output through TUN devices or UDP",
    load: async () => (await import("./cli/cat.ts")).cat,
  },
  sim: {
    summary: "run a scenario file in the simulator",
    load: async () => (await import("./cli/sim.ts")).sim,
  },
};

const NAMES = Object.keys(COMMANDS);

const HELP = `Multipath TCP (RFC 8684) in user space.

usage: mptcp COMMAND [ARGUMENT…]

commands:
${Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`).join("\n")}

"mptcp COMMAND --help" tells more about one of them; --version prints the version.
Exit codes: 0 done, 1 could not be done, 2 was asked wrongly.
`;

if (import.meta.main) Deno.exit(await main(Deno.args, systemTerminal));

/** Does what `args` say and answers the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [first, ...rest] = args;
  const command = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first]! : null;
  const name = command === null ? "mptcp" : `mptcp ${first}`;
  try {
    if (command === null && first !== undefined && first !== "help" && !first.startsWith("-")) known(first);
    if (command === null) return await general(args, terminal);
    const loaded = await command.load();
    if (!asksForHelp(rest)) return await loaded.run(rest, terminal);
    terminal.write(loaded.help);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const hint = error instanceof FileError ? "" : `See "${name} --help".\n`;
    terminal.complain(`${name}: ${error.message}\n${hint}`);
    return 2;
  }
}

/** What is asked of no command. */
async function general(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { help, version, operands } = parseFlags(args, { boolean: ["help", "version"], string: [] });
  const [word, topic] = operands;
  if (word === "help" && topic !== undefined) return await main([known(topic), "--help"], terminal);
  if (help || word === "help") {
    terminal.write(HELP);
  } else if (version) {
    terminal.write(`${config.version}\n`);
  } else {
    terminal.complain(HELP);
    return 2;
  }
  return 0;
}

/** `name`, if it is the name of a command. */
function known(name: string): string {
  if (Object.hasOwn(COMMANDS, name)) return name;
  const meant = suggestion(name, NAMES);
  const right = meant === null ? `the commands are ${NAMES.join(", ")}` : `did you mean "${meant}"?`;
  throw new UsageError(`there is no command "${name}", ${right}`);
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  return flags.includes("--help") || flags.includes("-h");
}
