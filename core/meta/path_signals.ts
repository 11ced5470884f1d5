/**
 * The options of path management on their way out: ADD_ADDR and its echo, REMOVE_ADDR and MP_PRIO (RFC 8684 sections 3.3.8
 * and 3.4).
 *
 * @module
 */

import { addAddressHmac } from "../keys.ts";
import type { IpAddress } from "../wire/address.ts";
import { ADD_ADDR, MP_PRIO, type MptcpOptions, REMOVE_ADDR } from "../wire/mptcp.ts";
import { MAXIMUM_OPTIONS_LENGTH, type TcpOptions } from "../wire/options.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** An address, or the port 0 for that of the connection, under its identifier. */
interface AddressSignal {
  readonly type: "announce" | "echo";
  readonly id: number;
  readonly address: IpAddress;
  readonly port: number;
}

/** An option that waits for an acknowledgment to ride on. */
export type PathSignal =
  | AddressSignal
  | { readonly type: "withdraw"; readonly id: number }
  | { readonly type: "priority"; readonly backup: boolean };

/** What waits to be said, each on a subflow of its own choice. */
export class PathSignals {
  readonly #meta: MetaSocket;
  #due: { readonly subflow: Subflow; readonly signal: PathSignal }[] | null = null;

  /** For `meta`. */
  constructor(meta: MetaSocket) {
    this.#meta = meta;
  }

  /** Lets `signal` leave on `subflow`, with an acknowledgment of its own. */
  send(subflow: Subflow, signal: PathSignal): void {
    const due = this.#due ??= [];
    // A peer that says the same again before it was answered is answered once.
    if (signal.type === "echo") {
      const index = due.findIndex((other) => other.subflow === subflow && isEcho(other.signal, signal.id));
      if (index >= 0) due.splice(index, 1);
    }
    due.push({ subflow, signal });
    subflow.tcp.context.activate(subflow.tcp);
  }

  /** Whether something waits for an acknowledgment on `subflow`. */
  isDue(subflow: Subflow): boolean {
    return this.#due !== null && this.#indexOf(subflow) >= 0;
  }

  /** Writes the next option that waits for `subflow`; false if there is none. */
  writeNext(subflow: Subflow, options: TcpOptions): boolean {
    if (this.#due === null) return false;
    const index = this.#indexOf(subflow);
    if (index < 0) return false;
    this.#write(this.#take(index), options.mptcp);
    while (this.#continues(subflow, options)) this.#write(this.#take(this.#indexOf(subflow)), options.mptcp);
    if (this.#due.length === 0) this.#due = null;
    // An IPv6 address with a port leaves no room for time stamps. Receivers of RFC 7323 may drop a segment without them
    // (section 3.2), and then learn nothing; that of Linux does not.
    if (options.byteLength() > MAXIMUM_OPTIONS_LENGTH) options.hasTimestamp = false;
    return true;
  }

  /** A subflow is gone: what waited for it is repeated elsewhere, if it is repeated at all. */
  forget(subflow: Subflow): void {
    this.#due = this.#due?.filter((due) => due.subflow !== subflow) ?? null;
  }

  #take(index: number): PathSignal {
    return (this.#due?.splice(index, 1)[0] as { signal: PathSignal }).signal;
  }

  /** Whether another withdrawal follows the one in `options`: one option withdraws several addresses (RFC 8684 section 3.4.2). */
  #continues(subflow: Subflow, options: TcpOptions): boolean {
    const isOpen = options.mptcp.present & REMOVE_ADDR && options.byteLength() < MAXIMUM_OPTIONS_LENGTH;
    return !!isOpen && this.#due?.[this.#indexOf(subflow)]?.signal.type === "withdraw";
  }

  // A function that caught `subflow` would be allocated for every segment, even where nothing waits.
  #indexOf(subflow: Subflow): number {
    const due = this.#due ?? [];
    for (let i = 0; i < due.length; i++) if (due[i]?.subflow === subflow) return i;
    return -1;
  }

  #write(signal: PathSignal, mptcp: MptcpOptions): void {
    const { counters } = this.#meta.context;
    switch (signal.type) {
      case "announce":
      case "echo":
        return this.#writeAddress(signal, mptcp);
      case "withdraw":
        mptcp.removeCount = mptcp.present & REMOVE_ADDR ? mptcp.removeCount : 0;
        mptcp.present |= REMOVE_ADDR;
        mptcp.removeIds[mptcp.removeCount++] = signal.id;
        counters.MPTcpExtRmAddrTx++;
        return;
      case "priority":
        mptcp.present |= MP_PRIO;
        mptcp.priorityBackup = signal.backup;
        counters.MPTcpExtMPPrioTx++;
    }
  }

  #writeAddress({ type, id, address, port }: AddressSignal, mptcp: MptcpOptions): void {
    const { context, localKey, remoteKey } = this.#meta;
    mptcp.present |= ADD_ADDR;
    mptcp.addAddressEcho = type === "echo";
    mptcp.addAddressId = id;
    mptcp.addAddress.copy(address);
    mptcp.addAddressPort = port;
    mptcp.addAddressHasHmac = type === "announce";
    if (type === "echo") return void context.counters.MPTcpExtEchoAddTx++;
    context.counters.MPTcpExtAddAddrTx++;
    addAddressHmac(context.env, localKey, remoteKey, id, address, port, mptcp.addAddressHmac);
  }
}

function isEcho(signal: PathSignal, id: number): boolean {
  return signal.type === "echo" && signal.id === id;
}
