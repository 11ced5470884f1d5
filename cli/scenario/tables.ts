/**
 * Reports and summaries as tables.
 *
 * @module
 */

import { bytes, counted, figure, percent, time, whole } from "../figures.ts";
import { type Column, formatTable } from "../table.ts";
import type { ConnectionReport, LinkReport, ScenarioReport } from "./report.ts";
import type { Estimate, ScenarioSummary } from "./summary.ts";

/** The tables of one run. */
export function reportTables({ connections, links }: ScenarioReport): string {
  const latencies = connections.filter(({ latencyMs }) => latencyMs !== null);
  return [
    connectionTable(connections),
    ...latencies.length > 0 ? [latencyTable(latencies)] : [],
    subflowTable(connections),
    linkTable(links),
    ...connections.filter(({ error }) => error !== null).map(({ name, end, error }) => `${name} is ${end}: ${error}\n`),
  ].filter((text) => text !== "").join("\n");
}

/** The tables of many runs: means, and the half-width of their 95 % confidence intervals behind "±". */
export function summaryTables({ runs, connections, links }: ScenarioSummary): string {
  return [
    formatTable(
      [left("connection"), ...["done", "bytes", "seconds", "Mbit/s", "longest pause", "reinjected"].map(right)],
      connections.map((connection) => [
        connection.name,
        `${connection.done} of ${runs}`,
        estimated(connection.bytes, bytes),
        estimated(connection.seconds, figure),
        estimated(connection.bitsPerSecond, megabits),
        estimated(connection.longestPauseMs, time),
        estimated(connection.reinjectedBytes, bytes),
      ]),
    ),
    formatTable(
      [left("path"), left("of"), ...["bytes", "share", "retransmissions"].map(right)],
      connections.flatMap(({ name, paths }) =>
        paths.map((path) => [
          path.name,
          name,
          estimated(path.bytes, bytes),
          estimated(path.share, percent),
          estimated(path.retransmissions, figure),
        ])
      ),
    ),
    formatTable(
      [left("link"), left("direction"), ...["utilisation", "dropped", "queue at most"].map(right)],
      links.map((link) => [
        link.name,
        `${link.from} → ${link.to}`,
        link.utilisation === null ? "–" : estimated(link.utilisation, percent),
        estimated(link.dropped, figure),
        estimatedPackets(link.queueHighWaterPackets),
      ]),
    ),
  ].join("\n");
}

function connectionTable(connections: readonly ConnectionReport[]): string {
  return formatTable(
    [
      ...["connection", "protocol", "end"].map(left),
      ...["bytes", "seconds", "Mbit/s", "longest pause", "reinjected"].map(right),
    ],
    connections.map((connection) => [
      connection.name,
      connection.protocol === null ? "–" : connection.protocol + (connection.fallback === null ? "" : " (fallback)"),
      connection.end,
      bytes(connection.bytes),
      figure(connection.seconds),
      megabits(connection.bitsPerSecond),
      time(connection.longestPauseMs),
      bytes(connection.reinjectedBytes),
    ]),
  );
}

function latencyTable(connections: readonly ConnectionReport[]): string {
  return formatTable(
    [left("latency of"), ...["count", "mean", "median", "95 %", "99 %", "maximum"].map(right)],
    connections.map(({ name, latencyMs }) => {
      const { count, mean, median, p95, p99, maximum } = latencyMs!;
      return [name, whole(count), ...[mean, median, p95, p99, maximum].map(time)];
    }),
  );
}

function subflowTable(connections: readonly ConnectionReport[]): string {
  const rows = connections.flatMap(({ name, subflows }) =>
    subflows.map((subflow) => [
      subflow.name,
      name,
      `${subflow.client} – ${subflow.server}`,
      bytes(subflow.bytes),
      percent(subflow.share),
      whole(subflow.retransmissions),
      subflow.srttMs === null ? "–" : time(subflow.srttMs),
      [subflow.backup ? "backup" : "", subflow.closed ?? ""].filter((note) => note !== "").join(", "),
    ])
  );
  return rows.length === 0 ? "" : formatTable(
    [
      ...["subflow", "of", "addresses"].map(left),
      ...["bytes", "share", "retransmissions", "srtt"].map(right),
      left(rows.some((row) => row.at(-1) !== "") ? "ended" : ""),
    ],
    rows,
  );
}

function linkTable(links: readonly LinkReport[]): string {
  return formatTable(
    [left("link"), left("direction"), ...["delivered", "utilisation", "dropped", "queue at most"].map(right)],
    links.map((link) => [
      link.name,
      `${link.from} → ${link.to}`,
      bytes(link.bytes),
      link.utilisation === null ? "–" : percent(link.utilisation),
      drops(link.dropped),
      `${counted(link.queueHighWaterPackets, "packet")}, ${bytes(link.queueHighWaterBytes)}`,
    ]),
  );
}

/** "12 (10 queue, 2 loss)" */
function drops(dropped: LinkReport["dropped"]): string {
  const causes = Object.entries(dropped).filter(([, count]) => count > 0);
  const total = causes.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return "0";
  return `${whole(total)} (${causes.map(([cause, count]) => `${whole(count)} ${cause}`).join(", ")})`;
}

function estimated({ mean, margin }: Estimate, format: (value: number) => string): string {
  return margin === null || margin === 0 ? format(mean) : `${format(mean)} ± ${format(margin)}`;
}

function estimatedPackets(packets: Estimate): string {
  const text = estimated(packets, figure);
  return `${text} ${text === "1" ? "packet" : "packets"}`;
}

function megabits(bitsPerSecond: number): string {
  return figure(bitsPerSecond / 1e6);
}

function left(heading: string): Column {
  return { heading };
}

function right(heading: string): Column {
  return { heading, align: "right" };
}
