/**
 * An application of a scenario while it runs, and what came of it.
 *
 * @module
 */

import type { ScenarioApplication } from "../../config/scenario.ts";
import type { Micros } from "../../core/plugin.ts";
import type { ConnectionSettings, MptcpConn } from "../../mod.ts";
import { constantRate, type FlowEnds, requestResponse, type SimHost, transfer } from "../../sim/mod.ts";
import type { BuiltScenario } from "./build.ts";
import { type ConnectionFigures, ConnectionLog, NO_FIGURES, type PathName } from "./connection_log.ts";
import { distribution } from "./latency.ts";
import type { ConnectionEnd, ConnectionReport } from "./report.ts";

/** One application and its connection. */
export class Flow {
  readonly #name: string;
  readonly #application: ScenarioApplication;
  readonly #built: BuiltScenario;
  readonly #client: SimHost;
  readonly #server: SimHost;
  readonly #start: Micros;
  #end: ConnectionEnd = "unfinished";
  #error: string | null = null;
  #doneAt: Micros | null = null;
  #bytes = 0;
  #latestData: Micros | null = null;
  #longestPause: Micros = 0;
  #latencies: readonly number[] | null = null;
  /** Follows the connection once it is open. */
  #log: ConnectionLog | null = null;
  /** What the connection had done when the data was through. */
  #done: ConnectionFigures | null = null;

  /** `application` in the network of `built`. */
  constructor(name: string, application: ScenarioApplication, built: BuiltScenario) {
    this.#name = name;
    this.#application = application;
    this.#built = built;
    this.#client = built.hosts.get(application.client)!;
    this.#server = built.hosts.get(application.server)!;
    this.#start = Math.round(1000 * (application.start ?? 0));
  }

  /** Runs it to its end; an error of the connection is its result and is not thrown. */
  async run(): Promise<void> {
    const { simulator } = this.#built;
    if (this.#start > 0) await simulator.sleep(this.#start / 1000);
    try {
      await this.#carry();
      this.#end = "done";
    } catch (error) {
      this.#end = "failed";
      this.#error = error instanceof Error ? error.message : String(error);
      this.#finish();
    }
  }

  /** What came of it; `reason` says why it is not done if it is not. */
  report(reason: string): ConnectionReport {
    const now = this.#built.simulator.now();
    const { type, client, server } = this.#application;
    const { stats, duplicateBytes, subflows } = this.#done ?? this.#log?.read() ?? NO_FIGURES;
    const microseconds = Math.max((this.#doneAt ?? now) - this.#start, 0);
    // A connection that waits still has its longest pause perhaps now.
    const pause = this.#doneAt === null && this.#latestData !== null ? now - this.#latestData : 0;
    return {
      name: this.#name,
      type,
      client,
      server,
      protocol: stats === null ? null : stats.isMultipath ? "mptcp" : "tcp",
      fallback: this.#application.protocol === "tcp" ? null : stats?.fallbackCause ?? null,
      end: this.#end,
      error: this.#end === "unfinished" ? reason : this.#error,
      startSeconds: this.#start / 1e6,
      seconds: microseconds / 1e6,
      bytes: this.#bytes,
      bitsPerSecond: microseconds > 0 ? this.#bytes * 8e6 / microseconds : 0,
      longestPauseMs: Math.max(this.#longestPause, pause) / 1000,
      reinjectedBytes: stats?.bytesReinjected ?? 0,
      duplicateBytes,
      retransmissions: subflows.reduce((sum, subflow) => sum + subflow.retransmissions, 0),
      latencyMs: this.#latencies === null ? null : distribution(this.#latencies),
      subflows,
    };
  }

  async #carry(): Promise<void> {
    const application = this.#application;
    const { simulator } = this.#built;
    const settings = settingsOf(application);
    const { from, to, port } = application;
    const ends: FlowEnds = {
      client: this.#client,
      server: this.#server,
      connection: {
        ...settings,
        ...(from === undefined ? {} : { localHostname: from }),
        ...(to === undefined ? {} : { hostname: to }),
        ...(port === undefined ? {} : { port }),
      },
      accepting: settings,
      onOpen: (client, server) => this.#log = this.#follow(client, server),
      onData: (data, now) => this.#handleData(data.length, now),
      onDone: () => this.#finish(),
    };
    switch (application.type) {
      case "bulk":
        await transfer(simulator, { ...application, ...ends });
        break;
      case "constant-rate":
        this.#latencies = await constantRate(simulator, { ...application, ...ends });
        break;
      case "request-response":
        this.#latencies = await requestResponse(simulator, { ...application, ...ends });
        break;
    }
  }

  #follow(client: MptcpConn, server: MptcpConn): ConnectionLog {
    const application = this.#application;
    const isUpload = application.type === "constant-rate" ||
      (application.type === "bulk" && application.direction === "upload");
    const pathName: PathName = (near, far) =>
      this.#built.pathName([application.client, near], [application.server, far]);
    return new ConnectionLog(client, server, isUpload, pathName);
  }

  #handleData(bytes: number, now: Micros): void {
    this.#bytes += bytes;
    if (this.#latestData !== null) this.#longestPause = Math.max(this.#longestPause, now - this.#latestData);
    this.#latestData = now;
  }

  #finish(): void {
    this.#doneAt ??= this.#built.simulator.now();
    this.#done ??= this.#log?.read() ?? NO_FIGURES;
  }
}

function settingsOf(
  { scheduler, congestion, pathManager, options, protocol }: ScenarioApplication,
): ConnectionSettings {
  const multipath = protocol === undefined ? {} : { multipath: protocol === "mptcp" };
  return {
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(congestion === undefined ? {} : { congestion }),
    ...(pathManager === undefined ? {} : { pathManager }),
    options: { ...multipath, ...options },
  };
}
