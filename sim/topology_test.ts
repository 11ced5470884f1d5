import { assert, assertEquals, assertThrows } from "@std/assert";
import { lia } from "../congestion/mod.ts";
import { passive } from "../pathmanagers/mod.ts";
import { minRtt } from "../schedulers/mod.ts";
import { makeFrame, Sink } from "../tests/frames.ts";
import type { Node, Port } from "./node.ts";
import { Simulator } from "./simulator.ts";
import { Network } from "./topology.ts";

/** A node that takes everything, and sends by hand. */
class End extends Sink implements Node {
  readonly forwards = false;
  readonly name: string;
  readonly ports: Port[] = [];

  constructor(simulator: Simulator, name: string) {
    super(simulator);
    this.name = name;
  }

  attach(port: Port): void {
    this.ports.push(port);
  }
}

function setUp(): { sim: Simulator; network: Network; end: (name: string) => End } {
  const sim = new Simulator();
  const network = new Network(sim);
  return { sim, network, end: (name) => network.add(new End(sim, name)) };
}

Deno.test("routers find the shortest way by themselves, in both families", () => {
  const { sim, network, end } = setUp();
  const [left, right] = [end("left"), end("right")];
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => network.router(name));
  network.connect(left, a!, { addresses: [["10.0.0.1", "fd00::1"]] });
  network.connect(a!, b!);
  network.connect(b!, d!);
  network.connect(a!, c!);
  network.connect(c!, b!);
  network.connect(d!, right, { addresses: [[], ["10.0.1.1", "fd00:1::1"]] });
  left.ports[0]!.link.send(makeFrame(sim, { sequence: 1, source: "10.0.0.1", destination: "10.0.1.1" }));
  left.ports[0]!.link.send(makeFrame(sim, { sequence: 2, source: "fd00::1", destination: "fd00:1::1" }));
  right.ports[0]!.link.send(makeFrame(sim, { sequence: 3, source: "10.0.1.1", destination: "10.0.0.1" }));
  left.ports[0]!.link.send(makeFrame(sim, { sequence: 4, source: "10.0.0.1", destination: "10.0.9.9" }));
  const limits: number[] = [];
  right.inspect = (frame) => {
    limits.push(frame.view.getUint8(frame.ipStart + (frame.source.family === 4 ? 8 : 7)));
    frame.fillChecksum();
    frame.isIntact = false;
    assert(frame.verifies());
  };
  sim.runUntil(1e6);
  assertEquals(right.sequences, [1, 2]);
  assertEquals(limits, [61, 61]);
  assertEquals(left.sequences, [3]);
  assertEquals(left.errors, 1, "there is no way to 10.0.9.9");
  assertEquals(a!.counters, { forwarded: 3, noRoute: 1, hopLimit: 0, tooBig: 0, errorsSent: 1 });
  assertEquals(c!.counters.forwarded, 0);
  assertEquals(sim.frames.inUse, 0);
});

Deno.test("flows spread over equal paths, and each keeps to its own", () => {
  const { sim, network, end } = setUp();
  const [left, right] = [end("left"), end("right")];
  const [a, b] = [network.router("a"), network.router("b")];
  network.connect(left, a, { addresses: ["10.0.0.1"] });
  const paths = [0, 1, 2, 3].map((i) => {
    const router = network.router(`path ${i}`);
    network.connect(a, router);
    network.connect(router, b);
    return router;
  });
  network.connect(right, b, { addresses: ["10.0.1.1"] });
  for (let i = 0; i < 4000; i++) {
    sim.at(i, () => left.ports[0]!.link.send(makeFrame(sim, { destination: "10.0.1.1", sourcePort: 1000 + i % 400 })));
  }
  sim.runUntil(1e9);
  const forwarded = paths.map(({ counters }) => counters.forwarded);
  assertEquals(forwarded.reduce((a, b) => a + b), 4000);
  for (const count of forwarded) {
    assertEquals(count % 10, 0, "all ten packets of a flow take one path");
    assert(count > 700 && count < 1300, `uneven: ${forwarded}`);
  }
});

Deno.test("routes given by hand come first, the longest prefix before others", () => {
  const { sim, network, end } = setUp();
  const [source, one, two] = [end("source"), end("one"), end("two")];
  const router = network.router("router");
  network.connect(source, router, { addresses: ["10.0.0.1"] });
  const toOne = network.connect(router, one, { addresses: [[], "10.1.0.1"] });
  const toTwo = network.connect(router, two);
  router.addRoute("10.1.0.0/16", toTwo.forward);
  router.addRoute("10.1.2.0/23", toOne.forward);
  router.addRoute("0.0.0.0/0", toOne.forward);
  for (const [sequence, destination] of ["10.1.0.1", "10.1.3.255", "10.1.4.0", "192.0.2.1"].entries()) {
    source.ports[0]!.link.send(makeFrame(sim, { sequence, destination }));
  }
  sim.runUntil(1e6);
  assertEquals(one.sequences, [1, 3]);
  assertEquals(two.sequences, [0, 2]);
  assertThrows(() => router.addRoute("10.0.0.0/33", toOne.forward), TypeError, "the length must be 0 to 32");
});

Deno.test("a packet that goes in circles is dropped in the end", () => {
  const { sim, network, end } = setUp();
  const source = end("source");
  const [a, b] = [network.router("a"), network.router("b")];
  network.connect(source, a, { addresses: ["10.0.0.1"] });
  const circle = network.connect(a, b);
  a.addRoute("10.9.0.0/16", circle.forward);
  b.addRoute("10.9.0.0/16", circle.backward);
  source.ports[0]!.link.send(makeFrame(sim, { destination: "10.9.0.1" }));
  sim.runUntil(1e6);
  // The second router has the packet last, and its error goes by way of the first.
  assertEquals([a.counters.forwarded, b.counters.forwarded], [33, 31]);
  assertEquals(a.counters.hopLimit + b.counters.hopLimit, 1);
  assertEquals(source.errors, 1);
  assertEquals(sim.frames.inUse, 0);
});

Deno.test("directions may differ, and both can be changed together", () => {
  const { sim, network, end } = setUp();
  const link = network.connect(end("a"), end("b"), { rate: 1e6, delay: 5, backward: { rate: 2e6 } });
  assertEquals([link.forward.options.rate, link.backward.options.rate], [1e6, 2e6]);
  link.set({ delay: 7, forward: { loss: 0.5 } });
  assertEquals([link.forward.options.delay, link.backward.options.delay], [7, 7]);
  assertEquals([link.forward.options.loss, link.backward.options.loss], [0.5, undefined]);
  assertEquals(network.links.get("a-b"), link);
  link.schedule([{ at: 10, up: false }, { at: 20, up: true, backward: { rate: 3e6 } }]);
  const states: unknown[] = [];
  for (const ms of [9, 10, 20]) {
    sim.runUntil(1000 * ms);
    states.push([link.forward.options.up, link.backward.options.up, link.backward.options.rate]);
  }
  assertEquals(states, [[undefined, undefined, 2e6], [false, false, 2e6], [true, true, 3e6]]);
});

Deno.test("what cannot be is refused with a reason", () => {
  const { sim, network, end } = setUp();
  const [a, b] = [end("a"), end("b")];
  network.connect(a, b, { addresses: ["10.0.0.1", "10.0.0.2"], name: "x" });
  assertThrows(() => network.connect(a, b, { name: "x" }), TypeError, "Cannot add link x: the name is taken");
  assertThrows(
    () => network.connect(b, a, { addresses: ["10.0.0.1"] }),
    TypeError,
    "Cannot give 10.0.0.1 to b: a has it",
  );
  assertThrows(() => network.connect(a, new End(sim, "c")), TypeError, "add() it first");
  assertThrows(() => network.router("a"), TypeError, "Cannot add node a");
  assertThrows(() => network.host("h"), TypeError, "give a scheduler");
  const options = { scheduler: minRtt(), congestion: lia(), pathManager: passive() };
  assertThrows(() => network.host("h", options).addressDown("10.0.0.7"), TypeError, "h has no address");
});
