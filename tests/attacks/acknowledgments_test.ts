/**
 * A peer that acknowledges what it has not received, in small steps, or with windows that let nothing through.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MetaSocket, SocketOptions } from "../../core/mod.ts";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK, SYN } from "../../core/wire/tcp.ts";
import { bothWays, PORT, type Seen, World } from "../harness/mod.ts";
import { Attacker } from "./attacker.ts";

const PATHS = [{ client: "10.0.0.1", server: "10.0.9.1", ...bothWays(10, 20) }];

/** A server that wants to send a lot; the client reads all that comes. */
function download(options: Partial<SocketOptions>, bytes = 2_000_000) {
  const world = new World({ paths: PATHS, client: { options }, server: { options } });
  const data = world.bytes(bytes, "down");
  const running = world.transfer({ expects: data, endsAfter: "reading" }, { sends: data });
  return { world, running };
}

/** Writes the header of a segment anew after `edit` has changed it. */
function rewrite({ frame, header }: Seen, edit: () => void): void {
  edit();
  const payload = frame.bytes.slice(header.payloadStart, header.payloadEnd);
  frame.end = header.emit(frame.view, frame.start);
  frame.bytes.set(payload, frame.end);
  frame.end += payload.length;
  frame.reseal();
}

for (const multipath of [true, false]) {
  const kind = multipath ? "Multipath TCP" : "plain TCP";

  Deno.test(`acknowledgments of what was never sent are not believed: ${kind} (RFC 5961 section 5)`, () => {
    const { world, running } = download({ multipath });
    const attacker = new Attacker(world);
    attacker.every(500, 200, 1200, (index) => {
      const { tcp } = running.server!.socket.subflows[0]!;
      const { board } = tcp.recovery;
      attacker.send({
        from: tcp.path.remote,
        fromPort: tcp.path.remotePort,
        to: tcp.path.local,
        toPort: tcp.path.localPort,
        flags: ACK,
        sequence: tcp.peerSequence + tcp.receiver.next,
        acknowledgment: tcp.initialSequence + board.nxt + 100_000 + index * 1000,
        window: 65_535,
      });
      assert(board.una <= board.nxt && tcp.recovery.window < 400_000);
    });
    world.settle();
    running.assertDone();
    assert(world.server.stack.counters.TcpExtTCPChallengeACK <= 4);
  });

  Deno.test(`optimistic acknowledgments of what is on its way are paid for by the peer alone: ${kind}`, () => {
    const { world, running } = download({ multipath });
    let most = 0;
    // The client acknowledges on the first data all that the server has sent by then.
    world.filter = (seen) => {
      if (seen.direction !== "up" || seen.header.flags & SYN || seen.now > 2e6) return;
      const socket = running.server?.socket;
      const tcp = socket?.subflows[0]?.tcp;
      if (socket === undefined || tcp === undefined) return;
      most = Math.max(most, socket.queue.next - socket.queue.una);
      rewrite(seen, () => seen.header.acknowledgment = (tcp.initialSequence + tcp.recovery.board.nxt) >>> 0);
    };
    world.settle(60_000);
    // Nothing is kept beyond the send buffer, and the rate is that of the window; the stream has a gap that nobody fills.
    assert(most <= 6 * 1024 * 1024);
    const { client, server } = running;
    assert(client.read <= 2_000_000 && server !== undefined);
    for (const end of ["client", "server"] as const) {
      world[end].act((now) => running[end]!.socket.state === "closed" || running[end]!.socket.abort(now));
    }
    running.assertOver();
  });
}

Deno.test("DATA_ACK of what was never sent is not believed, and frees nothing", () => {
  const { world, running } = download({});
  let forged = 0;
  world.filter = (seen) => {
    const { mptcp } = seen.header.options;
    if (seen.direction !== "up" || !(mptcp.present & DSS) || seen.now < 200_000 || seen.now > 1e6) return;
    forged++;
    rewrite(seen, () => mptcp.dataAck.setSum(mptcp.dataAck, 50_000_000));
  };
  world.settle();
  assert(forged > 20);
  running.assertDone();
});

Deno.test("acknowledgments of a byte each open the window by bytes, not by their number (RFC 3465)", () => {
  const sizes = [false, true].map((isSplit) => {
    const { world, running } = download({ multipath: false });
    const attacker = new Attacker(world);
    let last = 0;
    world.filter = ({ direction, header, frame, now }) => {
      if (!isSplit || direction !== "up" || header.flags & SYN || now > 150_000) return;
      const from = last || header.acknowledgment;
      last = header.acknowledgment;
      // Each acknowledgment comes in a hundred steps.
      for (let part = 1; part < 100; part++) {
        const acknowledgment = from + Math.floor(((last - from) >>> 0) * part / 100);
        const { sourcePort, destinationPort, sequence, window } = header;
        attacker.send({
          from: frame.source.clone(),
          fromPort: sourcePort,
          to: frame.destination.clone(),
          toPort: destinationPort,
          flags: ACK,
          sequence,
          acknowledgment,
          window,
        });
      }
    };
    world.until(130);
    const size = running.server!.socket.subflows[0]!.tcp.recovery.window;
    world.settle();
    running.assertDone();
    return size;
  });
  assert(sizes[1]! <= sizes[0]! * 1.1, `${sizes}`);
});

for (const window of [0, 1]) {
  Deno.test(`a window field of ${window} for ever holds the send buffer${window ? "" : ", until the user timeout"}`, () => {
    const userTimeout = 20_000_000;
    const world = new World({ paths: PATHS, server: { options: { userTimeout, sendBuffer: 500_000 } } });
    const listener = world.server.stack.listen({ port: PORT }, 0);
    const { address } = world.server.stack.localAddresses[0]!;
    const client = world.client.stack.connect({ remote: { address, port: PORT } }, 0);
    world.client.act(() => {});
    world.until(200);
    const server = listener.accept() as MetaSocket;
    let packets = 0;
    world.filter = (seen) => {
      if (seen.direction === "down") packets++;
      else rewrite(seen, () => seen.header.window = window);
    };
    // The window that the handshake granted is used up first.
    const data = world.bytes(1_000_000, "down");
    let written = 0;
    world.server.act((now) => written = server.write(data, now));
    assertEquals(written, 500_000);
    const buffer = new Uint8Array(100_000);
    let read = 0;
    for (let ms = 300; ms < 60_000; ms += 100) {
      world.until(ms);
      world.client.act((now) => read += client.read(buffer, now));
      assert(world.server.stack.blocks.inUse <= 33, `${world.server.stack.blocks.inUse} blocks`);
    }
    assertEquals(server.error?.code, window === 0 ? "timeout" : undefined);
    if (window > 0) world.server.act((now) => server.abort(now));
    assertEquals([world.server.stack.blocks.inUse, world.server.stack.segments.inUse], [0, 0]);
    // Probes come ever more seldom.
    assert(packets < 1000, `${packets} packets for ${read} bytes`);
    world.client.act((now) => client.abort(now));
    world.server.act((now) => listener.close(now));
    world.settle();
    world.assertClean();
  });
}

Deno.test("an MSS of a byte does not make segments of a byte: 88 is the least that is believed, less what options take", () => {
  const world = new World({ paths: PATHS, server: { options: { multipath: false } } });
  let most = 0;
  let count = 0;
  world.filter = (seen) => {
    const { header, direction, payload } = seen;
    if (direction === "up" && header.flags & SYN) rewrite(seen, () => header.options.maximumSegmentSize = 1);
    if (direction !== "down" || payload === 0) return;
    most = Math.max(most, payload);
    count++;
  };
  const data = world.bytes(20_000, "down");
  const running = world.transfer({ expects: data, endsAfter: "reading" }, { sends: data });
  world.settle();
  running.assertDone();
  assert(most >= 70 && most <= 88 && count < 400, `${count} segments of at most ${most} bytes`);
});
