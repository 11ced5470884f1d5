/**
 * `mptcp cat` as a user runs it.
 *
 * @module
 */

import type { ConnectionRecord } from "../../cli/cat/record.ts";
import type { Namespace } from "./namespace.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** How a run ended. */
export interface CatResult {
  /** Exit status. */
  readonly code: number;
  /** Standard output. */
  readonly output: Uint8Array<ArrayBuffer>;
  /** Standard error but for what `--json` prints. */
  readonly complaint: string;
  /** What `--json` printed. */
  readonly records: readonly ConnectionRecord[];
}

/** A run. */
export interface Cat {
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Its end. */
  readonly ended: Promise<CatResult>;
}

/** Runs `mptcp cat WORDS` in a namespace, with `input` on standard input and then its end; without, with an endless one. */
export function startCat(namespace: Namespace, words: string, input?: Uint8Array<ArrayBuffer>): Cat {
  const child = namespace.spawn([Deno.execPath(), "run", "-A", CLI, "cat", ...words.split(" ")], { stdin: "piped" });
  return { kill: (signal) => child.kill(signal), ended: end(child, input) };
}

async function end(child: Deno.ChildProcess, input?: Uint8Array<ArrayBuffer>): Promise<CatResult> {
  const feeding = input && new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ code }, output, text] = await Promise.all([
    child.status,
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
  ]);
  await (feeding ?? child.stdin.abort().catch(() => {}));
  const lines = text.split("\n").filter((line) => line !== "");
  return {
    code,
    output: new Uint8Array(output),
    complaint: lines.filter((line) => !line.startsWith("{")).join("\n"),
    records: lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)),
  };
}
