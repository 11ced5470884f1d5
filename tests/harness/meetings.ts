/**
 * A client and a server that meet again and again, for what hosts remember of each other.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ConnectRequest, Counters, ListenRequest, SocketOptions } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import type { BoxFunction } from "../../sim/middlebox/mod.ts";
import { bothWays } from "./edit.ts";
import type { Program } from "./end.ts";
import { Transfer } from "./transfer.ts";
import { PORT, World } from "./world.ts";

/** Half a round trip, in milliseconds. */
export const DELAY = 50;
/** Bytes of early data, unless said otherwise. */
export const EARLY = 700;

/** What one connection was like. */
export interface Outcome {
  readonly isMultipath: boolean;
  readonly cause: string | null;
  /** Round trips until the server had read the early data. */
  readonly heard: number;
  /** Round trips until the client had read an answer to it. */
  readonly answered: number;
}

/** What differs from connection to connection. */
export interface Attempt {
  readonly early?: number;
  readonly up?: number;
  readonly down?: number;
  readonly connect?: Partial<ConnectRequest>;
}

/** A client and a server that meet several times. */
export class Meetings {
  readonly world: World;
  readonly #listen: Partial<ListenRequest>;

  constructor(options: Partial<SocketOptions> = {}, listen: Partial<ListenRequest> = {}, boxes: BoxFunction[] = []) {
    const path = { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(1000, DELAY), boxes };
    const second = { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(1000, DELAY) };
    const end = { options: { timeWait: 1_000_000, ...options } };
    this.world = new World({ paths: [path, second], client: end, server: end });
    this.#listen = { fastOpen: 8, ...listen };
  }

  /** What the client's end has counted. */
  get client(): Counters {
    return this.world.client.stack.counters;
  }

  /** What the server's end has counted. */
  get server(): Counters {
    return this.world.server.stack.counters;
  }

  /** Connects, transfers both ways, and checks every byte and that nothing is left. */
  meet({ early = EARLY, up = 5000, down = 5000, connect = {} }: Attempt = {}): Outcome {
    const { world } = this;
    const begin = world.simulator.now();
    const bytes = world.bytes(early + up, `up ${begin}`);
    const answer = world.bytes(down, `down ${begin}`);
    let server: Transfer | undefined;
    let heardAt = NaN;
    const listener = world.server.listen({ port: PORT, ...this.#listen }, (socket) => {
      const transfer = server = new Transfer(world.simulator, world.server, socket, { expects: bytes, sends: answer });
      return watching(transfer, (now) => {
        if (Number.isNaN(heardAt) && transfer.read >= Math.max(early, 1)) heardAt = now;
      });
    });
    let client!: Transfer;
    let answeredAt = NaN;
    const remote = { address: IpAddress.parse("10.0.9.1"), port: PORT };
    world.client.connect({ remote, earlyData: bytes.subarray(0, early), ...connect }, (socket) => {
      const transfer = client = new Transfer(world.simulator, world.client, socket, {
        sends: bytes.subarray(early),
        expects: answer,
      });
      return watching(transfer, (now) => {
        if (Number.isNaN(answeredAt) && transfer.read > 0) answeredAt = now;
      });
    });
    world.until(begin / 1000 + 100_000);
    world.server.act((now) => listener.close(now));
    assert(server?.hasAll && client.hasAll, `${server?.read} of ${bytes.length}, ${client.read} of ${down}`);
    assertEquals([server.socket.error, client.socket.error], [null, null]);
    assertEquals([server.socket.isMultipath, server.socket.stats().bytesReceived], [
      client.socket.isMultipath,
      bytes.length,
    ]);
    world.settle();
    world.assertClean();
    const { isMultipath, fallbackCause: cause } = client.socket;
    const roundTrips = (at: number) => Math.floor(2 * (at - begin) / (2000 * DELAY)) / 2;
    return { isMultipath, cause, heard: roundTrips(heardAt), answered: roundTrips(answeredAt) };
  }
}

function watching(transfer: Transfer, then: (now: number) => void): Program {
  return {
    handleReady(now: number): void {
      transfer.handleReady(now);
      then(now);
    },
  };
}
