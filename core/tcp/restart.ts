/**
 * A SYN on the ends of a connection that is in TIME-WAIT (RFC 9293 section 3.6.1, RFC 6191).
 *
 * @module
 */

import { sequenceDistance } from "../wire/seq.ts";
import { ACK, RST, SYN, type TcpHeader } from "../wire/tcp.ts";
import type { TcpSocket } from "./socket.ts";

/**
 * Whether the segment in `header` opens a new connection where `socket` is in TIME-WAIT: a SYN that is newer than all that
 * went before. Timestamps tell that better than sequence numbers, which have a new beginning (RFC 6191 section 2).
 */
export function isRestart(
  { state, peerClock, peerSequence, receiver, usesTimestamps }: TcpSocket,
  header: TcpHeader,
): boolean {
  if (state !== "time-wait" || (header.flags & (SYN | ACK | RST)) !== SYN) return false;
  const { hasTimestamp, timestampValue } = header.options;
  const age = usesTimestamps && hasTimestamp ? sequenceDistance(peerClock.recent, timestampValue) : 0;
  if (age !== 0) return age > 0;
  return sequenceDistance((peerSequence + receiver.next) >>> 0, header.sequence) >= 0;
}
