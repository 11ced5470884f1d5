/**
 * What comes of a scenario: the object that `mptcp sim --json` prints. Fields may be added to it; none changes its
 * meaning or goes. `docs/scenarios.md` describes it for its users.
 *
 * @module
 */

/** What came of one run. */
export interface ScenarioReport {
  /** What the run followed from. */
  readonly seed: number | string;
  /** Virtual time that the run took. */
  readonly seconds: number;
  /** Events of the simulation, a measure of its cost. */
  readonly events: number;
  /** One for each application, in the order of the file. */
  readonly connections: readonly ConnectionReport[];
  /** Two for each link, one for each direction. */
  readonly links: readonly LinkReport[];
}

/**
 * How a connection ended: "done" is all that the file asked for, "failed" an error, "unfinished" the limit of the scenario or
 * a wait that nothing could end.
 */
export type ConnectionEnd = "done" | "failed" | "unfinished";

/** What came of one application and its connection. What is counted by a sender is counted by that of the data. */
export interface ConnectionReport {
  /** Name of the application. */
  readonly name: string;
  /** Type of the application. */
  readonly type: string;
  /** Host that connected. */
  readonly client: string;
  /** Host that listened. */
  readonly server: string;
  /** What the connection spoke in the end; null if it was never open. */
  readonly protocol: "mptcp" | "tcp" | null;
  /** Why it spoke plain TCP although the application wanted Multipath TCP; null if it did not. */
  readonly fallback: string | null;
  /** How it ended. */
  readonly end: ConnectionEnd;
  /** Why it is not done; null if it is. */
  readonly error: string | null;
  /** When the client began to connect. */
  readonly startSeconds: number;
  /** From then until all data had arrived, or until the run ended. */
  readonly seconds: number;
  /** Bytes that the receiving application got. For request-response, those of the responses. */
  readonly bytes: number;
  /** `bytes` over `seconds`. */
  readonly bitsPerSecond: number;
  /** Longest time between two pieces of data that the receiving application saw. */
  readonly longestPauseMs: number;
  /** Bytes that the sender gave to a second subflow. */
  readonly reinjectedBytes: number;
  /** Bytes that the receiver got twice. */
  readonly duplicateBytes: number;
  /** Segments that the sender sent again, on all subflows. */
  readonly retransmissions: number;
  /** From each message until it was there whole, or from each request until its response was; null for bulk. */
  readonly latencyMs: LatencyReport | null;
  /** Subflows in order of creation, those that ended included. */
  readonly subflows: readonly SubflowReport[];
}

/** A distribution of times in milliseconds. */
export interface LatencyReport {
  /** How many. */
  readonly count: number;
  /** Mean. */
  readonly mean: number;
  /** 50 of 100 are not above this. */
  readonly median: number;
  /** 95 of 100 are not above this. */
  readonly p95: number;
  /** 99 of 100 are not above this. */
  readonly p99: number;
  /** The longest. */
  readonly maximum: number;
}

/** What one subflow did, as its sender saw it. */
export interface SubflowReport {
  /** The links at its ends, by name. */
  readonly name: string;
  /** Address and port of the client. */
  readonly client: string;
  /** Address and port of the server. */
  readonly server: string;
  /** Bytes of data that arrived over it. */
  readonly bytes: number;
  /** `bytes` as a share of those of all subflows, 0 to 1. */
  readonly share: number;
  /** Bytes of data sent over it, repeated ones included. */
  readonly bytesSent: number;
  /** Segments sent again. */
  readonly retransmissions: number;
  /** Smoothed round-trip time, the last one; null before the first sample. */
  readonly srttMs: number | null;
  /** Whether it is used only when no other can be. */
  readonly backup: boolean;
  /** Why it ended before the data did; null if it did not. */
  readonly closed: string | null;
}

/** What one direction of a link did. */
export interface LinkReport {
  /** Name of the link. */
  readonly name: string;
  /** Node that sends into it. */
  readonly from: string;
  /** Node that it leads to. */
  readonly to: string;
  /** Bytes delivered, with headers. */
  readonly bytes: number;
  /** Packets delivered. */
  readonly packets: number;
  /** Delivered bytes as a share of what it could have carried while it was up; null without a rate. */
  readonly utilisation: number | null;
  /** Packets not delivered, by cause. */
  readonly dropped: {
    /** The queue was full or said so. */
    readonly queue: number;
    /** By chance. */
    readonly loss: number;
    /** It was down. */
    readonly down: number;
    /** Too long. */
    readonly mtu: number;
  };
  /** Packets that arrived twice. */
  readonly duplicated: number;
  /** Packets damaged. */
  readonly corrupted: number;
  /** Packets held up so that others overtook them. */
  readonly reordered: number;
  /** Packets marked as having met congestion. */
  readonly marked: number;
  /** Most packets that waited at once. */
  readonly queueHighWaterPackets: number;
  /** Most bytes that waited at once. */
  readonly queueHighWaterBytes: number;
}
