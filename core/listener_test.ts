import { assert, assertEquals } from "@std/assert";
import { resolveLimits } from "./limits.ts";
import { Listener, type ListenerOwner } from "./listener.ts";
import type { ConnectionPlugins, MetaSocket } from "./meta/socket.ts";
import { DEFAULT_SOCKET_OPTIONS } from "./meta/options.ts";

class Owner implements ListenerOwner {
  readonly told: string[] = [];
  releaseListener = () => void this.told.push("release");
  notify = () => void this.told.push("notify");
}

/** As much of a connection as a listener touches. */
function connection() {
  const aborted: number[] = [];
  return { socket: { abort: (now: number) => aborted.push(now) } as unknown as MetaSocket, aborted };
}

function listen(backlog = 2, synBacklog = 2) {
  const owner = new Owner();
  const limits = resolveLimits({ backlog, synBacklog });
  const listener = new Listener(owner, 80, null, limits, {} as ConnectionPlugins, DEFAULT_SOCKET_OPTIONS);
  return { owner, listener };
}

Deno.test("connections are accepted in the order in which they were established", () => {
  const { owner, listener } = listen(3);
  const [a, b, c] = [connection(), connection(), connection()];
  for (const { socket } of [a, b, c]) listener.handleOpening(socket);
  assertEquals([listener.pending, listener.accept()], [0, undefined]);
  listener.handleAccepted(b.socket);
  listener.handleAccepted(a.socket);
  assertEquals([listener.pending, owner.told], [2, ["notify", "notify"]]);
  assert(listener.accept() === b.socket);
  assert(listener.accept() === a.socket);
  assertEquals(listener.accept(), undefined);
});

Deno.test("those that open fill the SYN queue, those that wait the accept queue; each leaves room as it goes on", () => {
  const { listener } = listen(1, 2);
  const [a, b, c] = [connection(), connection(), connection()];
  const full = () => [listener.isSynQueueFull, listener.isAcceptQueueFull];
  listener.handleOpening(a.socket);
  assertEquals(full(), [false, false]);
  listener.handleOpening(b.socket);
  assertEquals(full(), [true, false]);
  listener.handleAccepted(a.socket);
  assertEquals(full(), [false, true]);
  listener.handleOpening(c.socket);
  listener.handleFailed(b.socket, 0);
  assertEquals(full(), [false, true]);
  listener.accept();
  assertEquals(full(), [false, false]);
});

Deno.test("a connection is established once", () => {
  const { owner, listener } = listen();
  const { socket } = connection();
  listener.handleOpening(socket);
  listener.handleAccepted(socket);
  listener.handleAccepted(socket);
  assertEquals([listener.pending, owner.told], [1, ["notify"]]);
});

Deno.test("closing aborts what nobody accepted, frees the port and says so, once", () => {
  const { owner, listener } = listen(3);
  const [opening, waiting, accepted] = [connection(), connection(), connection()];
  for (const { socket } of [opening, waiting, accepted]) listener.handleOpening(socket);
  listener.handleAccepted(accepted.socket);
  listener.accept();
  listener.handleAccepted(waiting.socket);
  owner.told.length = 0;
  listener.close(7);
  listener.close(8);
  assertEquals([opening.aborted, waiting.aborted, accepted.aborted], [[7], [7], []]);
  assertEquals([listener.isClosed, listener.pending], [true, 0]);
  assertEquals(owner.told, ["release", "notify"]);
});
