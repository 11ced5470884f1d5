/**
 * Plain TCP whose peer has yet to be told so.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { SegmentKind, Verdict } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import { DSS, dssLength, MP_FAIL, type MptcpOptions } from "../wire/mptcp.ts";
import type { TcpOptions } from "../wire/options.ts";
import { addModulo32 } from "../wire/seq.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { writeFail } from "./failure.ts";
import { fallBack, receiveShift } from "./fallback.ts";
import { PlainHooks } from "./plain.ts";
import type { Subflow } from "./subflow.ts";

/** Goes on as plain TCP on the only subflow, and says so; false if it does not carry the whole stream. */
export function mapInfinitely(subflow: Subflow, now: Micros): boolean {
  const { queue, context } = subflow.meta;
  const hooks = new InfiniteHooks(subflow, Math.min(queue.una, queue.end));
  if (fallBack(subflow, "checksum-failed", now, hooks) !== "accept") return false;
  context.counters.MPTcpExtInfiniteMapTx++;
  return true;
}

/**
 * Carries an infinite mapping, a DSS with length 0, on data (RFC 8684 section 3.7): on each segment, since the first may be
 * lost, until one of the peer shows that it speaks plain TCP too.
 */
export class InfiniteHooks extends PlainHooks {
  override readonly optionsLength: number = dssLength(0, 8, true);

  readonly #subflow: Subflow;
  readonly #from: number;
  readonly #shift: number;
  #isFailDue = false;

  /** The mapping begins at data offset `from`, where the peer's DATA_ACK stands. */
  constructor(subflow: Subflow, from: number) {
    const shift = receiveShift(subflow);
    super(subflow, shift);
    this.#subflow = subflow;
    this.#shift = shift;
    this.#from = from;
  }

  override get hasOptionsDue(): boolean {
    return this.#isFailDue;
  }

  override writeOptions({ mptcp }: TcpOptions, kind: SegmentKind, segment: Segment | null): void {
    if (kind === "data" && segment !== null && !segment.fin) return this.#writeMapping(mptcp);
    if (kind !== "ack" || !this.#isFailDue) return;
    this.#isFailDue = false;
    const { meta } = this.#subflow;
    writeFail(meta, mptcp, meta.reassembly.next);
  }

  override handleOptions(header: TcpHeader): Verdict {
    const { mptcp } = header.options;
    const { tcp, meta } = this.#subflow;
    const { counters } = meta.context;
    const isMappedInfinitely = (mptcp.present & DSS) !== 0 && mptcp.mappingBytes > 0 && mptcp.dataLength === 0;
    if (isMappedInfinitely) counters.MPTcpExtInfiniteMapRx++;
    if (mptcp.present & MP_FAIL) {
      counters.MPTcpExtMPFailRx++;
      this.#isFailDue = true;
      tcp.requestAck();
    } else if (mptcp.present === 0 || isMappedInfinitely) {
      tcp.hooks = new PlainHooks(this.#subflow, this.#shift);
      tcp.updateMss();
    }
    return super.handleOptions(header);
  }

  #writeMapping(mptcp: MptcpOptions): void {
    const { meta } = this.#subflow;
    mptcp.present |= DSS;
    mptcp.mappingBytes = 8;
    mptcp.dataSequence.setSum(meta.localKey.firstSequence, this.#from);
    mptcp.subflowSequence = addModulo32(1, this.#from - this.#subflow.earlySent);
    mptcp.dataLength = 0;
    mptcp.hasChecksum = meta.usesChecksums;
    mptcp.checksum = 0;
  }
}
