import { assertEquals } from "@std/assert";
import type { Libc } from "./libc.ts";
import { piecesKept } from "./memory.ts";
import { ReceiveThread } from "./receive_thread.ts";

/** A kernel that is told what to do with a thread, and takes its time. */
class Kernel {
  /** What it was told, and by which call. */
  readonly told: string[] = [];
  readonly closed: number[] = [];
  refuses = false;
  #end: (result: number) => void = () => {};

  // As much of the C library as a thread calls.
  readonly libc = {
    syscall: (number: number) => number,
    openat: () => 7,
    close: (descriptor: number) => this.closed.push(descriptor),
    write: (_descriptor: number, address: number) => this.told.push(`at once ${wordAt(address)}`),
    writeAside: (_descriptor: number, address: number) => {
      this.told.push(wordAt(address));
      return new Promise<number>((resolve) => this.#end = resolve);
    },
  } as unknown as Libc;

  /** It is through with what it was told last. */
  async finish(): Promise<void> {
    this.#end(this.refuses ? -1 : 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function wordAt(address: number): string {
  return String.fromCharCode(new Deno.UnsafePointerView(Deno.UnsafePointer.create(BigInt(address))!).getUint8());
}

Deno.test("a thread is started and ended aside, one change at a time, and what is wanted last counts", async () => {
  const kept = piecesKept();
  const kernel = new Kernel();
  const thread = ReceiveThread.of(kernel.libc, "t0")!;
  const { told } = kernel;
  assertEquals(told.splice(0), ["at once 0"], "whatever it was before");
  thread.run(false);
  assertEquals(told.splice(0), []);
  thread.run(true);
  thread.run(false);
  thread.run(true);
  assertEquals(told.splice(0), ["1"]);
  await kernel.finish();
  assertEquals(told.splice(0), []);
  thread.run(false);
  thread.run(true);
  assertEquals(told.splice(0), ["0"]);
  await kernel.finish();
  assertEquals(told.splice(0), ["1"], "wanted again meanwhile");
  await kernel.finish();

  kernel.closed.length = 0;
  let isClosed = false;
  const closing = Promise.resolve(thread.close()).then(() => isClosed = true);
  assertEquals([told.splice(0), kernel.closed, isClosed], [["0"], [], false], "not while it is being ended");
  await kernel.finish();
  await closing;
  assertEquals([told, kernel.closed, piecesKept()], [[], [7], kept]);
});

Deno.test("closing while a thread is being started ends it again", async () => {
  const kernel = new Kernel();
  const thread = ReceiveThread.of(kernel.libc, "t0")!;
  thread.run(true);
  const closing = thread.close();
  await kernel.finish();
  assertEquals(kernel.told, ["at once 0", "1", "0"]);
  await kernel.finish();
  await closing;
});

Deno.test("what never ran is closed at once, and a refusal is not repeated", async () => {
  const kernel = new Kernel();
  assertEquals(ReceiveThread.of(kernel.libc, "t0")!.close(), undefined);
  const thread = ReceiveThread.of(kernel.libc, "t0")!;
  kernel.refuses = true;
  thread.run(true);
  await kernel.finish();
  assertEquals(kernel.told, ["at once 0", "at once 0", "1"]);
  assertEquals(thread.close(), undefined);
});
