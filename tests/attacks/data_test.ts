/**
 * Bytes that come twice and differ, bytes from outside of the window, and mappings that contradict each other.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { MetaSocket, SocketOptions } from "../../core/mod.ts";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK } from "../../core/wire/tcp.ts";
import { bothWays, PORT, World } from "../harness/mod.ts";
import { Attacker } from "./attacker.ts";

const PATHS = [{ client: "10.0.0.1", server: "10.0.9.1", ...bothWays(10, 5) }];

/** An open connection whose peer says what a test lets it say. */
class Victim {
  readonly world: World;
  readonly server: MetaSocket;
  readonly client: MetaSocket;
  readonly #attacker: Attacker;
  readonly #close: () => void;

  constructor(options: Partial<SocketOptions>) {
    const world = this.world = new World({ paths: PATHS, client: { options }, server: { options } });
    this.#attacker = new Attacker(world);
    const listener = world.server.stack.listen({ port: PORT }, 0);
    const { address } = world.server.stack.localAddresses[0]!;
    this.client = world.client.stack.connect({ remote: { address, port: PORT } }, 0);
    world.client.act(() => {});
    world.until(100);
    this.server = listener.accept() as MetaSocket;
    this.#close = () => world.server.act((now) => listener.close(now));
  }

  /** Sends bytes at `offset` of the stream, 0 for the first; with a mapping unless plain. */
  send(offset: number, payload: Uint8Array, mapping: { data?: number; length?: number } | null = {}): void {
    const { tcp } = this.server.subflows[0]!;
    const { path, peerSequence, initialSequence, recovery } = tcp;
    this.#attacker.send({
      from: path.remote,
      fromPort: path.remotePort,
      to: path.local,
      toPort: path.localPort,
      flags: ACK,
      sequence: peerSequence + 1 + offset,
      acknowledgment: initialSequence + recovery.board.nxt,
      window: 1000,
      payload,
      options: ({ mptcp }) => {
        if (!this.server.isMultipath || mapping === null) return;
        mptcp.present = DSS;
        mptcp.mappingBytes = 8;
        mptcp.dataSequence.setSum(this.server.remoteKey.firstSequence, mapping.data ?? offset);
        mptcp.subflowSequence = (1 + offset) >>> 0;
        mptcp.dataLength = mapping.length ?? payload.length;
      },
    });
    this.world.until(this.world.simulator.now() / 1000 + 10);
  }

  /** What the program reads now. */
  read(): number[] {
    const buffer = new Uint8Array(100_000);
    let count = 0;
    this.world.server.act((now) => count = this.server.read(buffer, now));
    return [...buffer.subarray(0, count)];
  }

  end(): void {
    this.world.client.act((now) => this.client.abort(now));
    this.world.server.act((now) => this.server.abort(now));
    this.#close();
    this.world.settle();
    this.world.assertClean();
  }
}

const KINDS: readonly (readonly [string, Partial<SocketOptions>])[] = [["Multipath TCP", {}], ["plain TCP", {
  multipath: false,
}]];

for (const [kind, options] of KINDS) {
  Deno.test(`what came first stands, whatever comes later for the same place: ${kind} (RFC 8684 3.3.1-1)`, () => {
    const piece = fc.record({ start: fc.nat(40), length: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const victim = new Victim(options);
        const expected: number[] = [];
        pieces.forEach(({ start, length }, i) => {
          if (victim.server.subflows.length === 0) return;
          // The mapping is always the same line; the bytes are another each time.
          victim.send(start, new Uint8Array(length).fill(i + 1));
          for (let at = start; at < start + length; at++) expected[at] ??= i + 1;
        });
        const read = victim.read();
        let inOrder = 0;
        while (expected[inOrder] !== undefined) inOrder++;
        assert(read.length <= inOrder);
        // Two mappings that overlap in part are refused (RFC 8684 section 3.3.1), so that less may have come.
        assertEquals(read, expected.slice(0, read.length));
        if (!victim.server.isMultipath) assertEquals(read.length, inOrder);
        victim.end();
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  Deno.test(`bytes from outside of the window are answered, and go nowhere: ${kind}`, () => {
    const victim = new Victim(options);
    const window = 65_536;
    for (const offset of [window, window + 1000, 10 * window, 2 ** 31 - 2000, -100, -1000, -window, -(2 ** 30)]) {
      victim.send(offset, new Uint8Array(100).fill(9));
      assertEquals([victim.read(), victim.server.subflows.length], [[], 1], `at ${offset}`);
      assertEquals(victim.world.server.stack.blocks.inUse, 0, `at ${offset}`);
    }
    victim.send(0, Uint8Array.of(1, 2, 3));
    assertEquals(victim.read(), [1, 2, 3]);
    victim.end();
  });
}

Deno.test("data sequence numbers from outside of the window are not kept, wherever the subflow is (RFC 8684 section 3.3.1)", () => {
  for (const data of [200_000, 10_000_000, 2 ** 40, -5000, -(2 ** 40)]) {
    const victim = new Victim({});
    victim.send(0, new Uint8Array(1000).fill(9), { data });
    // Before the stream there is nothing to map: the bytes wait for a mapping that does not come.
    if (data < 0) victim.world.until(10_000);
    assertEquals(victim.read(), []);
    assertEquals(victim.world.server.stack.blocks.inUse, 0, `at ${data}`);
    victim.end();
  }
});

Deno.test("a mapping that contradicts one that is known ends the subflow; its bytes reach nobody (RFC 8684 section 3.3.1)", () => {
  const victim = new Victim({});
  victim.send(100, new Uint8Array(100).fill(1));
  victim.send(100, new Uint8Array(100).fill(2), { data: 5000 });
  assertEquals(victim.server.subflows.length, 0);
  assert(victim.world.server.stack.counters.MPTcpExtDSSNotMatching > 0);
  assertEquals(victim.read(), []);
  victim.end();
});
