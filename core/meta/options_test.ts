import { assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_TCP_SETTINGS } from "../tcp/settings.ts";
import { DEFAULT_SOCKET_OPTIONS, OPTION_SCOPES, resolveOptions, type SocketOptions } from "./options.ts";

Deno.test("what is not given is as before, and nothing given is changed", () => {
  const options = resolveOptions({ noDelay: true, sendBuffer: 5000 }, DEFAULT_SOCKET_OPTIONS);
  assertEquals(options, { ...DEFAULT_SOCKET_OPTIONS, noDelay: true, sendBuffer: 5000 });
  assertEquals(resolveOptions({}, options), options);
});

Deno.test("every option has a scope, and those of subflows are those of TCP", () => {
  assertEquals(Object.keys(OPTION_SCOPES).sort(), Object.keys(DEFAULT_SOCKET_OPTIONS).sort());
  const ofSubflows = Object.entries(OPTION_SCOPES).filter(([, scope]) => scope === "subflow").map(([name]) => name);
  assertEquals(ofSubflows.sort(), Object.keys(DEFAULT_TCP_SETTINGS).sort());
});

Deno.test("buffers are between a byte and what window scaling can express", () => {
  for (const name of ["sendBuffer", "receiveBuffer"] as const) {
    for (const bytes of [0, -1, NaN, 0xffff * 2 ** 14 + 1]) {
      assertThrows(() => resolveOptions({ [name]: bytes }, DEFAULT_SOCKET_OPTIONS), RangeError, `Cannot set ${name}`);
    }
    assertEquals(resolveOptions({ [name]: 1 }, DEFAULT_SOCKET_OPTIONS)[name], 1);
  }
});

Deno.test("what goes into the IP header fits its field", () => {
  for (const [name, least, most] of [["dscp", 0, 63], ["hopLimit", 1, 255]] as const) {
    for (const value of [least - 1, most + 1, least + 0.5, NaN]) {
      assertThrows(() => resolveOptions({ [name]: value }, DEFAULT_SOCKET_OPTIONS), RangeError, `Cannot set ${name}`);
    }
    for (const value of [least, most]) {
      assertEquals(resolveOptions({ [name]: value }, DEFAULT_SOCKET_OPTIONS)[name], value);
    }
  }
});

Deno.test("the window scale allows for the receive buffer", () => {
  const receiveBuffer = 100 * 1024 * 1024;
  assertEquals(resolveOptions({ receiveBuffer }, DEFAULT_SOCKET_OPTIONS).maximumWindow, receiveBuffer);
});

Deno.test("an unknown option is an error of the caller that names those there are", () => {
  const given = { nodelay: true } as Partial<SocketOptions>;
  assertThrows(() => resolveOptions(given, DEFAULT_SOCKET_OPTIONS), TypeError, 'Cannot set option "nodelay"');
});

Deno.test("as much can be sent as can be received unless somebody wants it otherwise (RFC 8684 3.3.5-4)", () => {
  const { sendBuffer, receiveBuffer } = resolveOptions({}, DEFAULT_SOCKET_OPTIONS);
  assertEquals(sendBuffer >= receiveBuffer, true);
});
