import { assertEquals } from "@std/assert";
import { isSynchronized, mayReceive, maySend, nextState, type TcpEvent, type TcpState } from "./state.ts";

const EVENTS: TcpEvent[] = ["open", "syn", "syn-ack", "syn-acked", "shutdown", "fin", "fin-acked", "expired"];

/** RFC 9293 figure 5, a row for each state, a column for each of the events above; "." leaves the state as it is. */
const FIGURE_5: Record<TcpState, string> = {
  "closed": "syn-sent syn-received . . . . . .",
  "syn-sent": ". syn-received established . closed . . .",
  "syn-received": ". . . established fin-wait-1 close-wait . .",
  "established": ". . . . fin-wait-1 close-wait . .",
  "fin-wait-1": ". . . . . closing fin-wait-2 .",
  "fin-wait-2": ". . . . . time-wait . .",
  "close-wait": ". . . . last-ack . . .",
  "closing": ". . . . . . time-wait .",
  "last-ack": ". . . . . . closed .",
  "time-wait": ". . . . . . . closed",
};

Deno.test("states follow each other as in RFC 9293 figure 5", () => {
  for (const [state, row] of Object.entries(FIGURE_5) as [TcpState, string][]) {
    const expected = row.split(" ").map((next) => next === "." ? state : next);
    assertEquals(EVENTS.map((event) => nextState(state, event)), expected as TcpState[], state);
  }
});

Deno.test("what is allowed in which state", () => {
  const states = Object.keys(FIGURE_5) as TcpState[];
  assertEquals(states.filter((state) => !isSynchronized(state)), ["closed", "syn-sent", "syn-received"]);
  assertEquals(states.filter(maySend), ["established", "close-wait"]);
  assertEquals(states.filter(mayReceive), ["established", "fin-wait-1", "fin-wait-2"]);
});
