/**
 * Long transfers whose steady state is measured: what goes in while the network warms up does not count.
 *
 * @module
 */

import type { MptcpConn } from "../../transports/conn.ts";
import type { ConnectOptions } from "../../transports/host.ts";
import { type SimHost, type Simulator, transfer } from "../../sim/mod.ts";

/** When flows run. Virtual seconds. */
export interface Schedule {
  /** Nothing counts before. */
  readonly warmUp: number;
  /** How long is measured. */
  readonly measured: number;
}

/** One transfer from `client` to `server`, without end. */
export interface FlowOptions {
  /** Who sends. */
  readonly client: SimHost;
  /** Who receives. */
  readonly server: SimHost;
  /** Plug-ins, addresses and options of the connection. */
  readonly connection?: Partial<ConnectOptions>;
  /** Virtual second at which it connects; 0 by default. */
  readonly start?: number;
}

/** What was measured of one flow. */
export interface Flow {
  /** Payload bits per second. */
  readonly rate: number;
  /** Payload in segments per second, of the size that this connection sends: packets with its headers. */
  readonly packets: number;
  /** The same by the id of the subflow on the sender's side. */
  readonly subflows: readonly number[];
}

/** Runs `flows` side by side over `schedule` and measures each. */
export async function measureFlows(
  simulator: Simulator,
  schedule: Schedule,
  flows: readonly FlowOptions[],
): Promise<Flow[]> {
  const meters = flows.map((options) => new Meter(simulator, options, schedule));
  await simulator.run(() => Promise.all(meters.map((meter) => meter.run())));
  return meters.map((meter) => meter.result());
}

class Meter {
  readonly #simulator: Simulator;
  readonly #options: FlowOptions;
  readonly #schedule: Schedule;
  #sender: MptcpConn | null = null;
  #bytes = 0;
  #before = new Map<number, number>();
  #after = new Map<number, number>();
  #mss = new Map<number, number>();

  constructor(simulator: Simulator, options: FlowOptions, schedule: Schedule) {
    this.#simulator = simulator;
    this.#options = options;
    this.#schedule = schedule;
  }

  async run(): Promise<void> {
    const { client, server, connection = {}, start = 0 } = this.#options;
    const { warmUp, measured } = this.#schedule;
    const from = 1e6 * warmUp;
    const until = from + 1e6 * measured;
    if (start > 0) await this.#simulator.sleep(1000 * start);
    this.#simulator.at(1000 * warmUp, () => this.#note(this.#before));
    this.#simulator.at(1000 * (warmUp + measured), () => this.#note(this.#after));
    await transfer(this.#simulator, {
      client,
      server,
      connection,
      direction: "upload",
      duration: 1000 * (warmUp + measured - start) + 1,
      onOpen: (sender) => this.#sender = sender,
      onData: (data, now) => {
        if (now >= from && now < until) this.#bytes += data.length;
      },
    });
  }

  result(): Flow {
    const { measured } = this.#schedule;
    const subflows = [...this.#after].map(([id, acked]) => {
      return (acked - (this.#before.get(id) ?? 0)) / this.#mss.get(id)! / measured;
    });
    const mss = Math.max(...this.#mss.values());
    return { rate: 8 * this.#bytes / measured, packets: this.#bytes / mss / measured, subflows };
  }

  #note(into: Map<number, number>): void {
    for (const { id, bytesAcked, mss } of this.#sender?.subflows ?? []) {
      into.set(id, bytesAcked);
      this.#mss.set(id, mss);
    }
  }
}
