/**
 * The addresses that the interfaces of this machine have.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { findAttribute, type NetlinkSocket } from "./netlink.ts";

const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const NLM_F_DUMP = 0x300;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const AF_INET = 2;
/** Bytes of struct ifaddrmsg. */
const MESSAGE_LENGTH = 8;

/** Asks through `socket`, which must not be told of anything else. */
export function interfaceAddresses(socket: NetlinkSocket): string[] {
  const found: string[] = [];
  socket.begin(RTM_GETADDR, NLM_F_DUMP).bytes(0, 0, 0, 0).words(0).request((message) => {
    if (message.type !== RTM_NEWADDR) return;
    const { view, start } = message;
    const isV4 = view.getUint8(start) === AF_INET;
    const at = findAttribute(message, start + MESSAGE_LENGTH, isV4 ? IFA_LOCAL : IFA_ADDRESS);
    if (at < 0) return;
    const address = new IpAddress();
    if (isV4) address.readV4(view, at);
    else address.readV6(view, at);
    found.push(address.toString());
  });
  return found;
}
