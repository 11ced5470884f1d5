import { Buffer } from "node:buffer";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import fc from "fast-check";
import { MptcpError } from "../core/errors.ts";
import type { ConnectionEvent } from "../core/meta/events.ts";
import type { MetaSocket } from "../core/meta/socket.ts";
import { IpAddress } from "../core/wire/address.ts";
import { Pair } from "../tests/harness/pair.ts";
import { MptcpConn } from "./conn.ts";
import type { Loop } from "./loop.ts";
import { HoldCounter } from "./operations.ts";

/** A socket whose network is the test: what was written piles up in `sent`, what is to be read is put in. */
class FakeSocket {
  readonly local = { address: IpAddress.parse("10.0.0.1"), port: 40000 };
  readonly remote = { address: IpAddress.parse("2001:db8::2"), port: 80 };
  readonly subflows = [];
  readonly isMultipath = true;
  readonly calls: string[] = [];
  readonly events: ConnectionEvent[] = [];
  state: "connecting" | "established" | "closed" = "established";
  error: MptcpError | null = null;
  incoming: number[] = [];
  peerEnded = false;
  sent: number[] = [];
  writable = 0;
  writeEnded = false;

  isWritable(): boolean {
    return this.writable > 0;
  }
  get readable(): number {
    return this.incoming.length;
  }
  get readEnded(): boolean {
    return this.peerEnded && this.incoming.length === 0;
  }
  read(into: Uint8Array): number {
    const bytes = this.incoming.splice(0, into.length);
    into.set(bytes);
    return bytes.length;
  }
  posted: Uint8Array | null = null;
  postRead(into: Uint8Array): void {
    this.posted ??= into;
  }
  cancelRead(into: Uint8Array): void {
    if (this.posted === into) this.posted = null;
  }
  write(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.writable);
    this.writable -= taken.length;
    this.sent.push(...taken);
    return taken.length;
  }
  shutdown(): void {
    this.writeEnded = true;
    this.calls.push("shutdown");
  }
  close(): void {
    this.calls.push("close");
  }
  abort(): void {
    this.state = "closed";
    this.calls.push("abort");
  }
  pollEvent(): ConnectionEvent | undefined {
    return this.events.shift();
  }
}

class FakeLoop implements Loop {
  kicks = 0;
  now(): number {
    return 0;
  }
  kick(): void {
    this.kicks++;
  }
  after(): () => void {
    return () => {};
  }
}

function connected() {
  const socket = new FakeSocket();
  const loop = new FakeLoop();
  const holds = new HoldCounter();
  // As much of a connection as the class calls.
  const conn = new MptcpConn(socket as unknown as MetaSocket, loop, holds);
  return { socket, loop, holds, conn };
}

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("a connection is a Deno.TcpConn", () => {
  const { conn } = connected();
  const _tcp: Deno.TcpConn = conn;
  const _any: Deno.Conn = conn;
  const _reader: { read(into: Uint8Array): Promise<number | null> } = conn;
  assertEquals<Deno.NetAddr>(conn.localAddr, { transport: "tcp", hostname: "10.0.0.1", port: 40000 });
  assertEquals<Deno.NetAddr>(conn.remoteAddr, { transport: "tcp", hostname: "2001:db8::2", port: 80 });
});

Deno.test("reads and writes that need not wait settle before any timer or task", async () => {
  const { socket, conn, loop } = connected();
  socket.incoming = [1, 2, 3];
  socket.writable = 2;
  let isLate = false;
  const immediate = setImmediate(() => isLate = true);
  const into = new Uint8Array(8);
  assertEquals(await conn.read(into), 3);
  assertEquals(await conn.write(text("abc")), 2);
  assertEquals([isLate, loop.kicks > 0, [...into.subarray(0, 3)]], [false, true, [1, 2, 3]]);
  clearImmediate(immediate);
});

Deno.test("reads are served in the order of their calls", async () => {
  const { socket, conn } = connected();
  const [a, b] = [new Uint8Array(2), new Uint8Array(2)];
  const reads = [conn.read(a), conn.read(b)];
  socket.incoming = [1, 2, 3];
  conn.notify();
  assertEquals(await Promise.all(reads), [2, 1]);
  assertEquals([...a, ...b], [1, 2, 3, 0]);
});

Deno.test("read gives null at the end, and 0 into an empty buffer", async () => {
  const { socket, conn } = connected();
  assertEquals(await conn.read(new Uint8Array(0)), 0);
  const end = conn.read(new Uint8Array(1));
  socket.peerEnded = true;
  conn.notify();
  assertEquals([await end, await conn.read(new Uint8Array(1))], [null, null]);
});

Deno.test("a read that waits lends its memory until it is over, however it ends", async () => {
  const { socket, conn } = connected();
  const [a, b, c] = [new Uint8Array(2), new Uint8Array(2), new Uint8Array(2)];
  const abort = new AbortController();
  const given = conn.read(a, { signal: abort.signal });
  assertStrictEquals(socket.posted, a);
  abort.abort();
  assertStrictEquals(socket.posted, null);
  await assertRejects(() => given, DOMException);
  const done = conn.read(b);
  assertStrictEquals(socket.posted, b);
  socket.incoming = [1, 2];
  conn.notify();
  assertStrictEquals(socket.posted, null);
  assertEquals(await done, 2);
  const interrupted = conn.read(c);
  assertStrictEquals(socket.posted, c);
  conn.close();
  assertStrictEquals(socket.posted, null);
  await assertRejects(() => interrupted, Deno.errors.Interrupted);
});

Deno.test("a read that gives up lets what comes of it leave, and leaves the memory of others alone", async () => {
  const { socket, conn, loop } = connected();
  const [a, b] = [new Uint8Array(2), new Uint8Array(2)];
  const [first, second] = [new AbortController(), new AbortController()];
  const reads = [conn.read(a, { signal: first.signal }), conn.read(b, { signal: second.signal })]
    .map((read) => assertRejects(() => read, DOMException));
  const writes = assertRejects(() => conn.write(text("a")), Deno.errors.Interrupted);
  second.abort();
  assertStrictEquals(socket.posted, a);
  const { kicks } = loop;
  first.abort();
  assertEquals([socket.posted, loop.kicks > kicks], [null, true]);
  conn.close();
  await Promise.all([...reads, writes]);
});

Deno.test("write waits for room and tells how much it took", async () => {
  const { socket, conn } = connected();
  const [first, second] = [conn.write(text("abc")), conn.write(text("def"))];
  socket.writable = 2;
  conn.notify();
  assertEquals(await first, 2);
  socket.writable = 10;
  conn.notify();
  assertEquals(await second, 3);
  assertEquals(new TextDecoder().decode(new Uint8Array(socket.sent)), "abdef");
});

Deno.test("closeWrite takes effect behind writes that wait, and later writes fail as on a broken pipe", async () => {
  const { socket, conn } = connected();
  const write = conn.write(text("abc"));
  const end = conn.closeWrite();
  assertEquals(socket.calls, []);
  socket.writable = 3;
  conn.notify();
  await Promise.all([write, end]);
  assertEquals([socket.calls, socket.sent.length], [["shutdown"], 3]);
  await conn.closeWrite();
  assertEquals(socket.calls, ["shutdown"]);
  await assertRejects(() => conn.write(text("more")), Deno.errors.BrokenPipe);
});

Deno.test("close interrupts what waits, and what comes later meets a bad resource", async () => {
  const { socket, conn, holds } = connected();
  const waiting = [conn.read(new Uint8Array(1)), conn.write(text("a"))];
  assertEquals(holds.count, 2);
  conn.close();
  for (const promise of waiting) await assertRejects(() => promise, Deno.errors.Interrupted);
  await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.BadResource);
  await assertRejects(() => conn.write(text("a")), Deno.errors.BadResource);
  await assertRejects(() => conn.closeWrite(), Deno.errors.BadResource);
  conn.close();
  conn[Symbol.dispose]();
  assertEquals([socket.calls, holds.count], [["close"], 0]);
});

Deno.test("abort gives up what was not read, though both ends have closed already", () => {
  const pair = new Pair();
  const { client, server } = pair.connect();
  server.write(new Uint8Array(100), pair.now);
  for (const end of [client, server]) end.shutdown(pair.now);
  pair.run(6);
  assertEquals([client.state, client.readable, pair.client.blocks.inUse], ["closed", 100, 1]);
  new MptcpConn(client, new FakeLoop(), new HoldCounter()).abort();
  assertEquals([client.readable, pair.client.blocks.inUse], [0, 0]);
});

Deno.test("what arrived before an error is read before it, with code, Deno's class and the engine's error", async () => {
  const { socket, conn } = connected();
  socket.incoming = [7];
  socket.state = "closed";
  socket.error = new MptcpError("reset", "the peer sent RST");
  conn.notify();
  assertEquals(await conn.read(new Uint8Array(4)), 1);
  const error = await assertRejects(() => conn.read(new Uint8Array(4)), Deno.errors.ConnectionReset);
  // Of a class of Deno's, with what is MptcpError's own beside it.
  assertEquals((error as unknown as MptcpError).code, "reset");
  assertEquals(error.message, "Cannot read: the peer sent RST");
  assertInstanceOf(error.cause, MptcpError);
  await assertRejects(() => conn.write(text("a")), Deno.errors.ConnectionReset, "Cannot write");
});

Deno.test("an error of the connection reaches everything that waits", async () => {
  const { socket, conn } = connected();
  const waiting = [
    conn.read(new Uint8Array(1)),
    conn.read(new Uint8Array(1)),
    conn.write(text("a")),
    conn.closeWrite(),
  ];
  socket.state = "closed";
  socket.error = new MptcpError("timeout", "no answer");
  conn.notify();
  for (const promise of waiting) await assertRejects(() => promise, Deno.errors.TimedOut);
});

Deno.test("a signal ends one wait with its reason and costs no byte", async () => {
  const { socket, conn } = connected();
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = [conn.read(new Uint8Array(1), { signal }), conn.write(text("x"), { signal })];
  const kept = conn.read(new Uint8Array(1));
  controller.abort(new TypeError("mine"));
  for (const promise of aborted) await assertRejects(() => promise, TypeError, "mine");
  socket.incoming = [5];
  socket.writable = 9;
  conn.notify();
  assertEquals(await kept, 1);
  assertEquals(socket.sent, []);
});

Deno.test("unref lets the program end though operations wait, ref takes it back", () => {
  const { conn, holds, loop } = connected();
  conn.unref();
  conn.read(new Uint8Array(1)).catch(() => {});
  assertEquals(holds.count, 0);
  const kicks = loop.kicks;
  conn.ref();
  assertEquals([holds.count, loop.kicks > kicks], [1, true]);
  conn.abort();
  assertEquals(holds.count, 0);
});

Deno.test("opened waits for the handshake and reports why there is none", async () => {
  const { socket, conn } = connected();
  socket.state = "connecting";
  const opened = conn.opened();
  socket.state = "established";
  conn.notify();
  await opened;
  socket.state = "closed";
  socket.error = new MptcpError("refused", "the peer answered with RST");
  await assertRejects(() => conn.opened(), Deno.errors.ConnectionRefused, "Cannot connect: the peer answered with RST");
});

Deno.test("readable gives every byte in chunks no larger than what is there, and ends", async () => {
  const { socket, conn } = connected();
  socket.incoming = [1, 2];
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of conn.readable) chunks.push(chunk);
  })();
  await new Promise((resolve) => setImmediate(resolve));
  socket.incoming = [3];
  socket.peerEnded = true;
  conn.notify();
  await reading;
  assertEquals([[...concat(chunks)], chunks.map(({ buffer }) => buffer.byteLength)], [[1, 2, 3], [2, 1]]);
  assertEquals(socket.calls, [], "the other direction stays open");
});

Deno.test("readable reads nothing ahead of its reader", async () => {
  const { socket, conn } = connected();
  socket.incoming = [1, 2];
  const reader = conn.readable.getReader();
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(socket.readable, 2);
  await reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(socket.readable, 0);
});

Deno.test("readable fills a reader's own buffer", async () => {
  const { socket, conn } = connected();
  socket.incoming = [1, 2, 3];
  const reader = conn.readable.getReader({ mode: "byob" });
  const first = await reader.read(new Uint8Array(2));
  assertEquals(first.value, new Uint8Array([1, 2]));
  socket.peerEnded = true;
  assertEquals((await reader.read(new Uint8Array(2))).value, new Uint8Array([3]));
  const end = await reader.read(new Uint8Array(2));
  assertEquals([end.done, end.value?.length], [true, 0]);
});

Deno.test("cancelling readable closes the connection, aborting writable resets it", async () => {
  const first = connected();
  await first.conn.readable.cancel();
  assertEquals(first.socket.calls, ["close"]);
  const second = connected();
  await second.conn.writable.abort();
  assertEquals(second.socket.calls, ["abort"]);
});

Deno.test("writable exerts back-pressure until the send buffer has all of a chunk, and closes one direction", async () => {
  const { socket, conn } = connected();
  const writer = conn.writable.getWriter();
  let isDone = false;
  const write = writer.write(text("abcdef")).then(() => isDone = true);
  for (const room of [1, 2]) {
    socket.writable = room;
    conn.notify();
    await new Promise((resolve) => setImmediate(resolve));
    assert(!isDone);
  }
  socket.writable = 100;
  conn.notify();
  await write;
  await writer.close();
  assertEquals(new TextDecoder().decode(new Uint8Array(socket.sent)), "abcdef");
  assertEquals(socket.calls, ["shutdown"]);
});

Deno.test("each iterable of events sees all that happens from its beginning to the end", async () => {
  const { socket, conn } = connected();
  const [early, left] = [conn.events(), conn.events()];
  await left.return!();
  socket.events.push({ type: "established" } as ConnectionEvent);
  conn.notify();
  const late = conn.events();
  socket.events.push({ type: "closed" } as ConnectionEvent);
  socket.state = "closed";
  conn.notify();
  const types = async (events: AsyncIterable<ConnectionEvent>) => {
    const result: string[] = [];
    for await (const { type } of events) result.push(type);
    return result;
  };
  assertEquals(await types(early), ["established", "closed"]);
  assertEquals(await types(late), ["closed"]);
  assertEquals(await types(left), []);
  assertEquals(await types(conn.events()), []);
});

Deno.test("property: whatever is read and written how, bytes keep their order and none is lost", async () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("arrive" as const), count: fc.nat(20) }),
    fc.record({ type: fc.constant("read" as const), count: fc.nat(20) }),
    fc.record({ type: fc.constant("room" as const), count: fc.nat(20) }),
    fc.record({ type: fc.constant("write" as const), count: fc.nat(20) }),
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const { socket, conn } = connected();
    const read: Promise<Uint8Array>[] = [];
    const written: Promise<Uint8Array>[] = [];
    let arrived = 0;
    let offered = 0;
    for (const { type, count } of steps) {
      if (type === "arrive") {
        for (let i = 0; i < count; i++) socket.incoming.push(arrived++ & 255);
      } else if (type === "room") {
        socket.writable += count;
      } else if (type === "read") {
        const into = new Uint8Array(count);
        read.push(conn.read(into).then((taken) => into.subarray(0, taken ?? 0)));
      } else {
        const bytes = Uint8Array.from({ length: count }, () => offered++ & 255);
        written.push(conn.write(bytes).then((taken) => bytes.subarray(0, taken)));
      }
      conn.notify();
    }
    socket.peerEnded = true;
    socket.writable = 10_000;
    conn.notify();
    const incoming = concat([...await Promise.all(read), Uint8Array.from(socket.incoming)]);
    assertEquals(incoming, Uint8Array.from({ length: arrived }, (_, i) => i & 255));
    assertEquals(Uint8Array.from(socket.sent), concat(await Promise.all(written)));
  }));
});

Deno.test("what is no Uint8Array is refused at once, whether there is room or not", async () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    ["hello", "a string; encode it with a TextEncoder"],
    [[1, 2, 3], "an array"],
    [undefined, "undefined"],
    [new ArrayBuffer(4), "an ArrayBuffer; make a view of it with new Uint8Array(…)"],
    [new Uint16Array(4), "a Uint16Array; make another view of its buffer, byteOffset and byteLength"],
  ];
  for (const writable of [0, 100]) {
    const { socket, conn } = connected();
    socket.writable = writable;
    for (const [value, kind] of wrong) {
      const [writing, reading] = [() => conn.write(value as Uint8Array), () => conn.read(value as Uint8Array)];
      const write = await assertRejects(writing, TypeError);
      assertEquals(write.message, `Cannot write: bytes must be a Uint8Array, is ${kind}`);
      const read = await assertRejects(reading, TypeError);
      assertEquals(read.message, `Cannot read: into must be a Uint8Array, is ${kind}`);
    }
    assertEquals(socket.sent, []);
  }
});

Deno.test("a Buffer of Node's is as good as any", async () => {
  const { socket, conn } = connected();
  socket.writable = 10;
  assertEquals(await conn.write(Buffer.from("abc")), 3);
  socket.incoming = [1, 2];
  assertEquals(await conn.read(Buffer.alloc(10)), 2);
});

Deno.test("a writable stream fails on a chunk that is no Uint8Array", async () => {
  const { socket, conn } = connected();
  socket.writable = 10;
  const writer = conn.writable.getWriter();
  writer.closed.catch(() => {});
  await assertRejects(() => writer.write("hello" as never), TypeError, "is a string");
});
