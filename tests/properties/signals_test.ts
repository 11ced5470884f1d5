/**
 * What an end says of addresses and priorities reaches the other, whatever gets lost on the way.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { MetaSocket } from "../../core/meta/socket.ts";
import type { Subflow } from "../../core/meta/subflow.ts";
import type { Endpoint } from "../../core/plugin.ts";
import { begin, CALM_FROM, type Case, type EndCase, type Saying, type Side, speak } from "../harness/mod.ts";
import { anyPath } from "./cases.ts";
import { runs } from "./runs.ts";

/** By then the last repetition has left on the slowest path, in milliseconds. */
const LEARNT_BY = CALM_FROM + 300_000;

/** Says nothing, and waits for the other to end. */
const SILENT: EndCase = {
  scheduler: "min-rtt",
  congestion: "lia",
  pathManager: "full-mesh",
  options: {},
  size: 0,
  program: { endsAfter: "reading" },
};
/** Writes a little all the time. */
const TALKATIVE: EndCase = { ...SILENT, size: 1500, program: { writeChunk: 1, writeEvery: 250, endsAfter: "reading" } };

const at = fc.integer({ min: 0, max: CALM_FROM + 1000 });
const side = fc.constantFrom<Side>("client", "server");
const path = anyPath.map((path) => ({ ...path, hasOwnServer: true }));
const given: fc.Arbitrary<Case> = fc.noBias(fc.record({
  seed: fc.nat(),
  mtu: fc.constant(1500),
  paths: fc.array(path, { minLength: 2, maxLength: 3 }),
  client: fc.constantFrom(SILENT, TALKATIVE),
  server: fc.constantFrom(SILENT, TALKATIVE),
}));
const priority = fc.record({
  type: fc.constant("priority" as const),
  at,
  side,
  subflow: fc.nat(3),
  backup: fc.boolean(),
});
const withdrawal = fc.record({
  type: fc.constant("withdraw" as const),
  at,
  side: fc.constant<Side>("server"),
  address: fc.integer({ min: 1, max: 2 }),
});

/** Both ends at a time when each has learnt what there is to learn, if the connection is still multipath. */
interface Afterwards {
  readonly ends: Record<Side, MetaSocket>;
  /** What could be said. */
  readonly said: readonly Saying[];
}

function afterwards(given: Case, sayings: readonly Saying[]): Afterwards | null {
  const { world, running } = begin(given);
  const said: Saying[] = [];
  for (const saying of sayings) {
    world.simulator.at(saying.at, () => {
      const transfer = running[saying.side];
      if (transfer !== undefined && speak(world[saying.side], transfer.socket, saying)) said.push(saying);
    });
  }
  world.until(LEARNT_BY);
  const { client, server } = running;
  if (server === undefined) return null;
  const ends = { client: client.socket, server: server.socket };
  const isOpen = Object.values(ends).every(({ state, isMultipath }) => state === "established" && isMultipath);
  return isOpen && shared(ends).length > 0 ? { ends, said } : null;
}

/** The subflows that both ends use, as the two see them. */
function shared({ client, server }: Record<Side, MetaSocket>): readonly (readonly [Subflow, Subflow])[] {
  const pairs: [Subflow, Subflow][] = [];
  for (const own of client.subflows) {
    const other = server.subflows.find(({ local, remote }) => {
      return isSame(local, own.remote) && isSame(remote, own.local);
    });
    if (other?.usable && own.usable) pairs.push([own, other]);
  }
  return pairs;
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

Deno.test("priorities reach the peer whatever gets lost", () => {
  let backups = 0;
  fc.assert(
    fc.property(given, fc.array(priority, { minLength: 1, maxLength: 6 }), (given, sayings) => {
      const after = afterwards(given, sayings);
      for (const [client, server] of after === null ? [] : shared(after.ends)) {
        assertEquals([server.isRemoteBackup, client.isRemoteBackup], [client.isLocalBackup, server.isLocalBackup]);
        backups += client.isLocalBackup || server.isLocalBackup ? 1 : 0;
      }
    }),
    runs(100),
  );
  assert(backups > 30, `${backups}`);
});

Deno.test("withdrawals reach the peer whatever gets lost", () => {
  let withdrawn = 0;
  fc.assert(
    fc.property(given, fc.array(withdrawal, { minLength: 1, maxLength: 2 }), (given, sayings) => {
      const after = afterwards(given, sayings);
      if (after === null) return;
      const { client, server } = after.ends;
      const gone = after.said.map((it) => it.type === "withdraw" && server.paths.localAddresses[it.address]?.id);
      withdrawn += gone.length;
      assertEquals(client.paths.remoteAddresses.filter(({ id }) => gone.includes(id)), []);
      assertEquals(client.subflows.filter(({ remoteAddressId }) => gone.includes(remoteAddressId)), []);
    }),
    runs(100),
  );
  assert(withdrawn > 30, `${withdrawn}`);
});
