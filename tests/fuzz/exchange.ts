/**
 * Runs one case: two hosts with a connection through boxes that do what the case says, and one beside it that nobody touches.
 *
 * @module
 */

import { assert } from "@std/assert";
import { IpAddress } from "../../core/wire/address.ts";
import { passive } from "../../pathmanagers/mod.ts";
import type { BoxFunction } from "../../sim/middlebox/mod.ts";
import type { Frame } from "../../sim/frame.ts";
import { type PathOptions, PORT, Transfer, World } from "../harness/mod.ts";
import { type FuzzCase, isMild } from "./case.ts";
import { MUTATIONS } from "./mutate.ts";

/** Virtual time after which a connection that is not over is aborted. */
const LIMIT_MS = 300_000;
/** More packets than a case can need: two hosts keep answering each other. */
const MOST_PACKETS = 30_000;
/** Blocks of 16 KiB that both hosts may hold: all buffers full, and what fragments of blocks waste. */
const MOST_BLOCKS = 2000;
const PAST = 64;
/** Bytes of the connection beside it. */
const BESIDE = 20_000;

/** Runs `fuzz`; throws if anything is not as it must be. */
export function runCase(fuzz: FuzzCase): void {
  const strict = isMild(fuzz);
  const { world, forget } = worldOf(fuzz);
  const up = world.bytes(fuzz.bytes, "up");
  const down = world.bytes(fuzz.bytes, "down");
  const running = world.transfer(
    { sends: up, expects: down, isTolerant: !strict },
    { sends: down, expects: up, isTolerant: !strict },
  );
  const beside = startBeside(world);
  watch(world);
  world.settle(LIMIT_MS);
  forget();
  if (strict) running.assertDone();
  for (const end of [running.client, running.server]) {
    if (end === undefined) continue;
    end.isCut = true;
    const side = end === running.client ? world.client : world.server;
    side.act((now) => end.socket.abort(now));
  }
  world.client.act((now) => running.listener.close(now));
  world.server.act((now) => running.listener.close(now));
  world.settle();
  assert(beside.every((transfer) => transfer.hasAll), "the connection beside it has all its bytes");
  world.assertClean();
}

/** The world of a case, and what lets its boxes be plain wires from then on. */
function worldOf({ seed, paths, checksums, mutations }: FuzzCase): { world: World; forget: () => void } {
  const past: Frame[] = [];
  let packet = 0;
  let next = 0;
  let isOver = false;
  /** One of all paths, so that packets are counted and remembered together. */
  const box: BoxFunction = (frame, direction, place) => {
    if (isOver) return true;
    const at = packet++;
    let passes = true;
    for (; next < mutations.length && mutations[next]!.packet <= at; next++) {
      const { kind, a, b } = mutations[next]!;
      if (passes) passes = MUTATIONS[kind](frame, a, b, { place, direction, past });
    }
    past.push(frame.copy());
    if (past.length > PAST) past.shift()!.release();
    return passes;
  };
  const touched: PathOptions[] = Array.from({ length: paths }, (_, i) => ({
    client: `10.0.${i}.1`,
    server: `10.0.${i}.2`,
    up: { rate: 20e6, delay: 5 + 10 * i },
    down: { rate: 20e6, delay: 5 + 10 * i },
    boxes: [box],
  }));
  const options = { checksum: checksums, sendBuffer: 200_000, receiveBuffer: 200_000 };
  const aside: PathOptions = { client: "10.0.9.1", server: "10.0.9.2", up: { delay: 10 }, down: { delay: 10 } };
  const world = new World({ seed, paths: [...touched, aside], client: { options }, server: { options } });
  const forget = () => {
    isOver = true;
    for (const frame of past.splice(0)) frame.release();
  };
  return { world, forget };
}

/** A connection over the path that has no box, with nobody but itself to lose bytes. */
function startBeside(world: World): Transfer[] {
  const transfers: Transfer[] = [];
  const data = world.bytes(BESIDE, "beside");
  const address = IpAddress.parse("10.0.9.2");
  const start = (end: typeof world.client) => (socket: ConstructorParameters<typeof Transfer>[2]) => {
    const transfer = new Transfer(world.simulator, end, socket, {
      sends: data,
      expects: data,
      writeEvery: 100,
      writeChunk: 500,
    });
    transfers.push(transfer);
    return transfer;
  };
  const listener = world.server.listen({ port: PORT + 1, pathManager: passive() }, (socket) => {
    world.server.act((now) => listener.close(now));
    return start(world.server)(socket);
  });
  const remote = { address, port: PORT + 1 };
  const local = { address: IpAddress.parse("10.0.9.1") };
  world.client.connect({ remote, local, pathManager: passive() }, start(world.client));
  return transfers;
}

/** Looks now and then that nothing grows without bound. */
function watch(world: World): void {
  for (let ms = 50; ms < LIMIT_MS; ms *= 1.2) {
    world.simulator.at(ms, () => {
      const blocks = world.client.stack.blocks.inUse + world.server.stack.blocks.inUse;
      assert(blocks <= MOST_BLOCKS, `${blocks} blocks are in use`);
      assert(world.packets <= MOST_PACKETS, `${world.packets} packets were sent`);
    });
  }
}
