import { assert, assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";
import type { OurSegment } from "../../tests/harness/segments.ts";
import { PATH_MTU_LIFETIME } from "./path_mtu.ts";
import { probePayload } from "./mtu_probe.ts";
import type { TcpSettings } from "./settings.ts";

/** Established; both ends take packets of 1500 bytes, and a round trip of 50 ms is known. */
function established(settings: Partial<TcpSettings> = {}): SocketUnderTest {
  const under = SocketUnderTest.established(settings, { maximumSegmentSize: 1460 });
  const { rtt } = under.socket.recovery;
  rtt.smoothed = rtt.minimum = 0;
  for (let i = 0; i < 60; i++) rtt.update(50_000, 50_000, under.now);
  return under;
}

/** A path that takes packets of `mtu` bytes and a round trip of 50 ms; acknowledges what comes through. */
class Pipe {
  readonly under: SocketUnderTest;
  mtu: number;
  /** Payload of each segment that came through. */
  readonly through: number[] = [];
  /** Payload of each that did not. */
  readonly lost: number[] = [];
  readonly #has: boolean[] = [];
  #next = 1;

  constructor(under: SocketUnderTest, mtu: number) {
    this.under = under;
    this.mtu = mtu;
  }

  /** Sends `length` bytes and waits until they are acknowledged. */
  carry(length: number): void {
    this.under.sends("x".repeat(length));
    const end = this.#next + length;
    let left = this.under.leaves();
    for (let turn = 0; this.#next < end; turn++) {
      assert(turn < 2000, "nothing comes through any more");
      this.#take(left);
      left = [...this.under.pass(25_000)];
      this.#acknowledge();
      left.push(...this.under.leaves(), ...this.under.pass(25_000));
    }
    this.under.pass(1000);
  }

  #take(left: readonly OurSegment[]): void {
    for (const { sequence, payload } of left) {
      if (payload === undefined) continue;
      const isThrough = payload.length + 40 <= this.mtu;
      (isThrough ? this.through : this.lost).push(payload.length);
      if (isThrough) { for (let i = 0; i < payload.length; i++) this.#has[sequence + i] = true; }
    }
    while (this.#has[this.#next]) this.#next++;
  }

  #acknowledge(): void {
    const sack: [number, number][] = [];
    for (let at = this.#next; at < this.#has.length && sack.length < 3; at++) {
      if (!this.#has[at]) continue;
      let end = at;
      while (this.#has[end]) end++;
      sack.push([at, end]);
      at = end;
    }
    this.under.arrives({ acknowledgment: this.#next, ...(sack.length > 0 ? { sack } : {}) });
  }
}

Deno.test("full segments that vanish three times make way for shorter ones, and all arrives", () => {
  const under = established();
  const pipe = new Pipe(under, 1300);
  pipe.carry(5000);
  assert(under.counters.TcpExtTCPTimeouts === 3, `${under.counters.TcpExtTCPTimeouts} timeouts`);
  assert(pipe.through.every((length) => length <= 1024) && pipe.through.includes(1024), `${pipe.through}`);
});

Deno.test("a path that takes even less is found in further steps", () => {
  const under = established();
  const pipe = new Pipe(under, 400);
  pipe.carry(3000);
  assertEquals(Math.max(...pipe.through), 256);
});

Deno.test("after an outage short messages find their size again", () => {
  const under = established();
  under.sends("x".repeat(500));
  under.leaves();
  while (under.counters.TcpExtTCPTimeouts < 3) under.pass(10_000);
  under.arrives({ acknowledgment: 501 });
  assertEquals(under.socket.mss, 256, "it might have been the length");
  for (const length of [500, 700, 400]) {
    under.sends("x".repeat(length));
    assertEquals(under.leaves().map(({ payload }) => payload!.length), [length]);
    under.pass(50_000);
    under.arrives({ acknowledgment: under.socket.recovery.board.nxt });
  }
  assertEquals(
    [under.socket.mss, probePayload(under.socket)],
    [700, 1460],
    "and more is still tried first at the most",
  );
});

Deno.test("timeouts of what cannot be shortened say nothing", () => {
  const under = established();
  under.sends("x");
  under.leaves();
  while (under.counters.TcpExtTCPTimeouts < 6) under.pass(10_000);
  assertEquals(under.socket.mss, 1460);
});

Deno.test("segments that are not full vanish, too: then shorter ones leave than these", () => {
  const under = established();
  const pipe = new Pipe(under, 600);
  pipe.carry(700);
  assertEquals([under.counters.TcpExtTCPTimeouts, Math.max(...pipe.through)], [3, 512]);
});

Deno.test("one lost full segment is no black hole, nor are two", () => {
  const under = established();
  const pipe = new Pipe(under, 1500);
  pipe.carry(3000);
  under.sends("x".repeat(1460));
  under.leaves();
  while (under.counters.TcpExtTCPTimeouts < 2) under.pass(10_000);
  assertEquals(under.socket.mss, 1460);
});

Deno.test("after a black hole probes of real data find what the path takes, and are no congestion", () => {
  const under = established();
  const pipe = new Pipe(under, 1300);
  pipe.carry(5000);
  const { losses } = under.controller;
  const before = losses.length;
  const lostBefore = pipe.lost.length;
  for (let i = 0; i < 20; i++) pipe.carry(10_000);
  assert(under.socket.mss > 1250 && under.socket.mss <= 1260, `${under.socket.mss}`);
  assertEquals(losses.length, before, "no window was reduced");
  assert(under.counters.TcpExtTCPMTUPSuccess > 0 && under.counters.TcpExtTCPMTUPFail > 0);
  assertEquals(under.counters.TcpExtTCPTimeouts, 3, "no probe cost a timeout");
  assertEquals(pipe.lost.length - lostBefore, under.counters.TcpExtTCPMTUPFail, "each failed probe was lost once");
});

Deno.test("when it was no black hole but an outage, the first probe shows that all is well", () => {
  const under = established();
  const pipe = new Pipe(under, 0);
  under.sends("x".repeat(1460));
  under.leaves();
  while (under.socket.mss === 1460) under.pass(10_000);
  pipe.mtu = 1500;
  pipe.carry(0);
  for (let i = 0; i < 5; i++) pipe.carry(10_000);
  assertEquals([under.socket.mss, under.counters.TcpExtTCPMTUPSuccess, under.counters.TcpExtTCPMTUPFail], [1460, 1, 0]);
});

Deno.test("a path that grows is found out after ten minutes, at the cost of one packet if it has not grown", () => {
  const under = established();
  const pipe = new Pipe(under, 1300);
  for (let i = 0; i < 20; i++) pipe.carry(10_000);
  const lostBefore = pipe.lost.length;
  pipe.mtu = 1500;
  under.pass(PATH_MTU_LIFETIME);
  for (let i = 0; i < 3; i++) pipe.carry(10_000);
  assertEquals([under.socket.mss, pipe.lost.length], [1460, lostBefore]);
});

Deno.test("what a router said is doubted by a probe, not by everything", () => {
  const under = established();
  under.hears("too-big", 1, 1300);
  assertEquals(under.socket.mss, 1260);
  under.pass(PATH_MTU_LIFETIME);
  const pipe = new Pipe(under, 1300);
  pipe.carry(10_000);
  assertEquals(pipe.lost, [1460]);
  assertEquals(pipe.lost.length + under.counters.TcpExtTCPTimeouts, 1);
});

Deno.test("a router's answer to a probe says where to look", () => {
  const under = established();
  const pipe = new Pipe(under, 1400);
  pipe.carry(5000);
  const { losses } = under.controller;
  losses.length = 0;
  under.sends("x".repeat(10_000));
  const sizes = under.leaves().map(({ payload }) => payload!.length);
  assert(sizes.includes(1460), `${sizes}`);
  const probeAt = under.socket.recovery.mtuProbe!.start;
  under.hears("too-big", probeAt, 1400);
  const again = under.leaves();
  assertEquals(again[0]!.sequence, probeAt);
  assertEquals(again[0]!.payload!.length, 1024);
  assertEquals([probePayload(under.socket), losses], [1360, []]);
});

Deno.test('with "never" nothing but a router changes the MSS', () => {
  const under = established({ mtuProbing: "never", retries: 6 });
  under.sends("x".repeat(1460));
  under.leaves();
  under.pass(20_000_000);
  assertEquals(under.socket.mss, 1460);
});

Deno.test('with "always" the first segments are short, and probes find out more', () => {
  const under = established({ mtuProbing: "always" });
  assertEquals(under.socket.mss, 1024);
  const pipe = new Pipe(under, 1500);
  for (let i = 0; i < 3; i++) pipe.carry(10_000);
  assertEquals([under.socket.mss, pipe.lost], [1460, []]);
});

Deno.test("without selective acknowledgments nothing is probed: all is tried again after ten minutes", () => {
  const under = SocketUnderTest.established({}, { maximumSegmentSize: 1460, sackPermitted: false });
  under.sends("x".repeat(1460));
  under.leaves();
  while (under.socket.mss === 1460) under.pass(10_000);
  under.arrives({ acknowledgment: 1461 });
  assertEquals([under.socket.mss, probePayload(under.socket)], [1024, 0]);
  under.pass(PATH_MTU_LIFETIME);
  under.sends("x".repeat(1460));
  assertEquals(under.leaves().map(({ payload }) => payload!.length), [1460]);
});

Deno.test("a probe that is lost in company may have met congestion: it is tried again", () => {
  const under = established({ mtuProbing: "always" });
  under.controller.cwnd = 20_000;
  const sizes: number[] = [];
  for (let round = 0; round < 4; round++) {
    under.sends("x".repeat(12_000));
    const left = under.leaves();
    const probe = left.find(({ payload }) => payload!.length > 1024);
    if (probe === undefined) break;
    sizes.push(probe.payload!.length);
    // The probe and the segment behind it are lost, the rest arrives.
    const after = probe.sequence + probe.payload!.length + 1024;
    const end = left.at(-1)!.sequence + left.at(-1)!.payload!.length;
    under.pass(50_000);
    under.arrives({ acknowledgment: probe.sequence, sack: [[after, end]] });
    under.leaves();
    under.pass(50_000);
    under.arrives({ acknowledgment: end });
    under.leaves();
  }
  assertEquals(sizes.slice(0, 3), [1460, 1460, 1460]);
  assertEquals(under.counters.TcpExtTCPMTUPFail, 1);
  assert(sizes[3]! < 1460);
});
