import { assertEquals } from "@std/assert";
import { createHost, memoryPair, type MptcpConn, passive } from "../mod.ts";
import type { Packet } from "../core/wire/packet.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** `transport` with a door; while that is shut, nothing can be sent. */
class Doored implements Transport {
  readonly #transport: Transport;
  #events: TransportEvents | null = null;
  #isShut = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  set isShut(isShut: boolean) {
    this.#isShut = isShut;
    if (!isShut) this.#events!.ready();
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#transport.open(events);
  }

  receive(): Packet | null {
    return this.#transport.receive();
  }

  send(packet: Packet): boolean {
    return !this.#isShut && this.#transport.send(packet);
  }

  close(): void | Promise<void> {
    return this.#transport.close();
  }
}

/** A client with a door on the first of two paths to a server that echoes. */
function world() {
  const first = memoryPair();
  const second = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
  const door = new Doored(first[1]);
  const server = createHost({ transports: [first[0], second[0]] });
  const client = createHost({ transports: [door, second[1]] });
  const listener = server.listen({ port: 80 });
  const echo = async () => {
    for await (const conn of listener) conn.readable.pipeTo(conn.writable).catch(() => {});
  };
  const echoes = echo();
  return {
    door,
    client,
    /** Connects over one path only. */
    dial: (path: 0 | 1) =>
      client.connect({
        hostname: `10.0.${path}.1`,
        localHostname: `10.0.${path}.2`,
        port: 80,
        pathManager: passive(),
      }),
    /** The client's transport on the first path. */
    first: first[1],
    async [Symbol.asyncDispose]() {
      listener.close();
      await Promise.all([server.close(), client.close(), echoes]);
    },
  };
}

async function answered(conn: MptcpConn, byte: number): Promise<void> {
  await conn.write(Uint8Array.of(byte));
  const answer = new Uint8Array(1);
  assertEquals(await conn.read(answer, { signal: AbortSignal.timeout(5000) }), 1);
  assertEquals(answer[0], byte);
}

Deno.test("a transport without room holds up no other", async () => {
  await using ends = world();
  using narrow = await ends.dial(0);
  using wide = await ends.dial(1);
  await answered(narrow, 1);
  ends.door.isShut = true;
  await narrow.write(Uint8Array.of(2));
  for (let i = 0; i < 100; i++) await answered(wide, i);
  ends.door.isShut = false;
  const answer = new Uint8Array(1);
  assertEquals([await narrow.read(answer), answer[0]], [1, 2]);
});

Deno.test("a connection over both carries on over the one with room", async () => {
  await using ends = world();
  using conn = await ends.client.connect({ hostname: "10.0.0.1", port: 80 });
  for await (const { type } of conn.events()) if (type === "subflow-established") break;
  await answered(conn, 0);
  ends.door.isShut = true;
  for (let i = 0; i < 100; i++) await answered(conn, i);
  ends.door.isShut = false;
  for (let i = 0; i < 100; i++) await answered(conn, i);
});

Deno.test("an address that goes takes with it what had no room, and begins anew when it comes back", async () => {
  await using ends = world();
  const before = await ends.dial(0);
  await answered(before, 1);
  ends.door.isShut = true;
  await before.write(Uint8Array.of(2));
  using wide = await ends.dial(1);
  await answered(wide, 3);
  ends.first.removeAddress("10.0.0.2");
  before.abort();
  await answered(wide, 4);
  ends.first.addAddress("10.0.0.2");
  ends.door.isShut = false;
  using after = await ends.dial(0);
  await answered(after, 5);
});
