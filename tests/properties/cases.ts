/**
 * Transfers of every kind that the simulator can make.
 *
 * @module
 */

import fc from "fast-check";
import type { TcpSettings } from "../../core/mod.ts";
import type { LinkOptions } from "../../sim/link.ts";
import {
  type Blow,
  CALM_FROM,
  type Case,
  CONGESTIONS,
  type Direction,
  type EndCase,
  type Outage,
  PATH_MANAGERS,
  type PathCase,
  SCHEDULERS,
  type Side,
  type Squeeze,
} from "../harness/mod.ts";

/** A whole number from `low` to `high`, each power of two as likely as the next. */
function spread(low: number, high: number): fc.Arbitrary<number> {
  const exponent = fc.integer({ min: 0, max: 1000 });
  return exponent.map((n) => Math.min(high, Math.floor(low * (high / low) ** (n / 1000))));
}

/** Mostly 0, else up to `high`, in steps of a hundredth. */
function chance(high: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    fc.integer({ min: 1, max: 100 * high }).map((n) => n / 100),
  );
}

const loss: fc.Arbitrary<NonNullable<LinkOptions["loss"]>> = fc.oneof(
  chance(0.4),
  fc.record({
    goodToBad: fc.constantFrom(0.001, 0.01, 0.05),
    badToGood: fc.constantFrom(0.1, 0.3, 0.5),
    lossInBad: fc.constantFrom(0.5, 1),
  }),
);

const link: fc.Arbitrary<LinkOptions> = fc.record({
  rate: fc.oneof(spread(128e3, 1e9), fc.constant(Infinity)),
  delay: fc.oneof(fc.constant(0), spread(1, 400)),
  queue: fc.oneof(
    spread(1, 1000).map((packets) => ({ packets })),
    spread(1500, 1e6).map((bytes) => ({ bytes })),
    fc.constant({ codel: {} }),
    fc.constant({ red: {} }),
  ),
  loss,
  jitter: fc.oneof(fc.constant(0), spread(1, 200)),
  reorder: fc.record({ probability: chance(0.5), delay: spread(1, 500) }),
  duplicate: chance(0.5),
  corrupt: chance(0.2),
});

const outage: fc.Arbitrary<Outage> = fc.record({
  at: fc.oneof(spread(1, CALM_FROM / 2), fc.integer({ min: 0, max: CALM_FROM / 2 })),
  length: spread(1, CALM_FROM / 2),
  outage: fc.constantFrom("lose", "hold"),
});

/** A path with everything that can be wrong with it, until all is calm. */
export const anyPath: fc.Arbitrary<PathCase> = fc.record({
  family: fc.constantFrom(4, 6),
  hasOwnServer: fc.boolean(),
  up: link,
  down: link,
  outages: fc.array(outage, { maxLength: 3 }),
  backup: fc.boolean(),
});

const buffer = fc.oneof({ weight: 2, arbitrary: spread(20_000, 1 << 22) }, spread(1, 20_000));

const end: fc.Arbitrary<EndCase> = fc.record({
  scheduler: names(SCHEDULERS),
  congestion: names(CONGESTIONS),
  pathManager: names(PATH_MANAGERS),
  options: fc.record({
    sendBuffer: buffer,
    receiveBuffer: buffer,
    noDelay: fc.boolean(),
    checksum: fc.boolean(),
    multipath: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
    timestamps: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    selectiveAcknowledgments: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  }),
  size: fc.oneof(fc.constant(0), spread(1, 300_000)),
  program: fc.record({
    writeChunk: spread(1, 100_000),
    writeEvery: fc.constantFrom(0, 0, 0, 1, 50),
    readChunk: spread(1, 100_000),
    readEvery: fc.constantFrom(0, 0, 0, 1, 50),
    endsAfter: fc.constantFrom("writing", "reading"),
    closes: fc.boolean(),
    lends: fc.boolean(),
    posts: fc.constantFrom("never" as const, "always" as const, "by turns" as const),
  }),
});

const transfer: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  mtu: fc.constantFrom(1500, 1500, 1280, 9000),
  paths: fc.array(anyPath, { minLength: 1, maxLength: 3 }),
  client: end,
  server: end,
}).map(feasible);

/** Any transfer; half of them with more of everything, since small values come first with fast-check. */
export const anyCase: fc.Arbitrary<Case> = fc.oneof(fc.noBias(transfer), transfer);

const at = fc.oneof(spread(1, CALM_FROM), fc.integer({ min: 0, max: 2000 }));
const side = fc.constantFrom<Side>("client", "server");
const which = fc.integer({ min: 0, max: 2 });

const blow: fc.Arbitrary<Blow> = fc.oneof(
  fc.record({ type: fc.constant("address" as const), at, path: which, length: spread(1, CALM_FROM) }),
  fc.record({ type: fc.constant("reset" as const), at, side, subflow: which }),
  fc.record({ type: fc.constant("end" as const), at, side, subflow: which }),
  // From the first SYN on: RFC 8684 section 3.7 leaves it open how an end learns that the other has fallen back later.
  fc.record({
    type: fc.constant("strip" as const),
    at,
    path: which,
    direction: fc.constantFrom<Direction>("up", "down"),
  }),
  fc.record({ type: fc.constant("abort" as const), at, side }),
  fc.record({ type: fc.constant("close" as const), at, side }),
  fc.record({ type: fc.constant("scheduler" as const), at, side, name: names(SCHEDULERS) }),
  fc.record({ type: fc.constant("buffer" as const), at, side, bytes: buffer }),
  fc.record({ type: fc.constant("priority" as const), at, side, subflow: which, backup: fc.boolean() }),
  fc.record({ type: fc.constant("withdraw" as const), at, side, address: which }),
);

/** A transfer, and what is done to it. */
export interface Beating {
  readonly given: Case;
  readonly blows: readonly Blow[];
}

/** Any transfer, and what is done to it. Peers that say nothing more are found out. */
export const anyBeating: fc.Arbitrary<Beating> = beaten(anyCase);

function beaten(cases: fc.Arbitrary<Case>): fc.Arbitrary<Beating> {
  return fc.record({ given: cases.map(vigilant), blows: fc.array(blow, { minLength: 1, maxLength: 4 }) });
}

function vigilant(given: Case): Case {
  const watch = (end: EndCase): EndCase => ({
    ...end,
    options: { ...end.options, closeTimeout: 60e6, keepAlive: true, keepAliveTime: 60e6 },
  });
  return { ...given, client: watch(given.client), server: watch(given.server) };
}

/** Sizes for which buffers and programs do not take too many packets, and an order of closing in which someone begins. */
function feasible(given: Case): Case {
  const { client, server } = given;
  const cut = (sender: EndCase, receiver: EndCase): EndCase => {
    const step = Math.min(
      sender.options.sendBuffer!,
      receiver.options.receiveBuffer!,
      sender.program.writeEvery === 0 ? Infinity : sender.program.writeChunk!,
      receiver.program.readEvery === 0 ? Infinity : receiver.program.readChunk!,
    );
    return { ...sender, size: Math.min(sender.size, 300 * step) };
  };
  const isMutual = client.program.endsAfter === "reading" && server.program.endsAfter === "reading";
  const first: EndCase = isMutual ? { ...client, program: { ...client.program, endsAfter: "writing" } } : client;
  return { ...given, client: cut(first, server), server: cut(server, client) };
}

function names<T extends object>(table: T): fc.Arbitrary<keyof T> {
  return fc.constantFrom(...Object.keys(table) as (keyof T)[]);
}

/** Any transfer over paths that become narrower and wider, and whose routers say so or keep silent. */
export const anySqueezed: fc.Arbitrary<Case> = fc.tuple(
  anyCase,
  fc.array(
    fc.record({
      at: fc.oneof(fc.constant(0), spread(1, CALM_FROM), fc.integer({ min: 0, max: 2000 })),
      path: which,
      direction: fc.constantFrom<Direction>("up", "down"),
      // How much less than the largest packet, from none to all that may be.
      share: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000)),
      tells: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  fc.constantFrom(0, 0, 5000, 65_000),
  fc.constantFrom<TcpSettings["mtuProbing"]>("after-black-hole", "after-black-hole", "always"),
).map(([given, squeezes, superSegment, mtuProbing]) => squeezed(given, squeezes, superSegment, mtuProbing));

/** What of a packet IPv4 must carry whole here, and what IPv6 must (RFC 8200 section 5). */
const LEAST_MTU = { 4: 128, 6: 1280 } as const;

function squeezed(
  given: Case,
  squeezes: readonly (Omit<Squeeze, "mtu"> & { readonly share: number })[],
  superSegment: number,
  mtuProbing: TcpSettings["mtuProbing"],
): Case {
  const probing = (end: EndCase): EndCase => ({ ...end, options: { ...end.options, mtuProbing } });
  return {
    ...given,
    paths: given.paths.map((path) => ({ ...path, superSegment })),
    client: probing(given.client),
    server: probing(given.server),
    squeezes: squeezes.map(({ share, path: drawn, ...squeeze }) => {
      const path = drawn % given.paths.length;
      const least = LEAST_MTU[given.paths[path]!.family];
      return { ...squeeze, path, mtu: Math.round(least + share * (given.mtu - least)) };
    }),
  };
}

/** The same, and something is done to it. */
export const anySqueezedBeating: fc.Arbitrary<Beating> = beaten(anySqueezed);
