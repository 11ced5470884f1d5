import { assertEquals } from "@std/assert";
import { Pair, type PairOptions } from "../../tests/harness/pair.ts";
import type { PathActions, PathEvent, PathManager, Plugin } from "../plugin.ts";
import { IpAddress } from "../wire/address.ts";
import { ADD_ADDR, MP_PRIO, type MptcpOptions, REMOVE_ADDR } from "../wire/mptcp.ts";
import { TcpHeader } from "../wire/tcp.ts";

/** A path manager that writes events down and lets a test act for it; one for each end, the server's first. */
function scripted() {
  const ends: { events: PathEvent[]; actions: PathActions | null; watch?: PathManager["onEvent"] }[] = [];
  const plugin: Plugin<PathManager> = {
    name: "scripted",
    create: () => {
      const end: (typeof ends)[number] = { events: [], actions: null };
      ends.push(end);
      return {
        onEvent: (event, actions, now) => {
          end.events.push(event);
          end.actions = actions;
          end.watch?.(event, actions, now);
        },
      };
    },
  };
  return { plugin, ends };
}

function connected(options: PairOptions = {}) {
  const { plugin, ends } = scripted();
  const pair = new Pair({
    addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2", "10.0.1.2"] },
    pathManager: plugin,
    ...options,
  });
  const { client, server } = pair.connect();
  // The server's path manager hears of the connection once the client has shown that it has the keys.
  client.write(new Uint8Array(1), pair.now);
  pair.run(4);
  const options_: (readonly [number, MptcpOptions])[] = [];
  const of = (bit: number) => options_.filter(([, { present }]) => present & bit);
  const lose = { bits: 0 };
  pair.filter = (packet) => {
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    const { mptcp } = header.options;
    options_.push([pair.now, mptcp]);
    return (mptcp.present & lose.bits) === 0;
  };
  // The client's instance is made first, since it opens.
  return { pair, client, server, own: ends[0]!, peer: ends[1]!, of, lose };
}

Deno.test("a subflow that is reported closed is no longer among those that there are", () => {
  const { client, own, pair } = connected();
  const [first, opened] = [
    client.subflows[0]!,
    own.actions!.open(own.actions!.localAddresses[1]!, own.actions!.remoteAddresses[0]!),
  ];
  assertEquals(opened, true);
  pair.run(10);
  const listed: boolean[] = [];
  own.watch = (event, { subflows }) => {
    if (event.type === "subflow-closed") listed.push(subflows.includes(event.subflow));
  };
  own.actions!.close(first);
  pair.run(50);
  assertEquals(listed, [false]);
});

const types = (events: readonly PathEvent[]) => events.map(({ type }) => type);

Deno.test("a path manager hears of the connection first, and sees addresses under its identifiers (RFC 8684 3.2-1)", () => {
  const { own, peer } = connected();
  assertEquals([own.events[0], peer.events[0]], [
    { type: "established", isServer: false },
    { type: "established", isServer: true },
  ]);
  assertEquals(own.actions!.localAddresses.map(({ address, id }) => [address, id]), [["10.0.0.1", 0], ["10.0.1.1", 2]]);
  assertEquals(own.actions!.remoteAddresses, [{ address: "10.0.0.2", port: 443, id: 0 }]);
});

Deno.test("an announcement is echoed, and the peer's path manager hears of it once (RFC 8684 3.4.1-4, 3.4.1-6)", () => {
  const { pair, own, peer, of } = connected();
  own.actions!.announce(own.actions!.localAddresses[1]!);
  pair.run(4);
  assertEquals(of(ADD_ADDR).map(([, { addAddressEcho, addAddressId }]) => [addAddressEcho, addAddressId]), [
    [false, 2],
    [true, 2],
  ]);
  const announced = { address: "10.0.1.1", port: peer.actions!.remoteAddresses[0]!.port, id: 2 };
  assertEquals(peer.events.at(-1), { type: "announced", address: announced });
  pair.pass(60_000_000);
  assertEquals(of(ADD_ADDR).length, 2, "it is not repeated");
});

Deno.test("an announcement without an echo is repeated three times, ten seconds apart", () => {
  const { pair, own, of, lose } = connected();
  lose.bits = ADD_ADDR;
  own.actions!.announce(own.actions!.localAddresses[1]!);
  pair.pass(200_000_000);
  const at = of(ADD_ADDR).map(([now]) => now);
  assertEquals(at.map((time) => Math.round((time - at[0]!) / 1e6)), [0, 10, 20, 30]);
});

Deno.test("the same announcement again is echoed and told only once", () => {
  const { pair, own, peer, of, lose } = connected();
  let echoes = 0;
  const { filter } = pair;
  pair.filter = (packet, fromClient) => {
    const passes = filter!(packet, fromClient);
    const last = of(ADD_ADDR).at(-1)?.[1];
    return passes && !(last?.addAddressEcho && !fromClient && echoes++ === 0);
  };
  own.actions!.announce(own.actions!.localAddresses[1]!);
  pair.pass(30_000_000);
  assertEquals([types(peer.events).filter((type) => type === "announced").length, lose.bits], [1, 0]);
});

Deno.test("a forged announcement is dropped and counted (RFC 8684 3.4.1-7)", () => {
  const { pair, own, peer, server } = connected();
  const { filter } = pair;
  pair.filter = (packet, fromClient) => {
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    if (header.options.mptcp.present & ADD_ADDR) {
      header.options.mptcp.addAddressHmac.low ^= 1;
      header.emit(packet.view, packet.start);
    }
    return filter!(packet, fromClient);
  };
  own.actions!.announce(own.actions!.localAddresses[1]!);
  pair.run(4);
  assertEquals([types(peer.events).includes("announced"), server.context.counters.MPTcpExtAddAddrDrop], [false, 1]);
});

Deno.test("a withdrawn address takes its subflows with it (RFC 8684 3.4.2-4)", () => {
  const { pair, own, peer, client, server, of } = connected();
  const { actions } = own;
  assertEquals(actions!.open(actions!.localAddresses[1]!, actions!.remoteAddresses[0]!), true);
  pair.run(8);
  assertEquals([client.subflows.length, server.subflows.length], [2, 2]);
  actions!.withdraw(actions!.localAddresses[1]!);
  pair.run(6);
  assertEquals(of(REMOVE_ADDR).map(([, { removeCount, removeIds }]) => [removeCount, removeIds[0]]), [[1, 2]]);
  assertEquals(types(peer.events).slice(-2), ["subflow-closed", "removed"]);
  assertEquals([client.subflows.length, server.subflows.length, server.state], [1, 1, "established"]);
});

Deno.test("a priority is told to the peer on the subflow that it is about (RFC 8684 section 3.3.8)", () => {
  const { pair, own, peer, client, server, of } = connected();
  own.actions!.setBackup(client.subflows[0]!, true);
  own.actions!.setBackup(client.subflows[0]!, true);
  pair.run(4);
  assertEquals(of(MP_PRIO).map(([, { priorityBackup }]) => priorityBackup), [true]);
  assertEquals([types(peer.events).at(-1), server.subflows[0]!.isRemoteBackup], ["priority", true]);
  own.actions!.setBackup(client.subflows[0]!, false);
  pair.run(4);
  assertEquals([server.subflows[0]!.backup, of(MP_PRIO).length], [false, 2]);
});

Deno.test("a withdrawal is said eight times, further and further apart, and told once", () => {
  const { pair, own, peer, of } = connected();
  own.actions!.announce(own.actions!.localAddresses[1]!);
  pair.run(4);
  own.actions!.withdraw(own.actions!.localAddresses[1]!);
  pair.pass(200_000_000);
  const at = of(REMOVE_ADDR).map(([now]) => now);
  const apart = at.slice(1).map((time, i) => time - at[i]!);
  assertEquals([at.length, types(peer.events).filter((type) => type === "removed").length], [8, 1]);
  for (let i = 1; i < apart.length; i++) assertEquals(Math.round(apart[i]! / apart[i - 1]!), 2, `${apart}`);
});

Deno.test("a withdrawal and a priority arrive at last though the first four of each are lost", () => {
  const { pair, own, peer, client, server, of, lose } = connected();
  own.actions!.announce(own.actions!.localAddresses[1]!);
  pair.run(4);
  lose.bits = REMOVE_ADDR | MP_PRIO;
  own.actions!.withdraw(own.actions!.localAddresses[1]!);
  own.actions!.setBackup(client.subflows[0]!, true);
  while (Math.min(of(REMOVE_ADDR).length, of(MP_PRIO).length) < 4) pair.turn();
  assertEquals([peer.actions!.remoteAddresses.length, server.subflows[0]!.isRemoteBackup], [2, false]);
  lose.bits = 0;
  pair.pass(10_000_000);
  assertEquals([peer.actions!.remoteAddresses.length, server.subflows[0]!.isRemoteBackup], [1, true]);
});

Deno.test("what was said of a priority is not said again once it has changed", () => {
  const { pair, own, client, server, of, lose } = connected();
  lose.bits = MP_PRIO;
  own.actions!.setBackup(client.subflows[0]!, true);
  pair.run(4);
  own.actions!.setBackup(client.subflows[0]!, false);
  lose.bits = 0;
  pair.pass(200_000_000);
  assertEquals(of(MP_PRIO).map(([, { priorityBackup }]) => priorityBackup), [true, ...Array(8).fill(false)]);
  assertEquals(server.subflows[0]!.isRemoteBackup, false);
});

Deno.test("an address that is used again is withdrawn no longer", () => {
  const { pair, own, client, server, of, lose } = connected();
  lose.bits = REMOVE_ADDR;
  own.actions!.withdraw(own.actions!.localAddresses[1]!);
  pair.run(4);
  lose.bits = 0;
  own.actions!.open(own.actions!.localAddresses[1]!, own.actions!.remoteAddresses[0]!);
  pair.pass(60_000_000);
  assertEquals(of(REMOVE_ADDR).length, 1);
  assertEquals([client.subflows.length, server.subflows.length], [2, 2]);
});

Deno.test("a withdrawal that finds no subflow leaves when one comes up", () => {
  const { pair, own, client, of } = connected();
  const { actions } = own;
  pair.client.handleAddressDown(client.local.address, pair.now);
  actions!.withdraw({ address: "10.0.0.1", id: 0, backup: false });
  pair.pass(5_000_000);
  assertEquals(of(REMOVE_ADDR).length, 0);
  actions!.open(actions!.localAddresses[0]!, actions!.remoteAddresses[0]!);
  pair.run(10);
  assertEquals(of(REMOVE_ADDR).map(([, { removeIds }]) => removeIds[0]), [0]);
});

Deno.test("an announcement that finds no subflow leaves when one comes up, and one that was given up does not", () => {
  const { pair, own, client, of, lose } = connected();
  const { actions } = own;
  lose.bits = ADD_ADDR;
  actions!.announce(actions!.localAddresses[1]!);
  pair.pass(60_000_000);
  assertEquals(of(ADD_ADDR).length, 4);
  lose.bits = 0;
  pair.client.handleAddressDown(client.local.address, pair.now);
  pair.client.handleAddressUp(IpAddress.parse("10.0.5.1"), { mtu: 1500, superSegment: 0 }, pair.now);
  actions!.announce(actions!.localAddresses.find(({ address }) => address === "10.0.5.1")!, 8080);
  pair.pass(5_000_000);
  actions!.open(actions!.localAddresses[0]!, actions!.remoteAddresses[0]!);
  pair.pass(60_000_000);
  const announced = of(ADD_ADDR).slice(4).map(([, { addAddressEcho, addAddressId }]) => [addAddressEcho, addAddressId]);
  assertEquals(announced, [[false, 3], [true, 3]]);
  assertEquals(
    [pair.server.counters.MPTcpExtPortAdd, pair.server.counters.MPTcpExtEchoAddTx, client.stats().addressesAnnounced],
    [1, 1, 2],
  );
});

Deno.test("addresses that are withdrawn at once are withdrawn by one option (RFC 8684 section 3.4.2)", () => {
  const { pair, own, peer, of } = connected();
  const { actions } = own;
  for (let i = 3; i < 6; i++) {
    pair.client.handleAddressUp(IpAddress.parse(`10.0.${i}.1`), { mtu: 1500, superSegment: 0 }, pair.now);
  }
  const locals = actions!.localAddresses.filter(({ id }) => id > 0);
  for (const local of locals) actions!.announce(local);
  pair.run(20);
  assertEquals(peer.actions!.remoteAddresses.map(({ id }) => id), [0, 2, 3, 4, 5]);
  for (const local of locals.slice(1)) actions!.withdraw(local);
  actions!.withdraw(locals[0]!);
  actions!.announce(locals[0]!);
  actions!.withdraw(locals[0]!);
  pair.run(2);
  const lists = of(REMOVE_ADDR).map(([, { removeIds, removeCount }]) => [...removeIds].slice(0, removeCount));
  assertEquals(lists, [[3, 4, 5, 2], [2]]);
  assertEquals(peer.actions!.remoteAddresses.map(({ id }) => id), [0]);
  assertEquals([pair.client.counters.MPTcpExtRmAddrTx, pair.server.counters.MPTcpExtRmAddr], [5, 5]);
});

Deno.test("joins at another port than the first, and those that ask for a backup, are counted at both ends", () => {
  const { pair, own } = connected();
  const { actions } = own;
  const listener = pair.server.listen({ port: 8080 }, pair.now);
  const [first] = actions!.remoteAddresses;
  actions!.open(actions!.localAddresses[1]!, { ...first!, port: 8080 }, { backup: true });
  actions!.open(actions!.localAddresses[1]!, first!);
  pair.run(10);
  listener.close(pair.now);
  const { client, server } = pair;
  assertEquals([server.counters.MPTcpExtMPJoinSynRx, server.counters.MPTcpExtMPJoinAckRx], [2, 2]);
  assertEquals([server.counters.MPTcpExtMPJoinPortSynRx, server.counters.MPTcpExtMPJoinPortAckRx], [1, 1]);
  assertEquals([client.counters.MPTcpExtMPJoinPortSynAckRx, server.counters.MPTcpExtMPJoinSynBackupRx], [1, 1]);
});

Deno.test("connections that are open are counted, up and down", () => {
  const { pair, client } = connected();
  const open = () => [pair.client.counters.MPTcpExtMPCurrEstab, pair.server.counters.MPTcpExtMPCurrEstab];
  assertEquals(open(), [1, 1]);
  client.abort(pair.now);
  pair.run(4);
  assertEquals(open(), [0, 0]);
});

Deno.test("addresses of this host that come and go are told, and a subflow of one that went is closed", () => {
  const { pair, own, client } = connected();
  pair.client.handleAddressUp(IpAddress.parse("10.0.5.1"), { mtu: 1500, superSegment: 0 }, pair.now);
  pair.client.handleAddressDown(IpAddress.parse("10.0.5.1"), pair.now);
  const address = { address: "10.0.5.1", id: 3, backup: false };
  assertEquals(own.events.slice(-2), [
    { type: "local-address-up", address },
    { type: "local-address-down", address },
  ]);
  pair.client.handleAddressDown(IpAddress.parse("10.0.0.1"), pair.now);
  assertEquals([types(own.events).at(-1), client.subflows.length], ["subflow-closed", 0]);
});

Deno.test("a path manager is woken when it asked to be, once", () => {
  const { pair, own } = connected();
  own.actions!.wakeAt(pair.now + 5_000_000);
  const before = own.events.length;
  pair.pass(4_900_000);
  assertEquals(own.events.length, before);
  pair.pass(10_000_000);
  assertEquals(types(own.events.slice(before)), ["timer"]);
});

Deno.test("a withdrawal of an identifier that nobody knows is ignored (RFC 8684 3.8-2)", () => {
  const { pair, own, peer, server, of } = connected();
  const before = [peer.events.length, server.subflows.length, peer.actions!.remoteAddresses.length];
  own.actions!.withdraw({ address: "10.0.9.9", id: 77, backup: false });
  pair.run(4);
  assertEquals(of(REMOVE_ADDR).map(([, { removeIds }]) => removeIds[0]), [77]);
  assertEquals([peer.events.length, server.subflows.length, peer.actions!.remoteAddresses.length], before);
});

Deno.test("an address that is announced again with another port is news (RFC 8684 3.4.1-10)", () => {
  const { pair, own, peer } = connected();
  const [, local] = own.actions!.localAddresses;
  own.actions!.announce(local!);
  pair.run(4);
  own.actions!.withdraw(local!);
  own.actions!.announce(local!, 8443);
  pair.run(8);
  const announced = peer.events.filter((event) => event.type === "announced").map(({ address }) => address.port);
  assertEquals(announced.at(-1), 8443);
  assertEquals(peer.actions!.remoteAddresses.filter(({ id }) => id === 2).map(({ port }) => port), [8443]);
});
