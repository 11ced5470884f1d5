/**
 * Packets that come out of a TUN device without a sender: forged, or no packets at all.
 *
 * @module
 */

import type { Namespace } from "./namespace.ts";

const PROGRAM = new URL("./inject.py", import.meta.url).pathname;

/** Writes packets to the kernel's side of a TUN device. */
export class Injector implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** For `device`; `virtio` if each packet begins with its virtio-net header. */
  static async start(namespace: Namespace, device: string, virtio = false): Promise<Injector> {
    const words = ["python3", PROGRAM, device, ...(virtio ? ["virtio"] : [])];
    const injector = new Injector(namespace.spawn(words, { stdin: "piped", stderr: "inherit" }));
    if ((await injector.#reader.read()).done) throw new Error("Cannot inject packets: the program has ended");
    return injector;
  }

  /** Writes one. */
  async send(packet: Uint8Array): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${packet.toHex()}\n`));
  }

  /** Waits until all are written; returns how many the kernel took. */
  async end(): Promise<number> {
    await this.#writer.close();
    let text = "";
    for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) text += read.value;
    return Number(text);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#reader.cancel();
    await this.#child.status;
  }
}
