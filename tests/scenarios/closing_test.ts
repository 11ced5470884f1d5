import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../../core/mod.ts";
import { PORT, Transfer, TWO_PATHS, World } from "../harness/mod.ts";

for (const multipath of [true, false]) {
  const kind = multipath ? "Multipath TCP" : "plain TCP";
  const client = { options: { multipath } };

  Deno.test(`${kind}: both ends close at the same instant (RFC 9293 MUST-12)`, () => {
    for (const sizes of [[0, 0], [5000, 5000], [1, 0]] as const) {
      for (const at of [25, 100, 200]) {
        const world = new World({ paths: TWO_PATHS, client });
        const up = world.bytes(sizes[0], "up");
        const down = world.bytes(sizes[1], "down");
        const writes = { writeChunk: 1, writeEvery: 1000 };
        const running = world.transfer({ sends: up, expects: down }, {
          sends: down,
          expects: up,
          ...writes,
          writeChunk: 5000,
        });
        world.until(at);
        world.client.act((now) => running.client.socket.shutdown(now));
        if (running.server) world.server.act((now) => running.server!.socket.shutdown(now));
        world.settle();
        running.assertDone();
      }
    }
  });

  Deno.test(`${kind}: one direction ends at once, the other carries megabytes`, () => {
    for (const endsAfter of ["writing", "reading"] as const) {
      const world = new World({ paths: TWO_PATHS, client });
      const up = world.bytes(endsAfter === "writing" ? 0 : 4e6, "up");
      const down = world.bytes(endsAfter === "writing" ? 4e6 : 0, "down");
      const running = world.transfer({ sends: up, expects: down }, { sends: down, expects: up });
      world.settle();
      running.assertDone();
    }
  });

  for (const side of ["client", "server"] as const) {
    Deno.test(`${kind}: the ${side} aborts in the middle, and the other end hears of it (RFC 9293 MUST-12)`, () => {
      // In slow start, while losses are repaired, and after that.
      for (const at of [300, 500, 600, 700, 900]) {
        const world = new World({ paths: TWO_PATHS, client });
        const data = world.bytes(4e6, "both");
        const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
        world.until(at);
        const [own, other] = side === "client" ? [running.client, running.server!] : [running.server!, running.client];
        world[side].act((now) => own.socket.abort(now));
        assertEquals(own.socket.error?.code, "aborted");
        world.until(at + 800);
        assertEquals([other.socket.state, other.socket.error?.code], ["closed", "reset"], `aborted after ${at} ms`);
        world.settle();
        world.assertClean();
      }
    });

    Deno.test(`${kind}: the ${side} closes without reading what came, and the other end hears of it (RFC 9293 SHLD-3)`, () => {
      const world = new World({ paths: TWO_PATHS, client });
      const data = world.bytes(4e6, "both");
      const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data, readEvery: 300 });
      world.until(700);
      const [own, other] = side === "client" ? [running.client, running.server!] : [running.server!, running.client];
      world[side].act((now) => own.socket.close(now));
      world.settle();
      assertEquals(other.socket.error?.code, "reset");
      world.assertClean();
    });
  }

  Deno.test(`${kind}: a port where nobody listens refuses`, () => {
    const world = new World({ paths: TWO_PATHS, client });
    let transfer!: Transfer;
    world.client.connect({ remote: { address: IpAddress.parse("10.0.9.1"), port: 81 } }, (socket) => {
      return transfer = new Transfer(world.simulator, world.client, socket, {});
    });
    world.settle();
    assertEquals([transfer.socket.state, transfer.socket.error?.code], ["closed", "refused"]);
    assert(transfer.closedAt < 50_000, "after one round trip");
    world.assertClean();
  });

  // A client takes the SYN/ACK for the beginning: without cookies only those have it for whom there is a place.
  const ESTABLISHED = { "never": 2, "under-flood": 6 } as const;
  for (const synCookies of ["never", "under-flood"] as const) {
    Deno.test(`${kind}: a full backlog makes clients wait, not fail (SYN cookies ${synCookies})`, () => {
      const world = new World({ paths: TWO_PATHS, client });
      const all: Transfer[] = [];
      const listener = world.server.stack.listen({ port: PORT, backlog: 2, synCookies }, 0);
      for (let i = 0; i < 6; i++) {
        world.client.connect({ remote: { address: IpAddress.parse("10.0.9.1"), port: PORT } }, (socket) => {
          const client = new Transfer(world.simulator, world.client, socket, {});
          all.push(client);
          return client;
        });
      }
      world.until(500);
      assertEquals(listener.pending, 2);
      assertEquals(all.filter(({ socket }) => socket.state === "established").length, ESTABLISHED[synCookies]);
      assert(world.server.stack.counters.TcpExtListenDrops >= 4);
      world.server.adopt(listener, (socket) => {
        const server = new Transfer(world.simulator, world.server, socket, {});
        all.push(server);
        return server;
      });
      world.until(100_000);
      assertEquals(all.map(({ socket }) => [socket.state, socket.error]), Array(12).fill(["closed", null]));
      world.server.act((now) => listener.close(now));
      world.settle();
      world.assertClean();
    });
  }
}

Deno.test("a listener that closes aborts what nobody has accepted", () => {
  const world = new World({ paths: TWO_PATHS });
  const listener = world.server.stack.listen({ port: PORT }, 0);
  const socket = world.client.connect({ remote: { address: IpAddress.parse("10.0.9.1"), port: PORT } }, (socket) => {
    return new Transfer(world.simulator, world.client, socket, { sends: new Uint8Array(1e6) });
  });
  world.until(500);
  world.server.act((now) => listener.close(now));
  world.settle();
  assertEquals([socket.state, socket.error?.code], ["closed", "reset"]);
  world.assertClean();
});
