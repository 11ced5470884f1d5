/**
 * What a connection did, seen from both its ends.
 *
 * @module
 */

import type { ConnectionStats, MptcpConn, SubflowInfo } from "../../mod.ts";
import type { SubflowReport } from "./report.ts";

/** Names the path between an address of the client and one of the server. */
export type PathName = (client: string, server: string) => string;

/** What a connection has done so far. */
export interface ConnectionFigures {
  /** As the sender of the data counts; null if the connection was never open. */
  readonly stats: ConnectionStats | null;
  /** Bytes that the receiver of the data got twice. */
  readonly duplicateBytes: number;
  /** The subflows that could ever carry data, in order of creation. */
  readonly subflows: readonly SubflowReport[];
}

/** Those of a connection that was never open. */
export const NO_FIGURES: ConnectionFigures = { stats: null, duplicateBytes: 0, subflows: [] };

/** Follows a connection from the moment at which it is open. */
export class ConnectionLog {
  readonly #sender: MptcpConn;
  readonly #receiver: MptcpConn;
  readonly #sent: SubflowLog;
  readonly #received: SubflowLog;
  readonly #isUpload: boolean;
  readonly #pathName: PathName;

  /** `client` sends the data if `isUpload`, and `server` if not. */
  constructor(client: MptcpConn, server: MptcpConn, isUpload: boolean, pathName: PathName) {
    [this.#sender, this.#receiver] = isUpload ? [client, server] : [server, client];
    this.#sent = new SubflowLog(this.#sender);
    this.#received = new SubflowLog(this.#receiver);
    this.#isUpload = isUpload;
    this.#pathName = pathName;
  }

  /** What it has done so far. */
  read(): ConnectionFigures {
    const arrived = new Map(
      this.#received.read().map(({ local, remote, bytesReceived }) => [key(remote, local), bytesReceived]),
    );
    const bytesOf = ({ local, remote }: SubflowInfo) => arrived.get(key(local, remote)) ?? 0;
    const sent = this.#sent.read();
    const total = sent.reduce((sum, subflow) => sum + bytesOf(subflow), 0);
    const subflows = sent.map((subflow): SubflowReport => {
      const [client, server] = this.#isUpload ? [subflow.local, subflow.remote] : [subflow.remote, subflow.local];
      return {
        name: this.#pathName(client.address, server.address),
        client: text(client),
        server: text(server),
        bytes: bytesOf(subflow),
        share: total > 0 ? bytesOf(subflow) / total : 0,
        bytesSent: subflow.bytesSent,
        retransmissions: subflow.retransmissions,
        srttMs: subflow.srtt > 0 ? subflow.srtt / 1000 : null,
        backup: subflow.backup,
        closed: subflow.closed,
      };
    });
    return { stats: this.#sender.stats(), duplicateBytes: this.#receiver.stats().bytesDuplicate, subflows };
  }
}

/** A subflow as it is, or as it was when it ended. */
interface LoggedSubflow extends SubflowInfo {
  /** Why it ended; null while it is there. */
  readonly closed: string | null;
}

/** The subflows of one end, those that ended included. */
class SubflowLog {
  readonly #conn: MptcpConn;
  readonly #ended = new Map<number, LoggedSubflow>();

  constructor(conn: MptcpConn) {
    this.#conn = conn;
    this.#follow();
  }

  read(): LoggedSubflow[] {
    const all = new Map(this.#ended);
    for (const subflow of this.#conn.subflows) {
      if (!all.has(subflow.id)) all.set(subflow.id, { ...subflow, closed: null });
    }
    return [...all.values()].filter((subflow) => subflow.usable || subflow.srtt > 0).sort((a, b) => a.id - b.id);
  }

  async #follow(): Promise<void> {
    for await (const event of this.#conn.events()) {
      if (event.type !== "subflow-closed") continue;
      // The events of a connection hold subflows as its `subflows` do.
      this.#ended.set(event.subflow.id, { ...event.subflow as SubflowInfo, closed: event.reason });
    }
  }
}

type Endpoint = SubflowInfo["local"];

function key(from: Endpoint, to: Endpoint): string {
  return `${text(from)} ${text(to)}`;
}

function text({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
