import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { MetaSocket } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK, SYN } from "../../core/wire/tcp.ts";
import { type BoxFunction, stripOptions } from "../../sim/middlebox/mod.ts";
import { payloadLengthOf, payloadStartOf } from "../../sim/middlebox/segment.ts";
import { DELAY, EARLY, Meetings } from "../harness/meetings.ts";
import { mptcpOptions, PORT, type Seen, stripMptcp, TWO_PATHS, World } from "../harness/mod.ts";

const FAST_OPEN = 34;
const SLOW = { heard: 1.5, answered: 2 };
/** Multipath TCP answers when it has the key of its peer, which comes with the third ACK. */
const FAST_HEARD = { heard: 0.5, answered: 2 };
const FAST_ANSWERED = { heard: 0.5, answered: 1 };
const MULTIPATH = { isMultipath: true, cause: null };
const PLAIN = { isMultipath: false, cause: "disabled" };

for (const multipath of [true, false]) {
  const name = multipath ? "Multipath TCP" : "plain TCP";
  const KIND = multipath ? MULTIPATH : PLAIN;
  const FAST = multipath ? FAST_HEARD : FAST_ANSWERED;

  Deno.test(`${name}: the first connection asks for a cookie, the next ones are a round trip faster (RFC 7413)`, () => {
    const meetings = new Meetings({ multipath });
    assertEquals(meetings.meet(), { ...KIND, ...SLOW });
    assertEquals(meetings.meet(), { ...KIND, ...FAST });
    assertEquals(meetings.meet({ up: 300_000, down: 300_000 }), { ...KIND, ...FAST });
    const { client, server } = meetings;
    assertEquals([server.TcpExtTCPFastOpenCookieReqd, server.TcpExtTCPFastOpenPassive], [1, 2]);
    assertEquals([client.TcpExtTCPFastOpenActive, client.TcpExtTCPFastOpenActiveFail], [2, 0]);
    assertEquals(client.TcpRetransSegs + server.TcpRetransSegs, 0);
  });

  Deno.test(`${name}: more early data than a segment takes goes on behind the handshake`, () => {
    const meetings = new Meetings({ multipath });
    meetings.meet();
    assertEquals(meetings.meet({ early: 10_000, up: 0 }), { ...KIND, heard: 1.5, answered: FAST.answered });
    assertEquals(meetings.client.TcpExtTCPFastOpenActive, 1);
  });

  Deno.test(`${name}: early data alone, or none, is a stream as any other`, () => {
    const meetings = new Meetings({ multipath });
    meetings.meet({ early: 0 });
    for (const down of [0, 3000]) {
      meetings.meet({ up: 0, down });
      meetings.meet({ early: 0, up: 10, down });
    }
    assertEquals(meetings.client.TcpExtTCPFastOpenActive, 2);
  });

  const LOSSES: { readonly [name: string]: (seen: Seen) => boolean } = {
    "SYN": ({ header, direction }) => direction === "up" && header.flags === SYN,
    "SYN/ACK": ({ header, direction }) => direction === "down" && header.flags === (SYN | ACK),
    "third ACK": ({ header, direction }) => direction === "up" && header.flags === ACK,
    "early answer": ({ header, direction, payload }) =>
      direction === "down" && payload > 0 && (header.flags & SYN) === 0,
  };
  for (const [lost, matches] of Object.entries(LOSSES)) {
    Deno.test(`${name}: early data arrives once if the ${lost} is lost, and leaves once`, () => {
      for (const count of [1, 2, 3]) {
        const meetings = new Meetings({ multipath });
        meetings.meet();
        let left = count;
        let early = 0;
        meetings.world.filter = (seen) => {
          if (seen.header.flags === SYN && seen.payload > 0) early++;
          return !(left > 0 && matches(seen) && left--);
        };
        meetings.meet();
        assertEquals([left, early], [0, 1]);
      }
    });
  }

  Deno.test(`${name}: a box that takes out the option, or the data of a SYN, or loses both, costs the gain alone`, () => {
    const strip = new Meetings({ multipath }, {}, [stripOptions({ kinds: [FAST_OPEN] })]);
    for (let i = 0; i < 2; i++) assertEquals(strip.meet(), { ...KIND, ...SLOW });
    assertEquals(strip.server.TcpExtTCPFastOpenCookieReqd, 0);

    let box: BoxFunction = () => true;
    const cut = new Meetings({ multipath }, {}, [(...all) => box(...all)]);
    cut.meet();
    box = (frame) => {
      if (isSyn(frame) && payloadLengthOf(frame) > 0) {
        frame.end = payloadStartOf(frame);
        frame.reseal();
      }
      return true;
    };
    assertEquals(cut.meet().isMultipath, multipath);
    assertEquals(cut.client.TcpExtTCPFastOpenActiveFail, 1);
    box = stripOptions({ kinds: [FAST_OPEN] });
    assertEquals(cut.meet(), { ...KIND, ...SLOW }, "data without a cookie is not taken");
    assertEquals(cut.client.TcpExtTCPFastOpenActiveFail, 2);
    box = (frame) => !isSyn(frame) || payloadLengthOf(frame) === 0;
    for (let i = 0; i < 2; i++) assert(cut.meet().answered > 10, "the SYN comes again after a second");
    for (let i = 0; i < 2; i++) {
      assertEquals(cut.meet(), { ...KIND, ...SLOW }, "no option after two losses, for a while");
    }
    assertEquals(cut.client.TcpExtTCPFastOpenActiveFail, 4);
    cut.world.until(cut.world.simulator.now() / 1000 + 300_000);
    box = () => true;
    assertEquals(cut.meet(), { ...KIND, ...FAST });
  });

  Deno.test(`${name}: a server that takes part of the data, or none, gets the rest once`, () => {
    for (const keeps of [1, 333, EARLY - 1]) {
      let box: BoxFunction = () => true;
      const meetings = new Meetings({ multipath }, {}, [(...all) => box(...all)]);
      meetings.meet();
      box = (frame) => {
        if (isSyn(frame) && payloadLengthOf(frame) > 0) {
          frame.end = payloadStartOf(frame) + keeps;
          frame.reseal();
        }
        return true;
      };
      assertEquals(meetings.meet().isMultipath, multipath);
    }
  });

  Deno.test(`${name}: a wrong cookie is answered with the right one (RFC 7413 section 4.1.2)`, () => {
    let box: BoxFunction = () => true;
    const meetings = new Meetings({ multipath }, {}, [(...all) => box(...all)]);
    // The first one is spoilt on its way to the client.
    box = spoilCookie;
    meetings.meet();
    box = () => true;
    assertEquals(meetings.meet(), { ...KIND, ...SLOW });
    assertEquals(meetings.server.TcpExtTCPFastOpenPassiveFail, 1);
    assertEquals(meetings.meet(), { ...KIND, ...FAST });
  });

  Deno.test(`${name}: a server that does not offer it answers as if nothing had been asked`, () => {
    const meetings = new Meetings({ multipath }, { fastOpen: 0 });
    for (let i = 0; i < 2; i++) assertEquals(meetings.meet(), { ...KIND, ...SLOW });
    const { server } = meetings;
    assertEquals([server.TcpExtTCPFastOpenCookieReqd, server.TcpExtTCPFastOpenPassive], [0, 0]);
  });

  Deno.test(`${name}: what comes early is read before the third ACK, and the connection fails if that never comes`, () => {
    const meetings = new Meetings({ multipath, synRetries: 2, retries: 2 });
    meetings.meet();
    const { world } = meetings;
    world.filter = ({ header, direction }) => direction === "down" || header.flags === SYN;
    const sockets: MetaSocket[] = [];
    const listener = world.server.listen({ port: PORT, fastOpen: 1 }, (socket) => {
      sockets.push(socket);
      return { handleReady: () => {} };
    });
    const begin = world.simulator.now() / 1000;
    const connect = () => {
      const remote = { address: IpAddress.parse("10.0.9.1"), port: PORT };
      const earlyData = new Uint8Array(EARLY).fill(1);
      return world.client.connect({ remote, earlyData }, () => ({ handleReady: () => {} }));
    };
    connect();
    world.until(begin + DELAY + 10);
    assertEquals([sockets.length, sockets[0]?.readable, sockets[0]?.state], [1, EARLY, "established"]);
    connect();
    world.until(begin + 3 * DELAY);
    assertEquals([sockets.length, meetings.server.TcpExtTCPFastOpenListenOverflow], [1, 1]);
    world.until(begin + 300_000);
    assertEquals([sockets[0]?.state, sockets[0]?.error?.code], ["closed", "timeout"]);
    world.server.act((now) => listener.close(now));
    world.server.act((now) => sockets[0]!.close(now));
  });

  Deno.test(`${name}: any early data over any network is the beginning of the stream, once`, () => {
    const attempt = fc.record({
      early: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.constantFrom(0, 1, 1380, 1420, 1460)),
      up: fc.integer({ min: 0, max: 4000 }),
      down: fc.integer({ min: 0, max: 4000 }),
    });
    fc.assert(
      fc.property(
        fc.array(attempt, { minLength: 2, maxLength: 4 }),
        fc.array(fc.constantFrom("", "", "", "lost", "twice", "late"), { minLength: 6, maxLength: 14 }),
        fc.boolean(),
        (attempts, fates, checksum) => {
          const meetings = new Meetings({ multipath, checksum });
          for (const given of attempts) {
            let at = 0;
            meetings.world.filter = ({ frame, direction }) => {
              const fate = fates[at++] ?? "";
              if (fate === "twice") meetings.world.links[0]![direction].send(frame.copy());
              return fate === "late" ? 170 : fate !== "lost";
            };
            meetings.meet(given);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
}

Deno.test("with checksums the data behind the SYN is checked, from the first byte on", () => {
  const meetings = new Meetings({ checksum: true });
  meetings.meet();
  assertEquals(meetings.meet({ up: 50_000 }), { ...MULTIPATH, ...FAST_HEARD });
  assertEquals(meetings.server.MPTcpExtDataCsumErr, 0);
});

Deno.test("early data survives a fall back to plain TCP at each step of the handshake", () => {
  const FLAGS = [SYN, SYN | ACK, ACK];
  for (const flags of FLAGS) {
    const meetings = new Meetings({});
    meetings.meet();
    let isFirst = true;
    meetings.world.filter = (seen) => {
      // All that follows, too: a path that takes options out does so for good.
      if (isFirst && (seen.header.flags & (SYN | ACK)) !== flags) return;
      isFirst = false;
      stripMptcp(seen);
    };
    assertEquals(meetings.meet().isMultipath, false, `from ${flags} on`);
    assertEquals(meetings.client.TcpExtTCPFastOpenActive, 1);
  }
});

Deno.test("data without a DATA_ACK is taken, and does not show that the peer has our key", () => {
  const world = new World({ paths: TWO_PATHS.slice(0, 1) });
  const bytes = world.bytes(5000, "down");
  let isHidden = true;
  world.filter = (seen) => {
    if (seen.direction === "up" || !isHidden || (seen.header.options.mptcp.present & DSS) === 0) return;
    if (seen.payload === 0) return false;
    dropDataAck(seen);
  };
  const client = { expects: bytes, endsAfter: "reading", isTolerant: true } as const;
  const running = world.transfer(client, { sends: bytes, endsAfter: "reading" });
  const isConfirmed = () => running.client.socket.subflows[0]?.isConfirmed;
  world.until(200);
  assertEquals([running.client.read, isConfirmed()], [5000, false]);
  isHidden = false;
  running.server!.socket.write(new Uint8Array(1), 0);
  world.server.act((now) => running.server!.socket.shutdown(now));
  world.until(400);
  assertEquals([running.client.read, running.client.events.filter(({ type }) => type === "fallback")], [5001, []]);
});

Deno.test("early data larger than the send buffer is refused", () => {
  const { world } = new Meetings({ sendBuffer: 1000 });
  const remote = { address: IpAddress.parse("10.0.9.1"), port: PORT };
  assertThrows(
    () => world.client.stack.connect({ remote, earlyData: new Uint8Array(1001) }, 0),
    RangeError,
    "Cannot connect: earlyData must fit the send buffer, is 1001 bytes",
  );
  world.settle();
  world.assertClean();
});

Deno.test("a cookie holds for the address that it was given to", () => {
  const meetings = new Meetings({});
  meetings.meet();
  const local = { address: IpAddress.parse("10.0.1.1") };
  assertEquals(meetings.meet({ connect: { local } }), { ...MULTIPATH, ...SLOW });
  assertEquals(meetings.meet({ connect: { local } }), { ...MULTIPATH, ...FAST_HEARD });
});

function isSyn({ bytes, start }: { bytes: Uint8Array; start: number }): boolean {
  return (bytes[start + 13]! & (SYN | ACK)) === SYN;
}

const spoilCookie: BoxFunction = (frame) => {
  const end = frame.start + (frame.bytes[frame.start + 12]! >>> 4 << 2);
  for (let at = frame.start + 20; at < end && frame.bytes[at] !== 0;) {
    if (frame.bytes[at] === FAST_OPEN && frame.bytes[at + 1]! > 2) {
      frame.bytes[at + 2]! ^= 1;
      frame.reseal();
    }
    at += frame.bytes[at] === 1 ? 1 : frame.bytes[at + 1]!;
  }
  return true;
};

Deno.test("a server may end a connection before its handshake is done, in each way, and nothing is left", () => {
  const WAYS: { readonly [name: string]: (socket: MetaSocket, now: number) => void } = {
    closes: (socket, now) => {
      socket.read(new Uint8Array(2 * EARLY), now);
      socket.close(now);
    },
    "closes without reading": (socket, now) => socket.close(now),
    aborts: (socket, now) => socket.abort(now),
    "answers and ends": (socket, now) => {
      socket.read(new Uint8Array(2 * EARLY), now);
      socket.write(new Uint8Array(3000), now);
      socket.shutdown(now);
    },
  };
  for (const multipath of [true, false]) {
    for (const [name, ends] of Object.entries(WAYS)) {
      for (const lost of [[], [SYN | ACK], [ACK], [SYN | ACK, ACK, ACK]]) {
        const meetings = new Meetings({ multipath, closeTimeout: 5_000_000 });
        meetings.meet();
        const { world } = meetings;
        const losses = [...lost];
        world.filter = ({ header }) => {
          if ((header.flags & (SYN | ACK)) !== losses[0]) return true;
          losses.shift();
          return false;
        };
        const listener = world.server.listen({ port: PORT, fastOpen: 1 }, (socket) => {
          let isDone = false;
          return {
            handleReady: (now) => {
              if (!isDone && socket.readable > 0) {
                isDone = true;
                ends(socket, now);
              }
              if (name === "answers and ends" && socket.readEnded) socket.close(now);
            },
          };
        });
        const remote = { address: IpAddress.parse("10.0.9.1"), port: PORT };
        const client = world.client.connect({ remote, earlyData: new Uint8Array(EARLY) }, (socket) => ({
          handleReady: (now) => {
            if (socket.readable > 0) socket.read(new Uint8Array(9000), now);
            if (socket.readEnded) socket.close(now);
          },
        }));
        world.until(world.simulator.now() / 1000 + 100_000);
        world.server.act((now) => listener.close(now));
        world.settle();
        assertEquals(client.state, "closed", `${name}, lost ${lost}`);
        world.assertClean();
      }
    }
  }
});

/** Takes the DATA_ACK out of a DSS with 4 bytes of it and a mapping. */
function dropDataAck({ frame: { bytes }, frame, header }: Seen): void {
  const { dataAckBytes, mappingBytes } = header.options.mptcp;
  assertEquals([dataAckBytes, mappingBytes], [4, 8]);
  const at = mptcpOptions(frame)[0]!;
  const length = bytes[at + 1]!;
  bytes.copyWithin(at + 4, at + 8, at + length);
  bytes.fill(1, at + length - 4, at + length);
  bytes[at + 1]! -= 4;
  bytes[at + 3]! &= ~1;
}
