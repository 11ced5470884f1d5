/**
 * An ICMP error arrives for a socket (RFC 1122 section 4.2.3.9, RFC 5461, RFC 5927, RFC 8201 section 5.4).
 *
 * @module
 */

import type { Micros, SubflowCloseReason } from "../plugin.ts";
import type { IcmpError, IcmpErrorKind } from "../wire/icmp.ts";
import { unwrap32 } from "../wire/seq.ts";
import type { TcpSocket } from "./socket.ts";
import { isSynchronized } from "./state.ts";

/** What the network says of a destination. */
export type NetworkError = Exclude<IcmpErrorKind, "too-big">;

/** What ends an attempt to connect, and what an established connection shows only if it later times out. */
const ERRORS: { readonly [error in NetworkError]: { readonly reason: SubflowCloseReason; readonly text: string } } = {
  "network-unreachable": { reason: "unreachable", text: "no route leads to its network" },
  "host-unreachable": { reason: "unreachable", text: "its host does not answer" },
  "protocol-unreachable": { reason: "refused", text: "its host does not speak TCP" },
  "port-unreachable": { reason: "refused", text: "its port is unreachable" },
  "prohibited": { reason: "unreachable", text: "a filter forbids it" },
  "time-exceeded": { reason: "unreachable", text: "it is too many hops away" },
  "parameter-problem": { reason: "unreachable", text: "something on the way does not understand the packets" },
};

/** Lets `socket` take `error`, which is about one of its segments. */
export function icmpErrorArrives(socket: TcpSocket, error: IcmpError, now: Micros): void {
  if (socket.state === "closed" || socket.state === "time-wait") return;
  if (!isInFlight(socket, error.sequence)) {
    socket.context.counters.TcpExtOutOfWindowIcmps++;
    return;
  }
  if (error.kind === "too-big") return handleTooBig(socket, error, now);
  const isNews = socket.networkError !== error.kind;
  socket.networkError = error.kind;
  socket.networkErrorText = error.text || ERRORS[error.kind].text;
  // Routes come and go: an established connection keeps trying until it times out.
  if (!isSynchronized(socket.state)) socket.close(ERRORS[error.kind].reason, now);
  else if (isNews) socket.hooks.handleTrouble?.(error.kind);
}

/** Whether a segment with this sequence number may still be on its way (RFC 5927 section 4.1). */
function isInFlight(socket: TcpSocket, sequence: number): boolean {
  const { una, nxt } = socket.recovery.board;
  const offset = unwrap32(una, (sequence - socket.initialSequence) >>> 0);
  // The SYN has offset 0 and is no segment of the scoreboard. A bare acknowledgment has the next one to send.
  return offset >= (isSynchronized(socket.state) ? una : 0) && offset <= nxt;
}

function handleTooBig(socket: TcpSocket, error: IcmpError, now: Micros): void {
  const { pathMtu, recovery, mss } = socket;
  if (!pathMtu.handleTooBig(error.mtu, error.quotedLength, now)) return;
  const { board, mtuProbe } = recovery;
  socket.updateMss();
  const isProbeTooBig = mtuProbe !== null && mtuProbe.start >= 0 && mtuProbe.size > pathMtu.highest;
  if (socket.mss < mss) recovery.repackage(socket.mss, board.una, board.nxt, now);
  else if (isProbeTooBig) recovery.repackage(mss, mtuProbe.start, mtuProbe.end, now);
  if (isProbeTooBig) {
    socket.context.counters.TcpExtTCPMTUPFail++;
    mtuProbe.clear();
  }
  socket.context.activate(socket);
  socket.timers.update();
}
