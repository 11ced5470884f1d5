/**
 * A transfer as plain data: what the properties draw, and what a counterexample prints.
 *
 * @module
 */

import type { MetaSocket, SocketOptions } from "../../core/mod.ts";
import { failover, fullMesh, linuxEndpoints, ndiffports, passive } from "../../pathmanagers/mod.ts";
import { CONGESTIONS as CONGESTION_TABLE } from "../../config/congestions.ts";
import { withDefaults } from "../../config/plugin_entry.ts";
import { SCHEDULERS as SCHEDULER_TABLE } from "../../config/schedulers.ts";
import type { LinkOptions } from "../../sim/link.ts";
import type { End } from "./end.ts";
import type { TransferOptions } from "./transfer.ts";
import { boxFunction } from "../../cli/scenario/boxes.ts";
import type { BoxStep } from "../../config/middleboxes.ts";
import { stripMptcp } from "./edit.ts";
import { type Bottleneck, type Direction, type EndOptions, type PathOptions, type Running, World } from "./world.ts";

/** Schedulers by name. */
export const SCHEDULERS = withDefaults(SCHEDULER_TABLE);
/** Congestion controls by name. */
export const CONGESTIONS = withDefaults(CONGESTION_TABLE);
/** Path managers by name. */
export const PATH_MANAGERS = {
  "full-mesh": fullMesh(),
  "passive": passive(),
  "ndiffports": ndiffports({ subflows: 3 }),
  "failover": failover({ returnAfter: 100_000 }),
  "linux-endpoints": linuxEndpoints({
    endpoints: [0, 1, 2].flatMap((i) => [`10.0.${i}.1`, `fd00:${i}::1`, `10.0.9.${i + 1}`, `fd00:9::${i + 1}`])
      .map((address) => ({ address, subflow: true, signal: true, fullmesh: true })),
    addAddrAccepted: 2,
    subflows: 4,
  }),
};

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
  /** Largest payload of a super-segment, which is cut as it leaves; 0 by default. */
  readonly superSegment?: number;
  /** What stands in the way. */
  readonly boxes?: readonly BoxStep[];
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

/** Something that someone does to the connection. */
export type Blow =
  /** The client loses an address for a while. */
  | { readonly type: "address"; readonly at: number; readonly path: number; readonly length: number }
  /** An end resets one of its subflows, or ends it in order. */
  | { readonly type: "reset"; readonly at: number; readonly side: Side; readonly subflow: number }
  | { readonly type: "end"; readonly at: number; readonly side: Side; readonly subflow: number }
  /** A box takes Multipath TCP options out from some moment on. */
  | { readonly type: "strip"; readonly at: number; readonly path: number; readonly direction: Direction }
  /** An end gives up. */
  | { readonly type: "abort"; readonly at: number; readonly side: Side }
  | { readonly type: "close"; readonly at: number; readonly side: Side }
  /** An end takes another scheduler. */
  | { readonly type: "scheduler"; readonly at: number; readonly side: Side; readonly name: keyof typeof SCHEDULERS }
  /** An end says something of paths. */
  | Saying
  /** An end changes its receive buffer. */
  | { readonly type: "buffer"; readonly at: number; readonly side: Side; readonly bytes: number };

/** Something that an end says of paths. */
export type Saying =
  /** It wants one of its subflows as backup, or no longer. */
  | {
    readonly type: "priority";
    readonly at: number;
    readonly side: Side;
    readonly subflow: number;
    readonly backup: boolean;
  }
  /** It withdraws one of its addresses, which stays in use here. */
  | { readonly type: "withdraw"; readonly at: number; readonly side: Side; readonly address: number };

/** A path becomes narrower or wider for packets in one direction. */
export interface Squeeze extends Bottleneck {
  /** When, in milliseconds. */
  readonly at: number;
  /** Which path. */
  readonly path: number;
  /** For whose packets. */
  readonly direction: Direction;
}

/** Either end. */
export type Side = "client" | "server";

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
  /** Changes of the path MTU, none by default. */
  readonly squeezes?: readonly Squeeze[];
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
export function begin(given: Case): Begun {
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
  for (const { at, path, direction, ...bottleneck } of given.squeezes ?? []) {
    world.simulator.at(at, () => world.narrow(path, direction, bottleneck));
  }
  const up = world.bytes(given.client.size, "up");
  const down = world.bytes(given.server.size, "down");
  const running = world.transfer(
    { ...given.client.program, sends: up, expects: down },
    { ...given.server.program, sends: down, expects: up },
  );
  return { world, running };
}

/** Lets each of `blows` fall on the transfer; times are in milliseconds. */
export function strike({ world, running }: Begun, given: Case, blows: readonly Blow[]): void {
  for (const blow of blows) world.simulator.at(blow.at, () => strikeOnce(world, running, given, blow));
}

function strikeOnce(world: World, running: Running, given: Case, blow: Blow): void {
  const paths = given.paths.length;
  if (blow.type === "address") {
    const { client } = pathOptions(given.paths[blow.path % paths]!, blow.path % paths, given.mtu);
    world.client.addressDown(client);
    world.simulator.at(blow.at + blow.length, () => world.client.addressUp(client, given.mtu));
    return;
  }
  if (blow.type === "strip") {
    const before = world.filter;
    world.filter = (seen) => {
      if (seen.path === blow.path % paths && seen.direction === blow.direction) stripMptcp(seen);
      return before?.(seen);
    };
    return;
  }
  const transfer = running[blow.side];
  if (transfer === undefined) return;
  const { socket } = transfer;
  if (blow.type === "priority" || blow.type === "withdraw") return void speak(world[blow.side], socket, blow);
  if (blow.type === "abort" || blow.type === "close") transfer.isCut = true;
  world[blow.side].act((now) => {
    if (blow.type === "abort") socket.abort(now);
    else if (blow.type === "close") socket.close(now);
    else if (blow.type === "scheduler") socket.setScheduler(SCHEDULERS[blow.name]);
    else if (blow.type === "buffer") socket.setOptions({ receiveBuffer: blow.bytes }, now);
    else if (blow.type === "reset") socket.subflows[blow.subflow]?.tcp.abort("closed", now);
    else if (socket.subflows[blow.subflow] !== undefined) socket.subflowSet.end(socket.subflows[blow.subflow]!, now);
  });
}

/** Lets `end` say something of paths that the peer is to learn; false if it cannot, since there is no such address or subflow. */
export function speak(end: End, { isMultipath, paths, subflows }: MetaSocket, saying: Saying): boolean {
  // Path managers begin when both ends know of each other.
  if (!isMultipath || paths.remoteAddresses.length === 0) return false;
  if (saying.type === "withdraw") {
    const local = paths.localAddresses[saying.address];
    if (local !== undefined) end.act(() => paths.withdraw(local));
    return local !== undefined;
  }
  const subflow = subflows[saying.subflow];
  if (!subflow?.usable) return false;
  end.act(() => paths.setBackup(subflow, saying.backup));
  return true;
}

/** A transfer under way. */
export interface Begun {
  /** Where it happens. */
  readonly world: World;
  /** Its ends. */
  readonly running: Running;
}

/** Runs the transfer to its end and checks everything. */
export function run(given: Case): World {
  const { world, running } = begin(given);
  world.settle();
  running.assertDone();
  return world;
}

function pathOptions(path: PathCase, index: number, mtu: number): PathOptions {
  const { family, hasOwnServer, up, down, backup, superSegment = 0, boxes } = path;
  const host = hasOwnServer ? index + 2 : 1;
  return {
    client: family === 4 ? `10.0.${index}.1` : `fd00:${index}::1`,
    server: family === 4 ? `10.0.9.${host}` : `fd00:9::${host}`,
    up,
    down,
    mtu,
    backup,
    superSegment,
    cuts: true,
    ...(boxes === undefined ? {} : { boxes: boxes.map(boxFunction) }),
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
