import { assertEquals } from "@std/assert";
import { ADD_ADDR, DSS, MP_PRIO } from "../../core/wire/mptcp.ts";
import type { TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { dropOptions, stripOptions } from "./mod.ts";

const withOptions = (header: TcpHeader): void => {
  header.options.hasTimestamp = true;
  header.options.timestampValue = 7;
  header.options.timestampEcho = 8;
  header.options.mptcp.present = DSS | MP_PRIO;
  header.options.mptcp.dataAckBytes = 4;
};

Deno.test("Multipath TCP options become padding, others and the payload stay, and the checksum is right", () => {
  const [passed] = new LoneBox(stripOptions()).send("forward", { edit: withOptions, text: "abc" });
  assertEquals(passed!.mptcp, 0);
  assertEquals([passed!.timestamps, passed!.payload, passed!.verifies], [[7, 8], "abc", true]);
});

Deno.test("only the options that are meant go: by kind, or by subtype", () => {
  const seen = (options: Parameters<typeof stripOptions>[0]) => {
    const [passed] = new LoneBox(stripOptions(options)).send("forward", { edit: withOptions });
    return [passed!.mptcp, passed!.timestamps !== null];
  };
  assertEquals(seen({ kinds: [8] }), [DSS | MP_PRIO, false]);
  assertEquals(seen({ kinds: [8, 30] }), [0, false]);
  assertEquals(seen({ subtypes: [5] }), [DSS, true]);
  assertEquals(seen({ subtypes: [Math.log2(ADD_ADDR)] }), [DSS | MP_PRIO, true]);
});

Deno.test("a firewall drops segments with options that it does not know, and no others", () => {
  const bench = new LoneBox(dropOptions({ subtypes: [5] }));
  assertEquals(bench.send("forward", { edit: withOptions }), []);
  assertEquals(bench.send("forward").length, 1);
  assertEquals(new LoneBox(dropOptions({ kinds: [28] })).send("forward", { edit: withOptions }).length, 1);
});

Deno.test("a malformed list of options is left alone behind the fault", () => {
  const strip = stripOptions();
  const bench = new LoneBox((frame, direction, place) => {
    // A timestamps option that claims to be longer than the header.
    frame.bytes[frame.start + 23] = 200;
    const before = frame.bytes.slice(frame.start, frame.end);
    strip(frame, direction, place);
    assertEquals(frame.bytes.slice(frame.start, frame.end), before);
    return false;
  });
  assertEquals(bench.send("forward", { edit: withOptions }), []);
});
