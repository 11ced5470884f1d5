/**
 * What holds for every transport: memory, a device, datagrams, a simulated network.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Host } from "../../transports/host.ts";
import type { MptcpConn } from "../../transports/conn.ts";
import { type Property, registerProperties } from "./property.ts";

/** Two hosts that a transport connects; the path managers of both are to open what they can. */
export interface TransportEnds {
  /** The host that connects. */
  readonly client: Host;
  /** The host that listens. */
  readonly server: Host;
  /** Where the server is. */
  readonly hostname: string;
  /** The port at which it can be reached. */
  readonly port: number;
  /** How many pairs of addresses there are, each of which becomes a subflow. */
  readonly paths: number;
  /** Lets milliseconds pass in which nobody does anything. */
  pause(milliseconds: number): Promise<void>;
}

/** A transport under test. */
export interface TransportSubject {
  /** Its name in the names of tests. */
  readonly name: string;
  /**
   * Makes two hosts, lets `body` use them, and closes them; rejects if that takes so long that something must have been
   * lost.
   */
  run(body: (ends: TransportEnds) => Promise<void>): Promise<void>;
}

/** Bytes of a transfer: many packets, and more than a queue of them. */
const LENGTH = 120_000;
const CONNECTIONS = 5;
const CHUNK = 16_384;
/** So long that nobody looks for input any more without being told. */
const SILENCE_MS = 100;

/**
 * Registers a test for each property of `subject`.
 *
 * @example
 * ```ts ignore
 * import { createHost, fullMesh, memoryPair } from "@userspace/mptcp";
 * import { hostsInRealTime, testTransport } from "@userspace/mptcp/testing";
 *
 * testTransport(hostsInRealTime("memory", () => {
 *   const [left, right] = memoryPair();
 *   const [server, client] = [left, right].map((transport) => createHost({ transports: [transport] }));
 *   return { client: client!, server: server!, hostname: "10.0.0.1", port: 80, paths: 1 };
 * }));
 * ```
 */
export function testTransport(subject: TransportSubject): void {
  registerProperties(subject.name, transportProperties(subject));
}

/** The properties of a transport, as two programs see them that talk over it. */
export function transportProperties(subject: TransportSubject): Property[] {
  return Object.entries(BODIES).map(([name, body]) => ({
    name,
    async check() {
      try {
        await subject.run(body);
      } catch (error) {
        throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
      }
    },
  }));
}

/** A subject of hosts that `make` makes, in real time; `patience` milliseconds are so long that something must be lost. */
export function hostsInRealTime(
  name: string,
  make: () => Omit<TransportEnds, "pause"> | Promise<Omit<TransportEnds, "pause">>,
  patience = 30_000,
): TransportSubject {
  return {
    name,
    async run(body) {
      const ends = await make();
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timers = [setTimeout(() => reject(new Error(`took more than ${patience} ms`)), patience)];
      try {
        const pause = (milliseconds: number) =>
          new Promise<void>((resolve) => void timers.push(setTimeout(resolve, milliseconds)));
        await Promise.race([body({ ...ends, pause }), late]);
        await Promise.race([Promise.all([ends.client.close(), ends.server.close()]), late]);
        // A host may be closed again.
        await Promise.race([ends.client.close(), late]);
      } finally {
        for (const timer of timers) clearTimeout(timer);
        const signal = AbortSignal.abort();
        await Promise.all([ends.client.close({ signal }), ends.server.close({ signal })]);
      }
    },
  };
}

const BODIES: { readonly [name: string]: (ends: TransportEnds) => Promise<void> } = {
  async "carries every byte to its place, both ways at once"(ends) {
    const { conn, accepted } = await connected(ends);
    const [there, here] = [bytesOf(1), bytesOf(2)];
    const [readThere, readHere] = await Promise.all([
      readAll(accepted),
      readAll(conn),
      writeAll(conn, there),
      writeAll(accepted, here),
    ]);
    assertSame(readThere, there);
    assertSame(readHere, here);
  },

  async "carries Multipath TCP, a subflow for each pair of addresses"(ends) {
    const { conn, accepted } = await connected(ends);
    const exchange = async () => {
      await conn.write(new Uint8Array(1000));
      for (let left = 1000; left > 0;) left -= await accepted.read(new Uint8Array(left)) ?? left;
    };
    await exchange();
    for (let i = 0; i < 50 && conn.subflows.filter(({ usable }) => usable).length < ends.paths; i++) {
      await ends.pause(10);
      await exchange();
    }
    assert(conn.isMultipath && accepted.isMultipath, "plain TCP");
    assertEquals(conn.subflows.filter(({ usable }) => usable).length, ends.paths);
  },

  async "keeps connections apart"(ends) {
    using listener = ends.server.listen({ port: ends.port });
    const serve = async () => {
      for (let i = 0; i < CONNECTIONS; i++) {
        const accepted = await listener.accept();
        void writeAll(accepted, bytesOf(accepted.remoteAddr.port)).catch(() => {});
      }
    };
    const fetch = async () => {
      const conn = await ends.client.connect({ hostname: ends.hostname, port: ends.port });
      await conn.closeWrite();
      return [conn.localAddr.port, await readAll(conn)] as const;
    };
    const [, ...all] = await Promise.all([serve(), ...Array.from({ length: CONNECTIONS }, fetch)]);
    for (const [port, read] of all) assertSame(read, bytesOf(port));
  },

  async "wakes who waits, however long nothing came"(ends) {
    const { conn, accepted } = await connected(ends);
    for (const [from, to] of [[conn, accepted], [accepted, conn], [conn, accepted]] as const) {
      await ends.pause(SILENCE_MS);
      const reading = to.read(new Uint8Array(100));
      await ends.pause(SILENCE_MS);
      await from.write(new Uint8Array(100));
      assertEquals(await reading, 100);
    }
  },

  async "tells both ends of an end in order"(ends) {
    const { conn, accepted } = await connected(ends);
    await conn.write(new Uint8Array(10));
    await conn.closeWrite();
    assertEquals((await readAll(accepted)).length, 10);
    await accepted.closeWrite();
    assertEquals((await readAll(conn)).length, 0);
    for (let i = 0; i < 100 && conn.subflows.length > 0; i++) await ends.pause(10);
    assertEquals(conn.subflows.length, 0, "subflows that nobody ends");
  },

  async "tells the other end of an abort"(ends) {
    const { conn, accepted } = await connected(ends);
    const reading = accepted.read(new Uint8Array(10)).then(() => null, (error) => error);
    conn.abort();
    assert(await reading instanceof Deno.errors.ConnectionReset, "the other end reads on");
  },
};

async function connected(ends: TransportEnds): Promise<{ readonly conn: MptcpConn; readonly accepted: MptcpConn }> {
  const listener = ends.server.listen({ port: ends.port });
  const [conn, accepted] = await Promise.all([
    ends.client.connect({ hostname: ends.hostname, port: ends.port }),
    listener.accept(),
  ]);
  listener.close();
  return { conn, accepted };
}

/** Bytes of which every part tells where it belongs, different for each `seed`. */
function bytesOf(seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: LENGTH }, (_, i) => Math.imul(i + seed * LENGTH, 0x9e3779b1) >>> 24);
}

async function writeAll(conn: MptcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + CHUNK));
  await conn.closeWrite();
}

async function readAll(conn: MptcpConn): Promise<Uint8Array> {
  const read = new Uint8Array(LENGTH + 1);
  let length = 0;
  for (let count = await conn.read(read); count !== null; count = await conn.read(read.subarray(length))) {
    length += count;
    if (length > LENGTH) throw new Error("more arrived than was sent");
  }
  return read.subarray(0, length);
}

function assertSame(read: Uint8Array, written: Uint8Array): void {
  assertEquals(read.length, written.length);
  const at = read.findIndex((byte, i) => byte !== written[i]);
  assertEquals(at, -1, `byte ${at} is not the one that was written there`);
}
