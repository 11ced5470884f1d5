/**
 * One cell of the matrix: a box that begins at a moment, on one path of a connection that sends both ways.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import type { Moment } from "../../sim/mod.ts";
import { bothWays, type PathOptions, PORT, World } from "../harness/mod.ts";
import { type BoxCase, BOXES, MARKER, momentsOf } from "./boxes.ts";
import { complaintAbout, outcomeOf } from "./judge.ts";
import { type EndResult, Recorder } from "./recorder.ts";

/** Whose segments the box acts upon. */
export type Side = "client to server" | "server to client" | "both";

/** A cell. */
export interface Cell {
  readonly box: BoxCase;
  readonly moment: Moment;
  readonly side: Side;
  /** Whether DSS checksums are used. */
  readonly checksum: boolean;
  /** 1 or 2; the box stands on the first, or where joins are meant on the second. */
  readonly paths: 1 | 2;
}

/** `cell` in a line. */
export function nameOf({ box, moment, side, checksum, paths }: Cell): string {
  return `${box.name} "${moment}", ${side}, ${checksum ? "with" : "without"} checksums, paths: ${paths}`;
}

/** What became of a cell. */
export type Outcome =
  /** Every byte once and in order, as Multipath TCP with as many subflows as without the box. */
  | "multipath"
  /** The same with subflows that were lost or never came up. */
  | "fewer subflows"
  /** Every byte that plain TCP would deliver, as plain TCP. */
  | "plain TCP"
  /** Every byte, and then an end with an error. */
  | "late error"
  /** Both ends got an error, and no wrong byte before it. */
  | "error"
  /** None of these. */
  | "wrong";

/** What was seen. */
export interface Result {
  readonly outcome: Outcome;
  /** Virtual seconds until both ends were closed. */
  readonly seconds: number;
  readonly client: EndResult;
  readonly server: EndResult | null;
  /** Why it is "wrong". */
  readonly complaint: string;
  /** Packets that the box dropped, made or let pass. */
  readonly touched: number;
}

const BYTES = 60_000;
/** After that nobody waits any more: 15 retransmissions with back-off take a quarter of an hour. */
const LIMIT = 3600e3;

/** Everything that is in the matrix. */
export function* allCells(): Generator<Cell> {
  for (const box of BOXES) {
    for (const moment of momentsOf(box)) {
      for (const paths of moment === "join" ? [2] as const : [1, 2] as const) {
        const sides: Side[] = box.isUndirected ? ["both"] : ["client to server", "server to client", "both"];
        for (const side of sides) {
          for (const checksum of [false, true]) yield { box, moment, side, checksum, paths };
        }
      }
    }
  }
}

/** Runs the cell. */
export function runCell(cell: Cell): Result {
  const { box, moment, side, checksum, paths } = cell;
  const direction = side === "both" ? {} : { direction: side === "client to server" ? "forward" : "backward" } as const;
  const place = moment === "join" ? 1 : 0;
  const options = { options: { checksum, keepAlive: true, keepAliveTime: 60e6 } };
  const world = new World({
    seed: 1,
    paths: Array.from({ length: paths }, (_, i): PathOptions => ({
      client: `10.0.${i}.1`,
      server: "10.0.9.1",
      ...bothWays(2, 10 + 5 * i, { loss: box.loss ?? 0 }),
      superSegment: box.superSegment ?? 0,
      ...(i === place ? { boxes: [box.make(direction, moment)] } : {}),
      ...(i === place && box.outside !== undefined ? { outside: box.outside } : {}),
    })),
    client: options,
    server: options,
  });
  const up = stream(world, "up");
  const down = stream(world, "down");
  let server: Recorder | null = null;
  const listener = world.server.listen({ port: PORT }, (socket) => {
    const recorder = new Recorder(socket, down);
    // A join whose option was taken out looks like another connection, which the client resets.
    return server ??= recorder;
  });
  let client!: Recorder;
  world.client.connect({ remote: { address: IpAddress.parse("10.0.9.1"), port: PORT } }, (socket) => {
    return client = new Recorder(socket, up);
  });
  world.settle(LIMIT);
  world.server.act((now) => listener.close(now));
  world.settle(2 * LIMIT);
  const counters = world.boxes[place]!.counters;
  const complaint = complaintAbout(cell, client, server, up, down) || cleanliness(world);
  return {
    outcome: complaint !== "" ? "wrong" : outcomeOf(cell, client, server),
    seconds: Math.max(client.closedAt, (server as Recorder | null)?.closedAt ?? 0) / 1e6,
    client: client.result,
    server: (server as Recorder | null)?.result ?? null,
    complaint,
    touched: counters.dropped + counters.injected,
  };
}

function cleanliness(world: World): string {
  try {
    world.assertClean();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Bytes with a marker every now and then. */
function stream(world: World, name: string): Uint8Array {
  const bytes = world.bytes(BYTES, name);
  const marker = new TextEncoder().encode(MARKER);
  for (let at = 300; at + marker.length < bytes.length; at += 1700) bytes.set(marker, at);
  return bytes;
}
