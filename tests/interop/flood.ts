/**
 * SYNs by the thousand that come out of a TUN device.
 *
 * @module
 */

import type { Namespace } from "./namespace.ts";

const PROGRAM = new URL("./flood.py", import.meta.url).pathname;
/** Where the SYNs claim to be from: what goes there vanishes, so that nobody answers. */
const PREFIXES = { 4: "100.64.0.0/16", 6: "fd99::/64" } as const;

/** A flood while it lasts. */
export class Flood implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #isOver = false;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Sends `rate` SYNs a second to `address` and `port` of the host behind `device`. */
  static async start(
    namespace: Namespace,
    device: string,
    address: string,
    port: number,
    rate = 10_000,
  ): Promise<Flood> {
    const family = address.includes(":") ? 6 : 4;
    const prefix = PREFIXES[family];
    await namespace.run(`ip -${family} route replace blackhole ${prefix}`);
    const words = ["python3", PROGRAM, device, prefix, address, `${port}`, `${rate}`];
    const flood = new Flood(namespace.spawn(words, { stdin: "piped", stderr: "inherit" }));
    if ((await flood.#reader.read()).done) throw new Error("Cannot send SYNs: the program has ended");
    return flood;
  }

  /** Ends it; returns how many SYNs were sent. */
  async end(): Promise<number> {
    this.#isOver = true;
    await this.#child.stdin.close();
    let text = "";
    for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) text += read.value;
    await this.#child.status;
    return Number(text);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) await this.end();
  }
}
