import { assertEquals, assertThrows } from "@std/assert";
import { createHost, memoryPair, type Transport, udp } from "../mod.ts";

Deno.test("what is no transport is refused, with what would be one", () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [memoryPair(), "an array; memoryPair() returns two, each host takes one"],
    [udp, "a function; call it"],
    [Promise.resolve(memoryPair()[0]), "a Promise; await it"],
    ["udp", '"udp"'],
    [undefined, "undefined"],
    [{ open() {} }, "an object"],
  ];
  for (const [value, kind] of wrong) {
    const transports = [memoryPair()[0], value as Transport];
    const { message } = assertThrows(() => createHost({ transports }), TypeError);
    assertEquals(message, `Cannot create host: transports[1] must be a transport, is ${kind}`);
  }
});

Deno.test("a host takes a list of transports, and one at least", () => {
  for (const transports of [[], memoryPair()[0], undefined]) {
    const reason = "transports must be an array with at least one transport";
    assertThrows(() => createHost({ transports: transports as Transport[] }), TypeError, reason);
  }
});
