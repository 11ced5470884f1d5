/**
 * What TCP sockets share with the stack that they live in.
 *
 * @module
 */

import type { BlockPool } from "../buffer/blocks.ts";
import type { Timed } from "../buffer/timer_heap.ts";
import type { Counters } from "../counters.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import type { SegmentPool } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";
import type { TimeWaits } from "./time_waits.ts";

/** What a socket needs of the stack that it lives in. */
export interface TcpContext {
  /** Segments to reuse. */
  readonly segments: SegmentPool;
  /** Blocks to reuse. */
  readonly blocks: BlockPool;
  /** What the stack counts. */
  readonly counters: Counters;
  /** Header to emit with. */
  readonly emitted: TcpHeader;
  /** Sockets in TIME-WAIT. */
  readonly timeWaits: TimeWaits;
  /** `socket` may have something to send. */
  activate(socket: TcpSocket): void;
  /** The deadline of `timed` changed. */
  rearm(timed: Timed): void;
  /** `socket` is closed: forget its addresses. */
  release(socket: TcpSocket): void;
}
