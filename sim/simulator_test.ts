import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Simulator } from "./simulator.ts";
import { StuckError } from "./waits.ts";

Deno.test("virtual time jumps over a wait and stands still otherwise", async () => {
  const sim = new Simulator();
  const started = performance.now();
  await sim.run(async () => {
    await sim.sleep(3_600_000);
    assertEquals(sim.now(), 3.6e9);
    for (let i = 0; i < 10_000; i++) await Promise.resolve();
    assertEquals(sim.now(), 3.6e9);
  });
  assert(performance.now() - started < 1000);
});

Deno.test("run hands on what the application returns or throws", async () => {
  const sim = new Simulator();
  assertEquals(await sim.run(() => 5), 5);
  await assertRejects(() => sim.run(() => Promise.reject(new Error("mine"))), Error, "mine");
  await assertRejects(
    () =>
      sim.run(() => {
        throw new Error("at once");
      }),
    Error,
    "at once",
  );
  await assertRejects(
    () =>
      sim.run(async () => {
        sim.at(1, () => {
          throw new Error("in an event");
        });
        await sim.sleep(2);
      }),
    Error,
    "in an event",
  );
});

Deno.test("sleeps end in the order of their times, those of one time in the order of their calls", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 30 }), async (times) => {
    const sim = new Simulator();
    const order: number[] = [];
    await sim.run(() =>
      Promise.all(times.map(async (ms, i) => {
        await sim.sleep(ms);
        assertEquals(sim.now(), 1000 * ms);
        order.push(i);
      }))
    );
    const expected = times.map((_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
    assertEquals(order, expected);
  }));
});

Deno.test("what a task does at a time is done before time goes on, however deep its promises are", async () => {
  const sim = new Simulator();
  const deep = async (depth: number): Promise<number> => depth === 0 ? sim.now() : await deep(depth - 1);
  await sim.run(async () => {
    const other = sim.sleep(1.001);
    await sim.sleep(1);
    assertEquals(await deep(500), 1000);
    const stream = new Blob(["abc"]).stream().pipeThrough(new TextDecoderStream());
    assertEquals(await Array.fromAsync(stream), ["abc"]);
    assertEquals(sim.now(), 1000);
    await other;
  });
});

Deno.test("a wait that nothing can end is named", async () => {
  const sim = new Simulator();
  const error = await assertRejects(() =>
    sim.run(async () => {
      await sim.sleep(5);
      sim.waiting(() => "accept on 10.0.0.1:80");
      sim.waiting(() => "read on a");
      sim.waiting(() => "read on a");
      const ended = sim.waiting(() => "read on b");
      ended();
      await new Promise(() => {});
    }), StuckError);
  assertEquals(error.waits, ["accept on 10.0.0.1:80", "read on a (2 times)"]);
  assertEquals(
    error.message,
    "Cannot go on: nothing can happen any more at 5 ms. Waiting for: accept on 10.0.0.1:80; read on a (2 times)",
  );
  assertEquals(await sim.run(() => "usable"), "usable");
});

Deno.test("a time limit ends a run and names the waits", async () => {
  const sim = new Simulator();
  const tick = sim.timer((now) => tick.set(now + 1000));
  tick.set(0);
  await assertRejects(
    () => sim.run(() => sim.sleep(200), { limit: 100 }),
    StuckError,
    "the time limit of 100 ms is reached. Waiting for: sleep until 200 ms",
  );
  await sim.run(() => sim.sleep(50), { limit: 100 });
});

Deno.test("a promise that an event settles unannounced is found in the end", async () => {
  const sim = new Simulator();
  const { promise, resolve } = Promise.withResolvers<void>();
  sim.timer(() => resolve()).set(70);
  await sim.run(() => promise);
  assertEquals(sim.now(), 70);
});

Deno.test("outside() holds virtual time until a real promise settles", async () => {
  const sim = new Simulator();
  await sim.run(async () => {
    let others = 0;
    const other = sim.sleep(10).then(() => others++);
    const digest = await sim.outside(crypto.subtle.digest("SHA-256", new Uint8Array(100_000)));
    assertEquals(digest.byteLength, 32);
    assertEquals([others, sim.now()], [0, 0]);
    await assertRejects(() => sim.outside(Promise.reject(new Error("no such file"))), Error, "no such file");
    await other;
  });
});

Deno.test("sleep and timeout know signals", async () => {
  const sim = new Simulator();
  await sim.run(async () => {
    const error = await assertRejects(() => sim.sleep(1000, { signal: sim.timeout(30) }), DOMException);
    assertEquals(error.name, "TimeoutError");
    assertEquals(sim.now(), 30_000);
    await assertRejects(() => sim.sleep(1, { signal: AbortSignal.abort(new Error("before")) }), Error, "before");
    await sim.sleep(5, { signal: sim.timeout(10) });
    assertEquals(sim.now(), 35_000);
  });
});

Deno.test("at() calls at absolute times, and can be prevented", () => {
  const sim = new Simulator();
  const calls: string[] = [];
  sim.at(2, () => calls.push("two"));
  sim.at(1, () => calls.push("one"));
  const prevent = sim.at(1.5, () => calls.push("never"));
  prevent();
  sim.runUntil(1999);
  assertEquals(calls, ["one"]);
  sim.runUntil(2000);
  assertEquals(calls, ["one", "two"]);
  assertEquals(sim.pendingEvents, 0);
});

Deno.test("a timer moved later, earlier or to never fires once, at its last time", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(50)), { maxLength: 60 }), (moves) => {
    const sim = new Simulator();
    const fired = new Map<number, number[]>();
    const timers = Array.from({ length: 10 }, (_, i) => sim.timer((now) => fired.get(i)!.push(now)));
    timers.forEach((_, i) => fired.set(i, []));
    const last = new Map<number, number>();
    for (const [i, time] of moves) {
      if (time === 50) timers[i]!.cancel();
      else timers[i]!.set(time);
      last.set(i, time);
    }
    sim.runUntil(100);
    for (let i = 0; i < 10; i++) {
      const time = last.get(i);
      assertEquals(fired.get(i), time === undefined || time === 50 ? [] : [time]);
    }
  }));
});

Deno.test("misuse is refused", async () => {
  const sim = new Simulator();
  assertThrows(() => sim.at(-1, () => {}), RangeError, "Cannot call at -1 ms");
  await assertRejects(async () => await sim.sleep(NaN), RangeError, "Cannot sleep NaN ms");
  sim.runUntil(1000);
  assertThrows(() => sim.at(0.5, () => {}), RangeError, "before now");
  await sim.run(async () => {
    assertThrows(() => sim.runUntil(5000), Error, "Cannot run until: the simulation is running already");
    await assertRejects(() => sim.run(() => {}), Error, "Cannot run: ");
  });
});
