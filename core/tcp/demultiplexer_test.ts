import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../wire/address.ts";
import { Demultiplexer } from "./demultiplexer.ts";
import { flowHash, Path } from "./path.ts";
import type { TcpSocket } from "./socket.ts";

/** As much of a socket as the table touches. */
function socketAt(path: Path): TcpSocket {
  return { path, hashNext: null } as unknown as TcpSocket;
}

/** Ports whose flows between these two share one hash; there are some among all pairs of a few thousand. */
const local = IpAddress.parse("10.0.0.1");
const remote = IpAddress.parse("10.0.0.2");

/** A path whose hash is `hash`, as if it had come out so. */
function pathAt(port: number, hash: number): Path {
  const path = new Path(local, port, remote, 443, 1500, 0);
  Object.defineProperty(path, "hash", { value: hash });
  return path;
}

Deno.test("sockets are found by all four of their ends", () => {
  const table = new Demultiplexer();
  const socket = socketAt(new Path(local, 5000, remote, 443, 1500, 0));
  table.add(socket);
  assert(table.find(local, 5000, remote, 443) === socket);
  assertEquals(table.find(local, 5001, remote, 443), null);
  assertEquals(table.find(remote, 443, local, 5000), null);
  table.remove(socket);
  assertEquals([table.find(local, 5000, remote, 443), table.size], [null, 0]);
});

Deno.test("sockets that share a hash do not hide each other, in whatever order they go", () => {
  const ports = [1, 2, 3, 4];
  fc.assert(fc.property(fc.shuffledSubarray(ports, { minLength: 4 }), fc.nat(4), (order, count) => {
    const table = new Demultiplexer();
    // All stand under the hash of the first, so that a search for the first walks past the others.
    const hash = flowHash(local, 1, remote, 443);
    const sockets = new Map(ports.map((port) => [port, socketAt(pathAt(port, hash))]));
    for (const port of ports) table.add(sockets.get(port)!);
    for (const port of order.slice(0, count)) {
      table.remove(sockets.get(port)!);
      table.remove(sockets.get(port)!);
    }
    const left = order.slice(count);
    assertEquals(table.size, left.length);
    assertEquals([...table].map(({ path }) => path.localPort).sort(), [...left].sort());
    assertEquals(table.find(local, 1, remote, 443), left.includes(1) ? sockets.get(1)! : null);
  }));
});
