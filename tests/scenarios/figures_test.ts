import { assert, assertEquals } from "@std/assert";
import { bothWays, TWO_PATHS, World } from "../harness/mod.ts";

Deno.test("the figures of both ends agree with what was done", () => {
  // Nothing is lost, so that what leaves arrives.
  const paths = TWO_PATHS.map((path) => ({ ...path, ...bothWays(10, 10, { queue: { packets: 10_000 } }) }));
  const world = new World({ paths, client: { options: { checksum: true, ecn: "ask" } } });
  const up = world.bytes(2_000_000, "up");
  const running = world.transfer({ sends: up, endsAfter: "reading" }, { expects: up, endsAfter: "reading" });
  world.until(10_000);
  const [client, server] = [running.client.socket, running.server!.socket];
  const [ours, theirs] = [client.stats(), server.stats()];
  assertEquals([ours.bytesWritten, ours.bytesAssigned, ours.bytesAcked], [2_000_000, 2_000_000, 2_000_000]);
  assertEquals([theirs.bytesReceived, theirs.bytesRead, theirs.bytesOutOfOrder], [2_000_000, 2_000_000, 0]);
  assertEquals([ours.usesChecksums, theirs.usesChecksums, ours.token === theirs.token], [true, true, false]);
  assertEquals([ours.subflows, ours.subflowsTotal, ours.localAddressesUsed, theirs.localAddressesUsed], [2, 2, 2, 1]);
  assertEquals(ours.bytesSent, 2_000_000 + ours.bytesReinjected + ours.bytesRetransmitted);
  // What the window scale cannot express is cut off.
  const rest = theirs.receiveWindowEnd - ours.sendWindowEnd;
  assert(rest >= 0 && rest < 2 ** server.subflows[0]!.figures.receiveScale, `${rest}`);
  assert(theirs.lastReceivedAt > ours.lastSentAt);
  assert(ours.lastAckAt > theirs.lastReceivedAt && Number.isNaN(theirs.lastSentAt));
  for (const subflow of client.subflows) {
    const peer = server.subflows.find(({ id }) => id === subflow.id)!.figures;
    const figures = subflow.figures;
    assertEquals(subflow.bytesSent, peer.bytesReceived + figures.bytesRetransmitted);
    assertEquals([figures.segmentsSent, peer.segmentsSent], [peer.segmentsReceived, figures.segmentsReceived]);
    assertEquals(figures.dataSegmentsSent, peer.dataSegmentsReceived);
    assertEquals([figures.unacknowledged, figures.lostSegments, figures.sackedSegments], [0, 0, 0]);
    assertEquals([figures.usesEcn, figures.usesSack, figures.usesTimestamps, figures.pathMtu], [
      true,
      true,
      true,
      1500,
    ]);
    assert(figures.busyTime > 0 && figures.busyTime <= figures.lastAckAt, `${figures.busyTime}`);
    assert(figures.timeout >= 200_000 && figures.backoff === 0 && figures.recovery === "open");
  }
});

Deno.test("what is sent again is counted, also of subflows that are gone", () => {
  const paths = TWO_PATHS.map((path) => ({ ...path, ...bothWays(10, 10, { loss: 0.02 }) }));
  const world = new World({ paths });
  const up = world.bytes(2_000_000, "up");
  const running = world.transfer({ sends: up, endsAfter: "reading" }, { expects: up, endsAfter: "reading" });
  world.until(10_000);
  const { socket } = running.client;
  const before = socket.stats();
  assert(before.retransmissions > 5 && before.bytesRetransmitted > 5000);
  assertEquals(before.retransmissions, world.client.stack.counters.TcpRetransSegs);
  world.client.act((now) => socket.subflows[1]!.tcp.abort("closed", now));
  const after = socket.stats();
  assertEquals([after.subflows, after.retransmissions, after.bytesSent], [1, before.retransmissions, before.bytesSent]);
});
