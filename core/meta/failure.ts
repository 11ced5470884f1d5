/**
 * A checksum was wrong: something on the path changes what it carries (RFC 8684 section 3.7).
 *
 * With another path the subflow is given up and its data comes again elsewhere. On the only one both ends agree by MP_FAIL to
 * go on as plain TCP, which each of them does with its next new data, mapped infinitely, as Linux does. Between the
 * agreement and that data they still speak Multipath TCP, but check nothing.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Verdict } from "../tcp/hooks.ts";
import { MAX_TIMEOUT } from "../tcp/rtt.ts";
import type { Segment } from "../tcp/segment.ts";
import { MP_FAIL, type MptcpOptions, RESET_MIDDLEBOX } from "../wire/mptcp.ts";
import { RST, type TcpHeader } from "../wire/tcp.ts";
import { fallBack, isWholeStream, receiveShift, stopVerifying } from "./fallback.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** How long an answer to MP_FAIL is waited for; Linux's TCP_RTO_MAX. */
const PATIENCE: Micros = MAX_TIMEOUT;
/** A peer that asks more often has had its answer, and two that answer each other must come to an end. */
const MOST_ANSWERS = 16;

/** What makes a {@linkcode Failure}: a wrong checksum, at either end, or mappings that do not fit where there are none. */
export type FailureCause = "checksum-failed" | "length-changed";

/** The way back of a connection from a wrong checksum on its only subflow to plain TCP. */
export class Failure {
  /** The only subflow. */
  readonly subflow: Subflow;
  /** What was found. */
  readonly cause: FailureCause;
  /** When MP_FAIL is to be repeated. */
  deadline: Micros = Infinity;
  /** MP_FAIL must leave, with an acknowledgment of its own if need be. */
  isDue = false;

  /** Data offset that MP_FAIL tells. */
  readonly #at: number;
  #isAgreed = false;
  #giveUpAt: Micros = Infinity;
  /** Before this MP_FAIL of the peer answers ours. */
  #answersUntil: Micros = -Infinity;
  #tries = 0;
  #answers = 0;

  /** `at` is the data offset from which on nothing that the peer sent is trusted, or that is expected next. */
  constructor(subflow: Subflow, at: number, cause: FailureCause) {
    this.subflow = subflow;
    this.cause = cause;
    this.#at = at;
  }

  /** Both ends know: what comes is not checked any more, and new data is plain TCP. */
  get isAgreed(): boolean {
    return this.#isAgreed;
  }

  /** Asks the peer to go on without checksums. */
  ask(now: Micros): void {
    this.#giveUpAt = now + PATIENCE;
    this.#answersUntil = Infinity;
    this.#request(now);
  }

  /** The peer asks, or agrees. */
  handleFail(now: Micros): void {
    // Who asked several times is answered several times; what comes later than that is a question again.
    if (now >= this.#answersUntil && this.#answers++ < MOST_ANSWERS) this.isDue = true;
    if (!this.#isAgreed) this.#agree(now);
    // With MP_FAIL, or with the acknowledgment of what was kept back.
    this.subflow.tcp.requestAck();
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    if (now >= this.#giveUpAt) return failSubflow(this.subflow, this.#at, now);
    this.#request(now);
  }

  /** Adds MP_FAIL to an acknowledgment; while the peer has not answered, to each, since any of them may be lost. */
  writeOption(mptcp: MptcpOptions): void {
    if (!this.isDue && this.#isAgreed) return;
    this.isDue = false;
    writeFail(this.subflow.meta, mptcp, this.#at);
  }

  /** Whether `segment` is the new data that is to be mapped infinitely. */
  isTurn(segment: Segment): boolean {
    return this.#isAgreed && segment === this.subflow.tcp.recovery.board.queue.unsent;
  }

  #request(now: Micros): void {
    const { meta, tcp } = this.subflow;
    this.isDue = true;
    this.deadline = Math.min(now + tcp.recovery.rtt.timeout * 2 ** this.#tries++, this.#giveUpAt);
    meta.timers.update();
    tcp.requestAck();
  }

  #agree(now: Micros): void {
    this.#isAgreed = true;
    if (this.#answersUntil === Infinity) this.#answersUntil = now + this.subflow.tcp.recovery.rtt.timeout;
    this.deadline = Infinity;
    // Where the path changes the length of the stream, DATA_FIN does not say where it ends.
    this.subflow.meta.reassembly.forgetFin();
    stopVerifying(this.subflow, now);
    this.subflow.meta.timers.update();
    this.subflow.meta.activate();
  }
}

/** The mapping that begins at data offset `at` came with a wrong checksum. */
export function handleChecksumFailure(subflow: Subflow, at: number, now: Micros): void {
  const { meta } = subflow;
  meta.context.counters.MPTcpExtDataCsumErr++;
  const { failure } = meta;
  // A join that the peer has heard of may come up and carry the data.
  const hasProspect = meta.subflows.some((other) => other !== subflow && other.state !== "syn-sent");
  if (failure !== null || hasProspect || !isAlone(subflow)) return failSubflow(subflow, at, now);
  startFailure(new Failure(subflow, at, "checksum-failed"), now);
}

/** Asks the peer to go on as plain TCP, because of `failure`. */
export function startFailure(failure: Failure, now: Micros): void {
  enter(failure, now).ask(now);
}

/** MP_FAIL arrived in `header`. */
export function handleFail(subflow: Subflow, header: TcpHeader, now: Micros): Verdict {
  const { meta } = subflow;
  meta.context.counters.MPTcpExtMPFailRx++;
  if (header.flags & RST) return "accept";
  if (meta.failure === null && !isAlone(subflow)) {
    failSubflow(subflow, Math.min(meta.reassembly.next, meta.reassembly.finAt), now);
    return "drop";
  }
  const { failure } = meta;
  (failure ?? enter(new Failure(subflow, meta.reassembly.next, "checksum-failed"), now)).handleFail(now);
  return "accept";
}

/** The peer maps all that follows `offset` of the subflow to the stream from `data` on: it is plain TCP from now on. */
export function handleInfiniteMapping(subflow: Subflow, offset: number, data: number, now: Micros): Verdict {
  const { meta } = subflow;
  meta.context.counters.MPTcpExtInfiniteMapRx++;
  // All of the stream is on this subflow, so both counts run side by side.
  if (data - offset !== receiveShift(subflow) || !isAlone(subflow)) return "reset";
  return fallBack(subflow, "infinite-mapping", now);
}

/** Closes `subflow` with a reset that tells where the failure began. */
export function failSubflow(subflow: Subflow, at: number, now: Micros): void {
  subflow.failedAt = at;
  subflow.resetCode = RESET_MIDDLEBOX;
  subflow.tcp.abort("protocol", now);
}

/** Adds MP_FAIL with data offset `at` of the peer's stream. */
export function writeFail(meta: MetaSocket, mptcp: MptcpOptions, at: number): void {
  mptcp.present |= MP_FAIL;
  mptcp.failSequence.setSum(meta.remoteKey.firstSequence, at);
  meta.context.counters.MPTcpExtMPFailTx++;
}

/**
 * Whether no other subflow ever carried anything, so that plain TCP on this one is the whole stream; `waiting` of the bytes that
 * it has received are still to be placed.
 */
export function isAlone(subflow: Subflow, waiting = 0): boolean {
  return !subflow.isJoin && !subflow.meta.subflowSet.hasJoined && isWholeStream(subflow, waiting);
}

function enter(failure: Failure, now: Micros): Failure {
  const { subflow } = failure;
  const { meta } = subflow;
  meta.failure = failure;
  // Everything is on this subflow once, and shall stay so.
  meta.queue.forgetReinjections();
  for (const other of [...meta.subflows]) if (other !== subflow) other.tcp.abort("closed", now);
  return failure;
}
