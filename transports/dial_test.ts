import { assertEquals, assertRejects } from "@std/assert";
import { dial } from "./dial.ts";
import type { Loop } from "./loop.ts";

/** Time that passes by hand. */
class Clock implements Loop {
  #now = 0;
  readonly timers = new Map<() => void, number>();
  now(): number {
    return this.#now;
  }
  kick(): void {}
  after(delay: number, callback: () => void): () => void {
    this.timers.set(callback, this.#now + delay);
    return () => this.timers.delete(callback);
  }
  async advance(milliseconds: number): Promise<void> {
    this.#now += milliseconds * 1000;
    for (const [callback, at] of this.timers) {
      if (at > this.#now) continue;
      this.timers.delete(callback);
      callback();
    }
    await settle();
  }
}

/** Lets promises settle that need no more than that. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function dialer(signal?: AbortSignal) {
  const attempts = new Map<string, PromiseWithResolvers<string> & { signal: AbortSignal }>();
  const discarded: string[] = [];
  const clock = new Clock();
  const result = dial(
    ["a", "b", "c"],
    {
      attempt(address, signal) {
        const attempt = { ...Promise.withResolvers<string>(), signal };
        attempts.set(address, attempt);
        return attempt.promise;
      },
      discard: (connection) => discarded.push(connection),
    },
    clock,
    signal,
  );
  return { attempts, discarded, clock, result };
}

Deno.test("one attempt is alone for 250 ms, then the next joins it", async () => {
  const { attempts, clock, result } = dialer();
  await clock.advance(249);
  assertEquals([...attempts.keys()], ["a"]);
  await clock.advance(1);
  assertEquals([...attempts.keys()], ["a", "b"]);
  attempts.get("a")!.resolve("through a");
  assertEquals(await result, "through a");
  assertEquals([attempts.get("b")!.signal.aborted, clock.timers.size], [true, 0]);
});

Deno.test("a failure brings the next attempt at once", async () => {
  const { attempts, result } = dialer();
  attempts.get("a")!.reject(new Error("refused"));
  await settle();
  assertEquals([...attempts.keys()], ["a", "b"]);
  attempts.get("b")!.resolve("through b");
  assertEquals(await result, "through b");
});

Deno.test("when all fail, the error of the first is reported", async () => {
  const { attempts, clock, result } = dialer();
  await clock.advance(250);
  await clock.advance(250);
  for (const address of ["c", "b", "a"]) attempts.get(address)!.reject(new Error(`no ${address}`));
  await assertRejects(() => result, Error, "no a");
});

Deno.test("a connection that comes too late is taken back", async () => {
  const { attempts, discarded, clock, result } = dialer();
  await clock.advance(250);
  attempts.get("b")!.resolve("through b");
  attempts.get("a")!.resolve("through a");
  assertEquals(await result, "through b");
  await settle();
  assertEquals(discarded, ["through a"]);
});

Deno.test("the signal ends all attempts with its reason", async () => {
  const controller = new AbortController();
  const { attempts, clock, result } = dialer(controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => result, Error, "enough");
  assertEquals([attempts.get("a")!.signal.reason.message, clock.timers.size], ["enough", 0]);
});
