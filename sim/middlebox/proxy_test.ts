import { assert, assertEquals } from "@std/assert";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK, RST, SYN, type TcpHeader } from "../../core/wire/tcp.ts";
import { LoneBox, type Passed } from "../../tests/lone_box.ts";
import { acknowledgeEarly, type ProxyOptions } from "./proxy.ts";

const speaking = (header: TcpHeader): void => {
  header.options.hasTimestamp = true;
  header.options.timestampValue = 55;
  header.options.timestampEcho = 1;
  header.options.mptcp.present = DSS;
  header.options.mptcp.dataAckBytes = 4;
};

/** A proxy on a subflow that is open: the client's next byte is 101, the server's 901. */
function open(options: ProxyOptions = {}): LoneBox {
  const bench = new LoneBox(acknowledgeEarly({ direction: "forward", ...options }));
  bench.send("forward", { flags: SYN, sequence: 100 });
  bench.send("backward", { flags: SYN | ACK, sequence: 900, acknowledgment: 101 });
  bench.send("backward", { sequence: 901, acknowledgment: 101, edit: speaking });
  return bench;
}

const split = (passed: readonly Passed[]) =>
  (["forward", "backward"] as const).map((direction) => passed.filter((it) => it.direction === direction));

const DATA = { sequence: 101, acknowledgment: 901, text: "abc", edit: speaking };

for (const copiesOptions of [false, true]) {
  Deno.test(`data is acknowledged in the receiver's name${copiesOptions ? ", with its options" : ""}`, () => {
    const bench = open({ copiesOptions });
    const [forward, [ack]] = split(bench.send("forward", DATA)) as [Passed[], [Passed]];
    assertEquals(forward.map(({ payload }) => payload), ["abc"]);
    assertEquals([ack.source, ack.sourcePort, ack.destination, ack.destinationPort], [
      "10.0.0.2",
      80,
      "10.0.0.1",
      5000,
    ]);
    assertEquals([ack.sequence, ack.acknowledgment, ack.payload, ack.timestamps], [901, 104, "", [55, 55]]);
    assertEquals([ack.mptcp, ack.verifies], [copiesOptions ? DSS : 0, true]);
  });
}

Deno.test("what the receiver does not acknowledge is sent again from the box, until it does", () => {
  const bench = open({ timeout: 100 });
  bench.send("forward", DATA);
  bench.passed.length = 0;
  assertEquals(bench.wait(250).map(({ sequence, payload, at }) => [sequence, payload, at]), [
    [101, "abc", 100],
    [101, "abc", 200],
  ]);
  bench.send("backward", { sequence: 901, acknowledgment: 104 });
  bench.passed.length = 0;
  assertEquals(bench.wait(1000), []);
  assertEquals(bench.simulator.frames.inUse, 0);
});

Deno.test("data that the box has is acknowledged again and goes no further; what leaves a hole is dropped", () => {
  const bench = open();
  bench.send("forward", DATA);
  const [forward, backward] = split(bench.send("forward", DATA));
  assertEquals([forward, backward!.map(({ acknowledgment }) => acknowledgment)], [[], [104]]);
  assertEquals(bench.send("forward", { ...DATA, sequence: 200 }), []);
  assertEquals(split(bench.send("forward", { sequence: 200, acknowledgment: 901 }))[0]!.length, 1, "a bare ACK passes");
});

Deno.test("what is damaged is not acknowledged", () => {
  const bench = open();
  const proxy = bench.box.process;
  bench.box.process = (frame, ...rest) => {
    frame.fillChecksum();
    frame.bytes[frame.end - 1] = frame.bytes[frame.end - 1]! ^ 1;
    frame.isIntact = false;
    return proxy(frame, ...rest);
  };
  assertEquals(bench.send("forward", DATA), []);
});

Deno.test("nobody hears that the receiver has less than was said", () => {
  const bench = open();
  bench.send("forward", DATA);
  assertEquals(bench.send("backward", { sequence: 901, acknowledgment: 101 })[0]!.acknowledgment, 104);
  assertEquals(bench.send("backward", { sequence: 901, acknowledgment: 104 })[0]!.acknowledgment, 104);
});

Deno.test("a box that comes late begins where nothing is on its way", () => {
  const bench = open();
  assertEquals(split(bench.send("forward", { ...DATA, sequence: 500 }))[1], []);
  bench.send("backward", { sequence: 901, acknowledgment: 503 });
  assertEquals(split(bench.send("forward", { ...DATA, sequence: 503 }))[1]!.length, 1);
});

Deno.test("a reset ends it, and so does a receiver that never answers", () => {
  const reset = open();
  reset.send("forward", DATA);
  reset.send("backward", { flags: RST, sequence: 901 });
  assertEquals(reset.simulator.frames.inUse, 0);
  const silent = open();
  silent.send("forward", DATA);
  silent.wait(100_000);
  assertEquals([silent.simulator.frames.inUse, silent.simulator.pendingEvents], [0, 0]);
  assert(silent.box.counters.injected > 10);
});
