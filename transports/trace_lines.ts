/**
 * Traces as lines of JSON, for jq, for a notebook, for a plot.
 *
 * @module
 */

import type { ConnectionEvent } from "../core/meta/events.ts";
import type { Tracer } from "../core/meta/trace.ts";
import { eventOf } from "./subflow_info.ts";

/**
 * A tracer that hands each record to `write` as one line of JSON, the fields of `labels` first. What is infinite or
 * unknown is null in it.
 *
 * ```ts
 * import { createHost, memoryPair, traceLines } from "@userspace/mptcp";
 *
 * const [left] = memoryPair();
 * const tracer = traceLines((line) => console.log(line.trimEnd()), { host: "client" });
 * await using host = createHost({ transports: [left], tracer });
 * ```
 */
export function traceLines(write: (line: string) => void, labels: Readonly<Record<string, unknown>> = {}): Tracer {
  return (record) => {
    const plain = record.type === "event" ? { ...record, event: plainEvent(record.event) } : record;
    write(`${JSON.stringify({ ...labels, ...plain })}\n`);
  };
}

function plainEvent(event: ConnectionEvent): unknown {
  if (event.type !== "closed" || event.error === null) return eventOf(event);
  const { code, message } = event.error;
  return { ...event, error: { code, message } };
}
