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
  assertThrows(
    () => resolveOptions(given, DEFAULT_SOCKET_OPTIONS),
    TypeError,
    'there is no option "nodelay"; did you mean noDelay?',
  );
});

Deno.test("as much can be sent as can be received unless somebody wants it otherwise (RFC 8684 3.3.5-4)", () => {
  const { sendBuffer, receiveBuffer } = resolveOptions({}, DEFAULT_SOCKET_OPTIONS);
  assertEquals(sendBuffer >= receiveBuffer, true);
});

Deno.test("an option of the wrong type or out of its range is refused, with the value and what it must be", () => {
  const cases: readonly (readonly [object, typeof TypeError | typeof RangeError, string])[] = [
    [{ retries: -1 }, RangeError, "Cannot set retries to -1: it must be a whole number of at least 0"],
    [{ retries: 1.5 }, RangeError, "Cannot set retries to 1.5: it must be a whole number of at least 0"],
    [{ retries: "5" }, TypeError, 'Cannot set retries to "5": it must be a whole number of at least 0'],
    [{ keepAliveProbes: 0 }, RangeError, "Cannot set keepAliveProbes to 0: it must be a whole number of at least 1"],
    [{ noDelay: "yes" }, TypeError, 'Cannot set noDelay to "yes": it must be true or false'],
    [{ ecn: "yes" }, RangeError, 'Cannot set ecn to "yes": it must be "ask" or "answer" or "never"'],
    [{ ecn: true }, TypeError, 'Cannot set ecn to true: it must be "ask" or "answer" or "never"'],
    [
      { userTimeout: "5 s" },
      TypeError,
      'Cannot set userTimeout to "5 s": it must be a number of at least 0 microseconds',
    ],
    [{ userTimeout: NaN }, RangeError, "Cannot set userTimeout to NaN: it must be a number of at least 0 microseconds"],
    [{ dscp: 64 }, RangeError, "Cannot set dscp to 64: it must be a whole number from 0 to 63"],
    [
      { sendBuffer: null },
      TypeError,
      "Cannot set sendBuffer to null: it must be a whole number from 1 to 1073725440 bytes",
    ],
  ];
  for (const [given, errorClass, message] of cases) {
    assertEquals(assertThrows(() => resolveOptions(given, DEFAULT_SOCKET_OPTIONS), errorClass).message, message);
  }
  for (const given of ["noDelay", null, [1]]) {
    assertThrows(() => resolveOptions(given as never, DEFAULT_SOCKET_OPTIONS), TypeError, "options must be an object");
  }
});

Deno.test("the defaults are allowed, undefined is not given, and what is not bounded may be infinite", () => {
  assertEquals(resolveOptions(DEFAULT_SOCKET_OPTIONS, DEFAULT_SOCKET_OPTIONS), DEFAULT_SOCKET_OPTIONS);
  assertEquals(resolveOptions({ retries: undefined } as never, DEFAULT_SOCKET_OPTIONS), DEFAULT_SOCKET_OPTIONS);
  const endless = { retries: Infinity, timeWait: Infinity, announceTimeout: 0.5 };
  assertEquals(resolveOptions(endless, DEFAULT_SOCKET_OPTIONS), { ...DEFAULT_SOCKET_OPTIONS, ...endless });
});
