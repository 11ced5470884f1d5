import { assert, assertEquals } from "@std/assert";
import { FixedController } from "../../tests/harness/segments.ts";
import { observe } from "../../tests/harness/observe.ts";
import { Pair, type PairOptions } from "../../tests/harness/pair.ts";
import type { SendBatch } from "../plugin.ts";
import { HEADROOM, Packet } from "../wire/packet.ts";
import { TcpHeader } from "../wire/tcp.ts";

/**
 * What a client's controller is told whose window stays at `cwnd`; its turns write so many bytes each. Each packet of data
 * whose number `loses` is lost.
 */
function run(
  cwnd: number,
  turns: readonly number[],
  options: Partial<PairOptions> = {},
  loses: (packet: number) => boolean = () => false,
): FixedController {
  const controllers: FixedController[] = [];
  const congestion = {
    name: "fixed",
    create: () => ({
      join: () => {
        const controller = new FixedController();
        controller.cwnd = cwnd;
        controllers.push(controller);
        return controller;
      },
      leave: () => {},
    }),
  };
  const pair = new Pair({ congestion, ...options });
  const { client, server } = pair.connect();
  const into = new Uint8Array(65536);
  let packets = 0;
  pair.filter = (packet, fromClient) => !fromClient || packet.end - packet.start < 500 || !loses(++packets);
  for (const bytes of turns) {
    if (bytes > 0) client.write(new Uint8Array(bytes), pair.now);
    pair.turn();
    while (server.read(into, pair.now) > 0);
  }
  return controllers[0]!;
}

/** Whether each acknowledgment of data was of a sender short of it. */
function limits({ samples }: FixedController): boolean[] {
  return samples.filter(({ acked }) => acked > 1).map(({ appLimited }) => appLimited);
}

const BUSY = [500_000, ...new Array(40).fill(0)];

Deno.test("a window that is no whole number of segments is full", () => {
  const [first, ...rest] = limits(run(10_000, BUSY));
  assertEquals(first, true, "there was nothing to send before");
  assert(rest.length > 10);
  assertEquals(rest.includes(true), false);
});

Deno.test("a sender that repairs a loss is not short of data", () => {
  const client = run(20_000, BUSY, {}, (packet) => packet % 9 === 0);
  assert(client.losses.length > 1);
  assertEquals(limits(client).slice(1).includes(true), false);
});

Deno.test("a sender that writes less than the window is short of data from then on, until it fills it again", () => {
  const client = run(20_000, [3000, 0, 3000, 0, 3000, 0, 300_000, ...new Array(20).fill(0)]);
  const all = limits(client);
  assertEquals(all.slice(0, 3), [true, true, true]);
  assertEquals(all.slice(3).includes(true), false);
});

Deno.test("a subflow that the scheduler leaves idle is short of data, though others are not", () => {
  const scheduler = {
    name: "half",
    create: () => ({
      schedule(batch: SendBatch): void {
        const [only] = batch.subflows;
        if (only !== undefined && only.inFlight + only.queued < 5000) batch.assign(only, 3000);
      },
    }),
  };
  const client = run(20_000, BUSY, { scheduler });
  assertEquals(limits(client).slice(1, 8).includes(false), false);
});

/** The payloads of the segments that leave when five bytes are written at a time, three times, one after another. */
function small(noDelay: boolean): { atOnce: number[]; later: number[] } {
  const pair = new Pair({ options: { noDelay } });
  const { client, server } = pair.connect();
  client.write(new Uint8Array(1), pair.now);
  pair.run(6);
  const sizes: number[] = [];
  pair.filter = (packet, fromClient) => {
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    const payload = header.payloadEnd - header.payloadStart;
    if (fromClient && payload > 0) sizes.push(payload);
    return true;
  };
  for (let i = 0; i < 3; i++) {
    client.write(new Uint8Array(5), pair.now);
    // What one end has to send leaves; nothing arrives meanwhile.
    const packet = new Packet(HEADROOM + 2000);
    while (pair.client.pollTransmit(packet, pair.now)) {
      pair.filter(packet, true);
      pair.server.handlePacket(packet, pair.now);
      packet.start = HEADROOM;
    }
  }
  const atOnce = sizes.splice(0);
  pair.run(40);
  assertEquals(server.readable, 16);
  return { atOnce, later: sizes };
}

Deno.test("small pieces wait for an acknowledgment and leave together, and none waits for ever (RFC 9293 SHLD-7, MUST-60)", () => {
  assertEquals(small(false), { atOnce: [5], later: [10] });
});

Deno.test("a program that wants it has each piece sent at once (RFC 9293 MUST-17)", () => {
  assertEquals(small(true), { atOnce: [5, 5, 5], later: [] });
});

/** The milliseconds at which data leaves, and how much, when so many bytes are written and the peer's window is `window`. */
function throughWindow(window: number, bytes: number): [number, number][] {
  const pair = new Pair({ options: { receiveBuffer: 60_000, receiveTuning: false } });
  const { client, server } = pair.connect();
  const into = new Uint8Array(65536);
  const left: [number, number][] = [];
  let begin = 0;
  observe(pair, (header, fromClient) => {
    const payload = header.payloadEnd - header.payloadStart;
    if (!fromClient) header.window = window;
    else if (begin > 0 && payload > 0) left.push([(pair.now - begin) / 1000, payload]);
  });
  // As much as the first window takes: from there on the edge is where acknowledgments put it.
  client.write(new Uint8Array(60_000), pair.now);
  while (client.stats().bytesAcked < 60_000) {
    pair.pass(1_000_000);
    while (server.read(into, pair.now) > 0);
  }
  begin = pair.now;
  client.write(new Uint8Array(bytes), pair.now);
  pair.pass(3_000_000);
  return left;
}

Deno.test("a silly window is left alone for a while, though nothing is on its way, and then used (RFC 9293 MUST-38)", () => {
  const left = throughWindow(300, 1000);
  assertEquals(left.map(([, payload]) => payload), [300, 300, 300, 100]);
  const [first, second, third, fourth] = left.map(([at]) => at) as [number, number, number, number];
  for (const wait of [first, second - first, third - second]) assert(wait >= 100 && wait <= 1000, `${left}`);
  // The rest is all there is.
  assert(fourth - third < 100, `${left}`);
});

Deno.test("a window that takes all there is, or a whole segment, is no silly one", () => {
  for (const [window, bytes] of [[300, 300], [300, 20], [1500, 5000]] as const) {
    const [[first]] = throughWindow(window, bytes) as [[number, number]];
    assertEquals(first, 0, `${window} ${bytes}`);
  }
});

Deno.test("no mapping is longer than what leaves in one piece, so that none leaves a sliver behind", () => {
  const pair = new Pair({
    interface: { mtu: 1500, superSegment: 10_000 },
    options: { sendBuffer: 300_000, receiveBuffer: 300_000 },
  });
  const { client, server } = pair.connect();
  const lengths = new Map<number, number>();
  const header = new TcpHeader();
  pair.filter = (packet, fromClient) => {
    if (!fromClient || !header.parse(packet.view, packet.start, packet.end)) return true;
    const length = header.payloadEnd - header.payloadStart;
    if (length > 0) lengths.set(length, (lengths.get(length) ?? 0) + 1);
    return true;
  };
  const into = new Uint8Array(65_536);
  const whole = 10_000 - 10_000 % 1420;
  for (let turn = 0; turn < 40; turn++) {
    while (client.write(into, pair.now) > 0);
    pair.turn();
    while (server.read(into, pair.now) > 0);
  }
  const wholes = lengths.get(whole) ?? 0;
  const others = lengths.values().reduce((sum, count) => sum + count, -wholes);
  assert(wholes > 400 && others < wholes / 10, JSON.stringify([...lengths]));
});
