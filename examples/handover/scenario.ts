/**
 * A phone with WiFi and LTE downloads from a server while WiFi goes dark for five seconds.
 *
 * @module
 */

import type { CongestionGroup, Plugin, Scheduler } from "@userspace/mptcp/plugin";
import { fullMesh } from "@userspace/mptcp/pathmanagers";
import { type DuplexLink, Network, Simulator, Tap } from "@userspace/mptcp/sim";
import type { MptcpConn } from "@userspace/mptcp/transports";
import { createHash } from "node:crypto";

/** When WiFi is dark, in milliseconds of virtual time. */
export const DARK = { from: 3000, to: 8000 };
/** The links, as the plot and the tables name them. Rates in bits per second, one-way delays in milliseconds. */
export const LINKS = {
  wifi: { name: "WiFi", address: "10.0.1.2", rate: 30e6, delay: 10, queue: { packets: 75 } },
  lte: { name: "LTE", address: "10.0.2.2", rate: 15e6, delay: 30, queue: { packets: 500 } },
} as const;
/** Time that one column of the plot stands for, in milliseconds. */
export const SAMPLE = 250;

/** What to run. */
export interface DownloadOptions {
  /** Draws the content and everything random. */
  readonly seed: number;
  /** Bytes to download. */
  readonly bytes: number;
  /** False for plain TCP over WiFi alone. */
  readonly multipath: boolean;
  /** Picks subflows for data. */
  readonly scheduler: Plugin<Scheduler>;
  /** Governs the windows. */
  readonly congestion: Plugin<CongestionGroup>;
  /** Capture both links. */
  readonly capture: boolean;
  /** Told of the bytes received, often. */
  readonly onProgress: (bytes: number) => void;
}

/** One subflow of a download, from the server's side. */
export interface SubflowResult {
  /** "WiFi" or "LTE". */
  readonly name: string;
  /** Payload bytes sent on it, retransmissions included. */
  readonly bytes: number;
  /** Segments sent again on it. */
  readonly retransmissions: number;
}

/** What came of a download. */
export interface Download {
  /** From the request to the last byte, in seconds. */
  readonly seconds: number;
  /** Longest time without a byte for the application, in milliseconds. */
  readonly longestPauseMs: number;
  /** When that pause began, in seconds. */
  readonly longestPauseAt: number;
  /** Longest pause that touches the time when WiFi is dark, in milliseconds. */
  readonly darkPauseMs: number;
  /** Bytes given to a second subflow because the first did not deliver them. */
  readonly reinjectedBytes: number;
  /** SHA-256 of what the server sent and of what the phone received. */
  readonly digests: readonly [sent: string, received: string];
  /** In order of creation. */
  readonly subflows: readonly SubflowResult[];
  /** Mbit/s that each link delivered to the phone, one number for each {@linkcode SAMPLE}. */
  readonly throughput: { readonly [link in keyof typeof LINKS]: readonly number[] };
  /** The captured packets as a pcapng file, if asked for. */
  readonly capture: Uint8Array | null;
}

/** Runs one download in virtual time. */
export async function download(options: DownloadOptions): Promise<Download> {
  const { scheduler, congestion, multipath } = options;
  const sim = new Simulator({ seed: options.seed });
  const network = new Network(sim, { scheduler, congestion, pathManager: fullMesh() });
  const phone = network.host("phone");
  const server = network.host("server");
  const wifi = connect("wifi");
  const lte = connect("lte");
  const tap = new Tap();
  if (options.capture) { for (const link of [wifi, lte]) tap.watch(link); }
  sim.at(DARK.from, () => wifi.set({ up: false }));
  sim.at(DARK.to, () => wifi.set({ up: true }));
  const throughput = { wifi: sampler(wifi), lte: sampler(lte) };

  function connect(id: keyof typeof LINKS): DuplexLink {
    const { address, rate, delay, queue } = LINKS[id];
    return network.connect(phone, server, { name: id, addresses: [address, "10.0.0.1"], rate, delay, queue });
  }

  return await sim.run(async () => {
    using listener = server.listen({ port: 4000 });
    const serving = serve(listener.accept(), options);
    using conn = await phone.connect({
      hostname: "10.0.0.1",
      port: 4000,
      localHostname: LINKS.wifi.address,
      options: { multipath },
    });
    const sampling = new AbortController();
    const samples = sample(sim, [throughput.wifi, throughput.lte], sampling.signal);
    const received = await receive(sim, conn, options);
    sampling.abort();
    await samples;
    await conn.closeWrite();
    return {
      ...received.timing,
      ...await serving.then(({ reinjectedBytes, subflows }) => ({ reinjectedBytes, subflows })),
      digests: [(await serving).digest, received.digest] as const,
      throughput: { wifi: throughput.wifi.rates, lte: throughput.lte.rates },
      capture: options.capture ? tap.bytes() : null,
    };
  });
}

/** The server: answers one request with pseudo-random bytes. */
async function serve(accepting: Promise<MptcpConn>, { bytes, seed }: DownloadOptions) {
  using conn = await accepting;
  await conn.read(new Uint8Array(64));
  const hash = createHash("sha256");
  const content = pseudoRandom(seed);
  for (let sent = 0; sent < bytes;) {
    let chunk = content(Math.min(65536, bytes - sent));
    hash.update(chunk);
    sent += chunk.length;
    while (chunk.length > 0) chunk = chunk.subarray(await conn.write(chunk));
  }
  await conn.closeWrite();
  while (await conn.read(new Uint8Array(64)) !== null);
  return {
    digest: hash.digest("hex"),
    reinjectedBytes: conn.stats().bytesReinjected,
    subflows: conn.subflows.map(({ remote, bytesSent, retransmissions }): SubflowResult => ({
      name: remote.address === LINKS.wifi.address ? LINKS.wifi.name : LINKS.lte.name,
      bytes: bytesSent,
      retransmissions,
    })),
  };
}

/** The phone: asks, and reads to the end. */
async function receive(sim: Simulator, conn: MptcpConn, { onProgress }: DownloadOptions) {
  const begin = sim.now();
  await conn.write(new TextEncoder().encode("GET /"));
  const hash = createHash("sha256");
  const buffer = new Uint8Array(65536);
  const pause = { longest: 0, at: 0, dark: 0 };
  let total = 0;
  for (let last = sim.now();;) {
    const count = await conn.read(buffer);
    if (sim.now() - last > pause.longest) Object.assign(pause, { longest: sim.now() - last, at: last });
    const isDark = sim.now() > DARK.from * 1e3 && last < DARK.to * 1e3;
    if (isDark) pause.dark = Math.max(pause.dark, sim.now() - last);
    last = sim.now();
    if (count === null) break;
    hash.update(buffer.subarray(0, count));
    onProgress(total += count);
  }
  return {
    digest: hash.digest("hex"),
    timing: {
      seconds: (sim.now() - begin) / 1e6,
      longestPauseMs: pause.longest / 1e3,
      longestPauseAt: pause.at / 1e6,
      darkPauseMs: pause.dark / 1e3,
    },
  };
}

interface Sampler {
  readonly rates: number[];
  readonly take: () => void;
}

/** Turns the byte counter of the direction to the phone into Mbit/s. */
function sampler(link: DuplexLink): Sampler {
  const rates: number[] = [];
  let before = 0;
  const take = () => {
    const { bytesDelivered } = link.backward.counters;
    rates.push((bytesDelivered - before) * 8 / (SAMPLE * 1e3));
    before = bytesDelivered;
  };
  return { rates, take };
}

async function sample(sim: Simulator, samplers: readonly Sampler[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sim.sleep(SAMPLE, { signal }).catch(() => {});
    for (const { take } of samplers) take();
  }
}

/** A generator of bytes that look random and depend on the seed alone (xorshift). */
function pseudoRandom(seed: number): (length: number) => Uint8Array {
  let state = (seed * 2654435761 | 0) || 1;
  return (length) => {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    return new Uint8Array(words.buffer, 0, length);
  };
}
