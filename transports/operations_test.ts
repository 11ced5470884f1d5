import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Loop } from "./loop.ts";
import { HoldCounter, OperationQueue } from "./operations.ts";

class FakeLoop implements Loop {
  kicks = 0;
  readonly stuck = new Set<string>();
  now(): number {
    return 0;
  }
  kick(): void {
    this.kicks++;
  }
  after(): () => void {
    return () => {};
  }
  waiting(describe: () => string): () => void {
    const description = describe();
    this.stuck.add(description);
    return () => this.stuck.delete(description);
  }
}

Deno.test("an operation that can take effect at once settles without waiting", async () => {
  const loop = new FakeLoop();
  const queue = new OperationQueue(loop, new HoldCounter());
  assertEquals(await queue.run(() => 1, () => "one"), 1);
  await assertRejects(() =>
    queue.run(() => {
      throw new Error("no");
    }, () => "two")
  );
  assertEquals([loop.stuck.size, loop.kicks], [0, 0]);
});

Deno.test("an operation does not overtake those that wait, even if it could take effect", async () => {
  const queue = new OperationQueue(new FakeLoop(), new HoldCounter());
  const order: string[] = [];
  let ready = false;
  const first = queue.run(() => ready ? order.push("first") : undefined, () => "first");
  const second = queue.run(() => order.push("second"), () => "second");
  ready = true;
  queue.advance();
  await Promise.all([first, second]);
  assertEquals(order, ["first", "second"]);
});

Deno.test("an operation that fails leaves its place to the next", async () => {
  const queue = new OperationQueue(new FakeLoop(), new HoldCounter());
  let isOver = false;
  const first = queue.run(() => {
    if (isOver) throw new Error("no");
  }, () => "first");
  const second = queue.run(() => isOver ? "done" : undefined, () => "second");
  isOver = true;
  queue.advance();
  await assertRejects(() => first, Error, "no");
  assertEquals(await second, "done");
});

Deno.test("the loop knows what waits until it settles", async () => {
  const loop = new FakeLoop();
  const queue = new OperationQueue(loop, new HoldCounter());
  const controller = new AbortController();
  const aborted = queue.run(() => undefined, () => "aborted", controller.signal);
  const failed = queue.run(() => undefined, () => "failed");
  assertEquals([...loop.stuck], ["aborted", "failed"]);
  controller.abort(new Error("mine"));
  await assertRejects(() => aborted, Error, "mine");
  assertEquals([...loop.stuck], ["failed"]);
  queue.fail(new Error("closed"));
  await assertRejects(() => failed, Error, "closed");
  assertEquals(loop.stuck.size, 0);
});

Deno.test("an aborted signal rejects before anything takes effect", async () => {
  const queue = new OperationQueue(new FakeLoop(), new HoldCounter());
  let attempts = 0;
  await assertRejects(() => queue.run(() => ++attempts, () => "late", AbortSignal.abort()), DOMException);
  assertEquals(attempts, 0);
});

Deno.test("property: what waits is held, in order, whatever settles, aborts or toggles meanwhile", async () => {
  const action = fc.oneof(
    fc.record({ type: fc.constant("run" as const) }),
    fc.record({ type: fc.constant("give" as const), count: fc.nat(3) }),
    fc.record({ type: fc.constant("abort" as const), which: fc.nat(8) }),
    fc.record({ type: fc.constant("hold" as const), holding: fc.boolean() }),
  );
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
    const loop = new FakeLoop();
    const holds = new HoldCounter();
    const queue = new OperationQueue(loop, holds);
    const settled: number[] = [];
    const expected: number[] = [];
    let waiting: { readonly id: number; readonly controller: AbortController }[] = [];
    let tokens = 0;
    let next = 0;
    let holding = true;
    const settle = () => {
      while (tokens > 0 && waiting.length > 0) {
        expected.push(waiting.shift()!.id);
        tokens--;
      }
    };
    let given = 0;
    for (const action of actions) {
      switch (action.type) {
        case "run": {
          const id = next++;
          const controller = new AbortController();
          waiting.push({ id, controller });
          queue.run(
            () => {
              if (given === 0) return;
              given--;
              settled.push(id);
              return true;
            },
            () => `${id}`,
            controller.signal,
          ).catch(() => {});
          settle();
          break;
        }
        case "give":
          tokens += action.count;
          given += action.count;
          settle();
          queue.advance();
          break;
        case "abort":
          waiting[action.which]?.controller.abort();
          waiting = waiting.filter((_, index) => index !== action.which);
          break;
        case "hold":
          holding = action.holding;
          queue.hold(holding);
      }
      assertEquals(settled, expected);
      assertEquals(queue.size, waiting.length);
      assertEquals(holds.count, holding ? waiting.length : 0);
      assertEquals(loop.stuck, new Set(waiting.map(({ id }) => `${id}`)));
    }
    queue.fail(new Error("over"));
    await Promise.resolve();
    assertEquals([queue.size, holds.count, loop.stuck.size], [0, 0, 0]);
  }));
});
