/**
 * A program that manages the kernel's paths, in the hands of a test.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Namespace } from "./namespace.ts";
import { linesOf } from "./peer.ts";

const PROGRAM = new URL("./path_manager.py", import.meta.url).pathname;

/** `path_manager.py` while it runs. */
export class UserspaceManager implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
    this.#writer = child.stdin.getWriter();
  }

  /** Leaves paths in `namespace` to a program, and starts it. */
  static async start(namespace: Namespace): Promise<UserspaceManager> {
    await namespace.sysctl("net.mptcp.pm_type", 1);
    const child = namespace.spawn(["python3", PROGRAM], { stdin: "piped", stderr: "inherit" });
    const manager = new UserspaceManager(child);
    assertEquals((await manager.#lines.next()).value, "ready");
    return manager;
  }

  /** Lets it give a command, see `path_manager.py`, and sees that the kernel takes it. */
  async command(words: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${words}\n`));
    assertEquals((await this.#lines.next()).value, "done", words);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#lines.next();
    await this.#child.status;
  }
}
