import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../wire/address.ts";
import { Demultiplexer } from "./demultiplexer.ts";
import { FlowHash } from "./flow_hash.ts";
import { Path } from "./path.ts";
import type { TcpSocket } from "./socket.ts";

/** As much of a socket as the table touches. */
function socketAt(path: Path): TcpSocket {
  return { path, hashNext: null } as unknown as TcpSocket;
}

const local = IpAddress.parse("10.0.0.1");
const remote = IpAddress.parse("10.0.0.2");

function pathAt(port: number): Path {
  return new Path(local, port, remote, 443, 1500, 0);
}

Deno.test("sockets are found by all four of their ends", () => {
  const table = new Demultiplexer(new FlowHash(new Uint8Array(16)));
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
    // All stand under one hash, so that a search for the first walks past the others.
    const table = new Demultiplexer({ of: () => 7 });
    const sockets = new Map(ports.map((port) => [port, socketAt(pathAt(port))]));
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
