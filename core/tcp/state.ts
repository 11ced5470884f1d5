/**
 * The states of a TCP connection as a transition table.
 *
 * @module
 */

/** RFC 9293 section 3.3.2; LISTEN belongs to the listener, not to a connection. */
export type TcpState =
  | "closed"
  | "syn-sent"
  | "syn-received"
  | "established"
  | "fin-wait-1"
  | "fin-wait-2"
  | "close-wait"
  | "closing"
  | "last-ack"
  | "time-wait";

/** What moves a connection from one state to another. */
export type TcpEvent =
  /** The user opens actively. */
  | "open"
  /** A SYN without ACK arrives. */
  | "syn"
  /** A SYN that acknowledges ours arrives. */
  | "syn-ack"
  /** Our SYN is acknowledged. */
  | "syn-acked"
  /** The user ends the sending direction. */
  | "shutdown"
  /** The peer's FIN is in order. */
  | "fin"
  /** Our FIN is acknowledged. */
  | "fin-acked"
  /** Two maximum segment lifetimes passed in TIME-WAIT. */
  | "expired";

type Transitions = { readonly [state in TcpState]: { readonly [event in TcpEvent]?: TcpState } };

/** RFC 9293 figure 5. A pair that is absent leaves the state as it is. */
const TRANSITIONS: Transitions = {
  "closed": { open: "syn-sent", syn: "syn-received" },
  "syn-sent": { "syn-ack": "established", syn: "syn-received", shutdown: "closed" },
  "syn-received": { "syn-acked": "established", shutdown: "fin-wait-1", fin: "close-wait" },
  "established": { shutdown: "fin-wait-1", fin: "close-wait" },
  "fin-wait-1": { "fin-acked": "fin-wait-2", fin: "closing" },
  "fin-wait-2": { fin: "time-wait" },
  "close-wait": { shutdown: "last-ack" },
  "closing": { "fin-acked": "time-wait" },
  "last-ack": { "fin-acked": "closed" },
  "time-wait": { expired: "closed" },
};

/** The state after `event` in `state`. */
export function nextState(state: TcpState, event: TcpEvent): TcpState {
  return TRANSITIONS[state][event] ?? state;
}

/** True from the moment that both ends know each other's sequence numbers. */
export function isSynchronized(state: TcpState): boolean {
  return state !== "closed" && state !== "syn-sent" && state !== "syn-received";
}

/** True while this end may still hand over new bytes to send. */
export function maySend(state: TcpState): boolean {
  return state === "established" || state === "close-wait";
}

/** True while bytes from the peer are still expected. */
export function mayReceive(state: TcpState): boolean {
  return state === "established" || state === "fin-wait-1" || state === "fin-wait-2";
}
