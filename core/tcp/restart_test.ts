import { assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";
import { SYN, TcpHeader } from "../wire/tcp.ts";
import { isRestart } from "./restart.ts";

/** Ends in TIME-WAIT whose last timestamp is 1000, or that have none. */
function timeWait(timestamps: boolean): SocketUnderTest {
  const stamp = timestamps ? { timestamps: [1000, 1000] as const } : {};
  const under = SocketUnderTest.established({ timestamps }, stamp);
  under.socket.shutdown(under.now);
  under.leaves();
  under.arrives({ flags: "FA", acknowledgment: 2, ...stamp });
  under.leaves();
  assertEquals(under.state, "time-wait");
  return under;
}

/** A SYN whose number is `ahead` of what is expected next. */
function syn({ socket }: SocketUnderTest, ahead: number, timestamp: number | null): TcpHeader {
  const header = new TcpHeader();
  header.flags = SYN;
  header.sequence = (socket.peerSequence + socket.receiver.next + ahead) >>> 0;
  header.options.hasTimestamp = timestamp !== null;
  header.options.timestampValue = timestamp ?? 0;
  return header;
}

Deno.test("in TIME-WAIT a SYN with a newer timestamp opens anew, with an older one not (RFC 9293 SHLD-4; RFC 6191)", () => {
  const under = timeWait(true);
  for (const ahead of [-5000, 0, 5000]) {
    assertEquals(isRestart(under.socket, syn(under, ahead, 1001)), true, `${ahead}`);
    assertEquals(isRestart(under.socket, syn(under, ahead, 999)), false, `${ahead}`);
  }
});

Deno.test("where timestamps say nothing the sequence number of the SYN does", () => {
  for (const [timestamps, stamp] of [[true, 1000], [true, null], [false, 7], [false, null]] as const) {
    const under = timeWait(timestamps);
    const restarts = [-1, 0, 5000].map((ahead) => isRestart(under.socket, syn(under, ahead, stamp)));
    assertEquals(restarts, [false, true, true]);
  }
});

Deno.test("only a SYN opens anew, and only in TIME-WAIT", () => {
  const under = timeWait(true);
  for (const flags of ["A", "R", "SA", "SR", "F"]) {
    const header = syn(under, 100, 2000);
    header.flags = [...flags].reduce((all, letter) => all | { A: 16, R: 4, S: 2, F: 1 }[letter]!, 0);
    assertEquals(isRestart(under.socket, header), false, flags);
  }
  const open = SocketUnderTest.established();
  assertEquals(isRestart(open.socket, syn(open, 100, null)), false);
});
