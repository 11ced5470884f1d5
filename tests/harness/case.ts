/**
 * A transfer as plain data: what the properties draw, and what a counterexample prints.
 *
 * @module
 */

import type { SocketOptions } from "../../core/mod.ts";
import { lia, newReno } from "../../congestion/mod.ts";
import { fullMesh, passive } from "../../pathmanagers/mod.ts";
import { minRtt, roundRobin } from "../../schedulers/mod.ts";
import type { LinkOptions } from "../../sim/link.ts";
import type { TransferOptions } from "./transfer.ts";
import { type EndOptions, type PathOptions, type Running, World } from "./world.ts";

/** Schedulers by name. */
export const SCHEDULERS = { "min-rtt": minRtt(), "round-robin": roundRobin() };
/** Congestion controls by name. */
export const CONGESTIONS = { lia: lia(), "new-reno": newReno() };
/** Path managers by name. */
export const PATH_MANAGERS = { "full-mesh": fullMesh(), passive: passive() };

/** A time in which a path is dark. */
export interface Outage {
  /** Beginning in milliseconds. */
  readonly at: number;
  /** Length in milliseconds. */
  readonly length: number;
  /** See `outage` of {@linkcode LinkOptions}. */
  readonly outage: "lose" | "hold";
}

/** A path and what happens to it. */
export interface PathCase {
  /** Its IP family. */
  readonly family: 4 | 6;
  /** The server has an address of its own on it. */
  readonly hasOwnServer: boolean;
  /** From the client to the server. */
  readonly up: LinkOptions;
  /** From the server to the client. */
  readonly down: LinkOptions;
  /** When it is dark. */
  readonly outages: readonly Outage[];
  /** It is opened as backup. */
  readonly backup: boolean;
}

/** One end. */
export interface EndCase {
  /** Plug-ins by name. */
  readonly scheduler: keyof typeof SCHEDULERS;
  /** See `scheduler`. */
  readonly congestion: keyof typeof CONGESTIONS;
  /** See `scheduler`. */
  readonly pathManager: keyof typeof PATH_MANAGERS;
  /** Options of the connection. */
  readonly options: Partial<SocketOptions>;
  /** Bytes that it sends. */
  readonly size: number;
  /** What its program does. */
  readonly program: Omit<TransferOptions, "sends" | "expects">;
}

/** A whole transfer. */
export interface Case {
  /** Seed of the simulation. */
  readonly seed: number;
  /** Largest packet of all interfaces. */
  readonly mtu: number;
  /** At least one. */
  readonly paths: readonly PathCase[];
  /** The end that connects. */
  readonly client: EndCase;
  /** The end that listens. */
  readonly server: EndCase;
}

/** From here on every path is up and nothing gets lost or damaged, so that every transfer can end. In milliseconds. */
export const CALM_FROM = 20_000;
const CALM: LinkOptions = {
  up: true,
  loss: 0,
  jitter: 0,
  duplicate: 0,
  corrupt: 0,
  reorder: { probability: 0, delay: 0 },
};

/** Prepares the transfer: everything is set, and nothing has happened but the first SYN. */
export function begin(given: Case): { readonly world: World; readonly running: Running } {
  const world = new World({
    seed: given.seed,
    paths: given.paths.map((path, i) => pathOptions(path, i, given.mtu)),
    client: endOptions(given.client),
    server: endOptions(given.server),
  });
  given.paths.forEach(({ outages }, i) => {
    for (const { at, length, outage } of outages) {
      world.simulator.at(at, () => world.setPath(i, { up: false, outage }));
      world.simulator.at(at + length, () => world.setPath(i, { up: true }));
    }
    world.simulator.at(CALM_FROM, () => world.setPath(i, CALM));
  });
  const up = world.bytes(given.client.size, "up");
  const down = world.bytes(given.server.size, "down");
  const running = world.transfer(
    { ...given.client.program, sends: up, expects: down },
    { ...given.server.program, sends: down, expects: up },
  );
  return { world, running };
}

/** Runs the transfer to its end and checks everything. */
export function run(given: Case): World {
  const { world, running } = begin(given);
  world.settle();
  running.assertDone();
  return world;
}

function pathOptions({ family, hasOwnServer, up, down, backup }: PathCase, index: number, mtu: number): PathOptions {
  const host = hasOwnServer ? index + 2 : 1;
  return {
    client: family === 4 ? `10.0.${index}.1` : `fd00:${index}::1`,
    server: family === 4 ? `10.0.9.${host}` : `fd00:9::${host}`,
    up,
    down,
    mtu,
    backup,
  };
}

function endOptions({ scheduler, congestion, pathManager, options }: EndCase): EndOptions {
  return {
    scheduler: SCHEDULERS[scheduler],
    congestion: CONGESTIONS[congestion],
    pathManager: PATH_MANAGERS[pathManager],
    options: { closeTimeout: 3600e6, ...options },
  };
}
