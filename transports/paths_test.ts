import { assert, assertEquals } from "@std/assert";
import { application, createHost, type Host, memoryPair, type MptcpConn, passive, type PathEvent } from "../mod.ts";

interface Pair extends AsyncDisposable {
  readonly server: Host;
  readonly client: Host;
  readonly conn: MptcpConn;
  readonly accepted: MptcpConn;
}

/** A connection over the first of two paths between two hosts in memory; nobody but the test opens others. */
async function connect(options: { readonly multipath?: boolean } = {}): Promise<Pair> {
  const first = memoryPair();
  const second = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
  const server = createHost({ transports: [first[0], second[0]], pathManager: passive() });
  const client = createHost({ transports: [first[1], second[1]], pathManager: application(), options });
  const listener = server.listen({ port: 7 });
  const [conn, accepted] = await Promise.all([client.connect({ hostname: "10.0.0.1", port: 7 }), listener.accept()]);
  // Both ends know the connection once the first bytes are through.
  await conn.write(Uint8Array.of(1));
  await accepted.read(new Uint8Array(1));
  await accepted.write(Uint8Array.of(2));
  await conn.read(new Uint8Array(1));
  const close = async () => {
    listener.close();
    await Promise.all([client.close(), server.close()]);
  };
  return { server, client, conn, accepted, [Symbol.asyncDispose]: close };
}

/** The next event of `type`. */
async function event(conn: MptcpConn, type: string): Promise<void> {
  for await (const event of conn.events()) if (event.type === type) return;
  throw new Error(`Cannot wait for ${type}: the connection ended`);
}

Deno.test("a program opens, spares and closes subflows of a connection", async () => {
  await using pair = await connect();
  const { conn, accepted } = pair;
  const [, local] = conn.paths.localAddresses;
  const [remote] = conn.paths.remoteAddresses;
  assertEquals([local!.address, remote], ["10.0.1.2", { address: "10.0.0.1", port: 7, id: 0 }]);

  const joined = event(conn, "subflow-established");
  assertEquals(conn.paths.open(local!, { address: "10.0.1.1", port: 7, id: 2 }), true);
  await joined;
  const [, subflow] = conn.subflows;
  assertEquals([subflow!.local.address, subflow!.backup], ["10.0.1.2", false]);

  const spared = event(accepted, "priority");
  conn.paths.setBackup(subflow!, true);
  await spared;
  assertEquals(accepted.subflows.map(({ backup }) => backup), [false, true]);

  const closed = event(conn, "subflow-closed");
  conn.paths.close(subflow!);
  await closed;
  assertEquals(conn.subflows.length, 1);
});

Deno.test("a program announces and withdraws addresses", async () => {
  await using pair = await connect();
  const { conn, accepted } = pair;
  const [, local] = accepted.paths.localAddresses;
  const announced = event(conn, "address-announced");
  accepted.paths.announce(local!, 8443);
  await announced;
  assertEquals(conn.paths.remoteAddresses.slice(1), [{ address: "10.0.1.1", port: 8443, id: local!.id }]);
  const removed = event(conn, "address-removed");
  accepted.paths.withdraw(local!);
  await removed;
  assertEquals(conn.paths.remoteAddresses.length, 1);
});

Deno.test("commands about what does not exist any more have no effect", async () => {
  await using pair = await connect();
  const { conn } = pair;
  conn.paths.close({ id: 99 });
  conn.paths.setBackup({ id: 99 }, true);
  assertEquals(conn.subflows.map(({ backup }) => backup), [false]);
  const [local] = conn.paths.localAddresses;
  const [remote] = conn.paths.remoteAddresses;
  conn.close();
  conn.abort();
  assertEquals(conn.paths.open(local!, remote!), false);
  conn.paths.announce(local!);
});

Deno.test("plain TCP has no paths to manage", async () => {
  await using pair = await connect({ multipath: false });
  const { conn, client } = pair;
  assertEquals(conn.isMultipath, false);
  const remote = { address: "10.0.0.1", port: 7, id: 0 };
  assertEquals(conn.paths.open({ address: "10.0.1.2", id: 1, backup: false }, remote), false);
  conn.paths.announce({ address: "10.0.1.2", id: 1, backup: false });
  await conn.write(Uint8Array.of(3));
  await pair.accepted.read(new Uint8Array(1));
  assertEquals(client.counters.MPTcpExtAddAddrTx, 0);
});

Deno.test("a connection can have a path manager of its own, told what happens to this connection alone", async () => {
  await using pair = await connect();
  const told: PathEvent["type"][] = [];
  using listener = pair.server.listen({ port: 8 });
  const [conn, accepted] = await Promise.all([
    pair.client.connect({ hostname: "10.0.0.1", port: 8, pathManager: application(({ type }) => told.push(type)) }),
    listener.accept(),
  ]);
  await accepted.write(Uint8Array.of(1));
  await conn.read(new Uint8Array(1));
  const [local] = pair.accepted.paths.localAddresses;
  pair.accepted.paths.announce({ ...local!, address: "10.0.1.1", id: 1 });
  await event(pair.conn, "address-announced");
  assertEquals(told, ["established"]);
  assert(conn.isMultipath);
});
