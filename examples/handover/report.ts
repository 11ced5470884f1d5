/**
 * What a person wants to know of the two downloads, and the same as one object.
 *
 * @module
 */

import { plot, timeAxis } from "./plot.ts";
import { DARK, type Download, LINKS, SAMPLE, type SubflowResult } from "./scenario.ts";

/** What `--json` prints. */
export interface Summary {
  /** Every byte arrived as it was sent, in both downloads. */
  readonly sha256Match: boolean;
  /** Duration over WiFi and LTE. */
  readonly seconds: number;
  /** Duration over WiFi alone, with plain TCP. */
  readonly plainTcpSeconds: number;
  /** Longest time without a byte for the application, over WiFi and LTE. */
  readonly longestPauseMs: number;
  /** Bytes that were given to the other subflow. */
  readonly reinjectedBytes: number;
  /** Subflows over WiFi and LTE. */
  readonly subflows: readonly SubflowResult[];
}

/** The figures of both downloads. */
export function summarize(multipath: Download, plain: Download): Summary {
  return {
    sha256Match: isIntact(multipath) && isIntact(plain),
    seconds: multipath.seconds,
    plainTcpSeconds: plain.seconds,
    longestPauseMs: multipath.longestPauseMs,
    reinjectedBytes: multipath.reinjectedBytes,
    subflows: multipath.subflows,
  };
}

/** The figures of both downloads for a terminal. */
export function report(multipath: Download, plain: Download, bytes: number): string {
  return [
    ...section(`Multipath TCP over WiFi and LTE: ${figures(multipath, bytes)}`, multipath),
    ...subflowTable(multipath),
    "",
    ...section(`Plain TCP over WiFi: ${figures(plain, bytes)}`, plain),
    "",
    `SHA-256  multipath  ${digests(multipath)}`,
    `         plain TCP  ${digests(plain)}`,
    "",
  ].join("\n");
}

function figures({ seconds }: Download, bytes: number): string {
  return `${seconds.toFixed(2)} s, ${(bytes * 8e-6 / seconds).toFixed(1)} Mbit/s`;
}

function section(title: string, download: Download): string[] {
  const { throughput, longestPauseMs, longestPauseAt, darkPauseMs } = download;
  const lines = [title, ""];
  for (const id of ["wifi", "lte"] as const) {
    const values = throughput[id];
    if (!values.some((value) => value > 0.1)) continue;
    lines.push(...plot({ title: `     ${LINKS[id].name}, Mbit/s`, values, top: LINKS[id].rate / 1e6, height: 3 }));
  }
  const perSecond = 1000 / SAMPLE;
  lines.push(timeAxis(throughput.wifi.length, 2 * perSecond, (column) => `${column / perSecond}s`));
  lines.push(
    "",
    `  longest pause   ${longestPauseMs.toFixed(0)} ms, from ${longestPauseAt.toFixed(2)} s on`,
    `  in the dark     ${darkPauseMs.toFixed(0)} ms at the longest (WiFi, ${DARK.from / 1000} s to ${
      DARK.to / 1000
    } s)`,
  );
  return lines;
}

function subflowTable({ subflows, reinjectedBytes }: Download): string[] {
  return [
    `  reinjected      ${reinjectedBytes.toLocaleString("en")} bytes`,
    "",
    "  subflow         bytes sent  segments sent again",
    ...subflows.map(({ name, bytes, retransmissions }) =>
      `  ${name.padEnd(9)}${bytes.toLocaleString("en").padStart(17)}${String(retransmissions).padStart(21)}`
    ),
  ];
}

function digests({ digests: [sent, received] }: Download): string {
  return sent === received ? `${sent}  both ends` : `${sent} was sent, ${received} was received: THEY DIFFER`;
}

function isIntact({ digests: [sent, received] }: Download): boolean {
  return sent === received;
}
