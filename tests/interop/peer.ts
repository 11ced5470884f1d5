/**
 * Both ends of a test against the kernel: a Python program on the kernel's sockets, and a connection of ours.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { MptcpConn } from "../../mod.ts";
import type { Namespace } from "./namespace.ts";

const PROGRAM = new URL("./peer.py", import.meta.url).pathname;

/** What one end has sent and received. */
export interface Report {
  /** Bytes sent. */
  readonly sent: number;
  /** SHA-256 of them, hexadecimal. */
  readonly sentHash: string;
  /** Bytes received. */
  readonly received: number;
  /** SHA-256 of them, hexadecimal. */
  readonly receivedHash: string;
  /** From the first wait for data to the end of the stream; only the kernel's end says so. */
  readonly receiveSeconds?: number;
  /** No fallback, as this end sees it. */
  readonly multipath: boolean;
  /** Why sending ended early. */
  readonly sendError?: string;
  /** Why receiving ended early. */
  readonly receiveError?: string;
}

/** What {@linkcode exchange} needs of a connection. */
export type Stream = Pick<MptcpConn, "read" | "write" | "closeWrite" | "isMultipath">;

/** The Python program while it runs. */
export class KernelPeer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
  }

  /** Starts it; see `peer.py` for the words. A listener listens when this resolves. */
  static async start(namespace: Namespace, words: string): Promise<KernelPeer> {
    const child = namespace.spawn(["python3", PROGRAM, ...words.split(" ")], { stderr: "inherit" });
    const peer = new KernelPeer(child);
    if (words.startsWith("listen")) await peer.#lines.next();
    return peer;
  }

  /** What it reports of its next connection. */
  async report(): Promise<Report> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The kernel's peer ended without a report");
    return JSON.parse(value);
  }

  /** Waits for its end, or brings it about. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#lines.return?.();
    // Not locked if nobody has read a line.
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel();
    await this.#child.status;
  }
}

/**
 * Sends at least `length` bytes that follow from `seed`, and on until `during` is done, while receiving to the end of the
 * peer's stream.
 */
export async function exchange(
  conn: Stream,
  length: number,
  during: Promise<void> = Promise.resolve(),
  seed = 2,
): Promise<Report> {
  const [sent, received] = await Promise.all([send(conn, length, during, seed), receive(conn), during]);
  return { ...sent, ...received, multipath: conn.isMultipath };
}

async function send(
  conn: Stream,
  length: number,
  during: Promise<void>,
  seed: number,
): Promise<{ sent: number; sentHash: string }> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(1 << 18);
  const words = new Uint32Array(chunk.buffer);
  let state = seed >>> 0 || 1;
  let isOver = false;
  const end = () => void (isOver = true);
  during.then(end, end);
  // Lets a `during` that is done already be known as such.
  await null;
  let sent = 0;
  while (sent < length || !isOver) {
    // Xorshift: other bytes with each chunk, at little cost.
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      words[i] = state ^= state << 5;
    }
    const bytes = chunk.subarray(0, sent < length ? Math.min(chunk.length, length - sent) : chunk.length);
    hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    sent += bytes.length;
  }
  await conn.closeWrite();
  return { sent, sentHash: hash.digest("hex") };
}

async function receive(conn: Stream): Promise<{ received: number; receivedHash: string }> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(1 << 18);
  let received = 0;
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
    hash.update(chunk.subarray(0, count));
    received += count;
  }
  return { received, receivedHash: hash.digest("hex") };
}

/** What a program writes, line by line. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
