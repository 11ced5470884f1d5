/**
 * ICMP errors about packets, as a transport hands them to a stack.
 *
 * @module
 */

import { IcmpError, type IcmpErrorKind } from "../../core/wire/icmp.ts";
import type { Packet } from "../../core/wire/packet.ts";

/** What a router, or the destination, says of `packet`. */
export function icmpErrorAbout(
  { view, start, end, source, destination }: Packet,
  kind: IcmpErrorKind,
  mtu = 0,
): IcmpError {
  const error = new IcmpError();
  error.kind = kind;
  error.mtu = mtu;
  error.quotedLength = end - start + (source.family === 4 ? 20 : 40);
  error.local.copy(source);
  error.remote.copy(destination);
  error.localPort = view.getUint16(start);
  error.remotePort = view.getUint16(start + 2);
  error.sequence = view.getUint32(start + 4);
  return error;
}
