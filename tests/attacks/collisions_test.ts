/**
 * Keys and tokens that collide (RFC 8684 section 3.1), and ends that share a place in the table of flows.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MetaSocket } from "../../core/mod.ts";
import type { Env } from "../../core/plugin.ts";
import { Stack } from "../../core/stack.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { MP_CAPABLE } from "../../core/wire/mptcp.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import { lia } from "../../congestion/mod.ts";
import { passive } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { PORT } from "../harness/mod.ts";
import { fakeEnv } from "../kit/fake_env.ts";

/** Hashes of which only five bits of what makes the token are left. */
function narrow(env: Env): Env {
  return {
    ...env,
    sha256: (data) => {
      const digest = env.sha256(data);
      digest.fill(0, 0, 3);
      digest[3]! &= 31;
      return digest;
    },
  };
}

/** A client and a server, whose packets pass when `exchange` is called. */
function ends(env: (seed: number) => Env, synCookies: "always" | "never") {
  const parts = { scheduler: minRtt(), congestion: lia(), pathManager: passive(), limits: { synCookies } };
  const [client, server] = [1, 2].map((seed) => new Stack({ ...parts, env: env(seed) })) as [Stack, Stack];
  const address = IpAddress.parse("10.0.0.2");
  client.handleAddressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 0 }, 0);
  server.handleAddressUp(address, { mtu: 1500, superSegment: 0 }, 0);
  const listener = server.listen({ port: PORT }, 0);
  const packet = new Packet(HEADROOM + 2000);
  const carry = (from: Stack, to: Stack, now: number, edit?: (packet: Packet) => void): boolean => {
    packet.reset();
    if (!from.pollTransmit(packet, now)) return false;
    edit?.(packet);
    to.handlePacket(packet, now);
    return true;
  };
  const exchange = (now: number, edit?: (packet: Packet) => void) => {
    while (carry(client, server, now, edit) || carry(server, client, now));
  };
  return { client, server, listener, exchange, remote: { address, port: PORT } };
}

for (const synCookies of ["never", "always"] as const) {
  Deno.test(`of 32 tokens none is given twice, cookies "${synCookies}": who would get one that is taken is refused or drawn anew`, () => {
    const { client, server, listener, exchange, remote } = ends((seed) => narrow(fakeEnv(seed)), synCookies);
    const accepted: MetaSocket[] = [];
    for (let i = 0; i < 20; i++) {
      const socket = client.connect({ remote }, i * 1000);
      exchange(i * 1000);
      const other = listener.accept();
      if (other === undefined) {
        // Only a key that follows from a cookie cannot be drawn anew.
        assertEquals([synCookies, socket.error?.code], ["always", "reset"]);
        continue;
      }
      accepted.push(other);
      assertEquals([socket.state, other.isMultipath], ["established", true]);
    }
    assertEquals(new Set(accepted.map(({ localKey }) => localKey.token)).size, accepted.length);
    assert(accepted.length > (synCookies === "always" ? 8 : 19), `${accepted.length} connections`);
    for (const [i, socket] of accepted.entries()) socket.write(Uint8Array.of(i), 30_000);
    exchange(30_000);
    assertEquals(server.counters.MPTcpExtMPJoinSynRx, 0);
  });
}

Deno.test("a client that has the key of the server, or of another client, gets what any other gets", () => {
  const { client, server, listener, exchange, remote } = ends(fakeEnv, "never");
  const header = new TcpHeader();
  const sockets: [MetaSocket, MetaSocket][] = [];
  for (const stolen of ["none", "server", "client"]) {
    const first = sockets[0]?.[1];
    const key = stolen === "server" ? first?.localKey : stolen === "client" ? first?.remoteKey : undefined;
    const socket = client.connect({ remote }, 0);
    // The client's key is what it says in its third ACK.
    if (key !== undefined) socket.localKey.value.copy(key.value);
    exchange(0, (packet) => {
      header.parse(packet.view, packet.start, packet.end);
      if (key !== undefined && header.options.mptcp.present & MP_CAPABLE && header.options.mptcp.capableLength >= 20) {
        assertEquals(header.options.mptcp.senderKey.toString(), key.value.toString());
      }
    });
    sockets.push([socket, listener.accept()!]);
  }
  for (const [i, [socket, other]] of sockets.entries()) {
    assertEquals([socket.state, other.isMultipath], ["established", true]);
    // The tokens of the server are its own choice, and name its connections.
    assertEquals(new Set(sockets.map(([, { localKey }]) => localKey.token)).size, 3);
    if (i === 0) socket.write(Uint8Array.of(7), 10_000);
  }
  exchange(10_000);
  assertEquals(sockets.map(([, other]) => other.readable), [1, 0, 0]);
  assertEquals(server.counters.MPTcpExtMPCapableACKRX, 3);
});
