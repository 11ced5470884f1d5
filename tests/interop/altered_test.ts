/**
 * A box that changes payload and makes the TCP checksum right again, between us and a kernel with DSS checksums (RFC 8684
 * sections 3.3.1 and 3.7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DSS } from "../../core/wire/mptcp.ts";
import { type MptcpConn, passive, type Transport } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { boxed, clampingMss, incrementing, type Look } from "./box.ts";
import { KERNEL, type NeighbourOptions, Neighbours, ROLES } from "./neighbours.ts";
import { exchange, type Report, type Stream } from "./peer.ts";

type Direction = "up" | "down";

const LENGTH = 4 << 20;
/** What the box touches of the only path: nothing before checksums have been found right. */
const isTouched = (offset: number) => offset > 300_000 && offset % 100_000 === 17;
/** The same of one of two, which may be given little to carry. */
const isTouchedSoon = (offset: number) => offset % 10_000 === 17;
/**
 * Linux leaves no room for the infinite mapping in a segment as large as the path takes, and then drops it, again and again.
 * A box that lowers the maximum segment size makes the room.
 */
const ROOMY = clampingMss(1400);
/**
 * Where the kernel's bytes stand in their subflow: a window that is closed makes Linux ask with a byte that was acknowledged, in
 * a mapping of its own, so that all that follows stands further behind than in the stream.
 */
class Positions {
  /** Data offsets from which on there is one byte more before them. */
  readonly #from: number[] = [];
  #base = NaN;
  #seen = 0;

  /** Sees what the kernel sends. */
  readonly look: Look = (_packet, { options: { mptcp } }) => {
    const { dataSequence, subflowSequence } = mptcp;
    const length = mptcp.dataLength - (mptcp.dataFin ? 1 : 0);
    if ((mptcp.present & DSS) === 0 || mptcp.mappingBytes === 0 || length <= 0) return;
    const shift = (dataSequence.low - subflowSequence) >>> 0;
    if (Number.isNaN(this.#base)) this.#base = shift;
    const more = (this.#base - shift) >>> 0;
    const data = subflowSequence - 1 - more;
    while (this.#from.length < more) this.#from.push(Math.max(data, this.#seen));
    this.#seen = Math.max(this.#seen, data + length);
  };

  /** Of the byte at `data`, 1 for the first. */
  of(data: number): number {
    let position = data + 1;
    for (const from of this.#from) if (data >= from) position++;
    return position;
  }
}

/** Neighbours with checksums and a box on the last path. */
async function altered(
  direction: Direction,
  options: NeighbourOptions,
  positions?: Positions,
): Promise<Neighbours> {
  const { devices = 1 } = options;
  const change = incrementing(devices === 1 ? isTouched : isTouchedSoon);
  const looking = { up: ROOMY, ...positions && { down: positions.look } };
  const box = (transport: Transport) => boxed(boxed(transport, { [direction]: change }), looking);
  const ends = await Neighbours.create({
    ...options,
    families: [4],
    between: (transport, device) => device === devices ? box(transport) : transport,
  });
  await ends.namespace.sysctl("net.mptcp.checksum_enabled", 1);
  return ends;
}

/**
 * `conn` as it looks from behind a box in which nothing can be trusted but that it adds 1 to what is touched: reads come out, and
 * writes arrive, as the peer meant them, if and only if the box changed exactly that.
 */
function behind(conn: MptcpConn, direction: Direction, positions: Positions): Stream {
  let read = 0;
  let written = 0;
  const decrement = (bytes: Uint8Array, position: (i: number) => number) => {
    for (let i = 0; i < bytes.length; i++) if (isTouched(position(i))) bytes[i]!--;
  };
  return {
    get isMultipath() {
      return conn.isMultipath;
    },
    closeWrite: () => conn.closeWrite(),
    read: async (into) => {
      const count = await conn.read(into);
      if (count !== null && direction === "down") decrement(into.subarray(0, count), (i) => positions.of(read + i));
      read += count ?? 0;
      return count;
    },
    write: async (bytes) => {
      const copy = bytes.slice();
      if (direction === "up") decrement(copy, (i) => written + i + 1);
      const count = await conn.write(copy);
      written += count;
      return count;
    },
  };
}

function assertArrived(ours: Report, theirs: Report): void {
  assertEquals([theirs.received, theirs.receivedHash], [ours.sent, ours.sentHash], "the kernel received what was sent");
  assertEquals([ours.received, ours.receivedHash], [theirs.sent, theirs.sentHash], "we received what was sent");
}

for (const direction of ["up", "down"] as const) {
  const way = direction === "up" ? "to the kernel" : "to us";

  testWith(KERNEL, `a box changes data ${way} on the only path: MP_FAIL, and plain TCP with all bytes`, async () => {
    for (const role of ROLES) {
      const positions = new Positions();
      await using ends = await altered(direction, { pathManager: passive() }, positions);
      const { host: { counters }, namespace } = ends;
      // The kernel ends its direction last: with DATA_FIN to send, it has no room for MP_FAIL.
      const { conn, peer } = await ends.open(role, 4, `${LENGTH} last=1`);
      await using _peer = peer;
      const [ours, theirs] = await Promise.all([exchange(behind(conn, direction, positions), LENGTH), peer.report()]);
      assertArrived(ours, theirs);
      assertEquals([conn.stats().fallbackCause, theirs.multipath], ["checksum-failed", false]);
      const kernels = await namespace.counters();
      const [errors, asked, wasAsked] = direction === "up"
        ? [kernels.MPTcpExtDataCsumErr, kernels.MPTcpExtMPFailTx, counters.MPTcpExtMPFailRx]
        : [counters.MPTcpExtDataCsumErr, counters.MPTcpExtMPFailTx, kernels.MPTcpExtMPFailRx];
      assert(errors! >= 1 && asked! >= 1 && wasAsked! >= 1, `${errors} ${asked} ${wasAsked}`);
      // Both ends have new data: one of them is the first to map it infinitely, or both are.
      assert(counters.MPTcpExtInfiniteMapTx === 1 || kernels.MPTcpExtInfiniteMapTx === 1);
      conn.close();
    }
  });

  testWith(
    KERNEL,
    `a box changes data ${way} on one of two paths: that is reset, and no wrong byte arrives`,
    async () => {
      for (const role of ROLES) {
        await using ends = await altered(direction, { devices: 2 });
        const { host: { counters }, namespace } = ends;
        const reasons: string[] = [];
        const { ours, theirs, conn, pairs } = await ends[role](4, LENGTH, async (conn) => {
          for await (const event of conn.events()) {
            if (event.type === "subflow-closed") reasons.push(event.reason);
            if (reasons.length > 0) return;
          }
        });
        assertArrived(ours, theirs);
        assertEquals([ours.multipath, theirs.multipath, pairs.length, reasons], [true, true, 2, [
          direction === "up" ? "reset" : "protocol",
        ]]);
        const kernels = await namespace.counters();
        const [receiver, sender] = direction === "up" ? [kernels, counters] : [counters, kernels];
        assert(receiver.MPTcpExtDataCsumErr! >= 1);
        assert(receiver.MPTcpExtMPFailTx! >= 1 && sender.MPTcpExtMPFailRx! >= 1);
        assert(receiver.MPTcpExtMPRstTx! >= 1);
        // The kernel reinjects without counting.
        if (direction === "up") assert(conn.stats().bytesReinjected > 0 && sender.MPTcpExtMPTCPRetrans! >= 1);
      }
    },
  );
}

testWith(
  KERNEL,
  "a box changes the first data to the kernel, which is plain TCP then and says nothing of it",
  async () => {
    for (const role of ROLES) {
      const between: NeighbourOptions["between"] = (transport) =>
        boxed(transport, { up: incrementing((at) => at < 9) });
      await using ends = await Neighbours.create({ families: [4], pathManager: passive(), between });
      await ends.namespace.sysctl("net.mptcp.checksum_enabled", 1);
      const { conn, peer } = await ends.open(role, 4, "0 last=1");
      await using _peer = peer;
      const [ours, theirs] = await Promise.all([exchange(conn, LENGTH), peer.report()]);
      assertEquals([theirs.received, theirs.receivedHash === ours.sentHash], [LENGTH, false]);
      assertEquals([conn.stats().fallbackCause, theirs.multipath], ["no-dss", false]);
      const { MPTcpExtDataCsumErr, MPTcpExtMPFailTx } = await ends.namespace.counters();
      assertEquals([MPTcpExtDataCsumErr, MPTcpExtMPFailTx], [1, undefined]);
      conn.close();
    }
  },
);
