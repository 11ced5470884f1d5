import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Timed, TimerHeap } from "./timer_heap.ts";

class Timer implements Timed {
  heapIndex = -1;
  constructor(readonly name: number, public deadline: number = Infinity) {}
}

function armed(heap: TimerHeap<Timer>, ...deadlines: number[]): Timer[] {
  return deadlines.map((deadline, name) => {
    const timer = new Timer(name, deadline);
    heap.update(timer);
    return timer;
  });
}

function move(heap: TimerHeap<Timer>, timer: Timer, deadline: number): void {
  timer.deadline = deadline;
  heap.update(timer);
}

function drained(heap: TimerHeap<Timer>, now = Infinity): number[] {
  const names = [];
  for (let timer = heap.popDue(now); timer !== undefined; timer = heap.popDue(now)) names.push(timer.name);
  return names;
}

Deno.test("an empty heap has no deadline", () => {
  const heap = new TimerHeap<Timer>();
  assertEquals([heap.nextDeadline(), heap.peek(), heap.popDue(Infinity), heap.size], [
    Infinity,
    undefined,
    undefined,
    0,
  ]);
  armed(heap, Infinity);
  assertEquals([heap.nextDeadline(), heap.size], [Infinity, 0]);
});

Deno.test("only what is due comes out, earliest first", () => {
  const heap = new TimerHeap<Timer>();
  const timers = armed(heap, 30, 10, 20, 40);
  assertEquals(heap.nextDeadline(), 10);
  assertStrictEquals(heap.peek(), timers[1]);
  assertEquals(drained(heap, 29), [1, 2]);
  assertEquals([timers[1]!.heapIndex, heap.size], [-1, 2]);
  assertEquals(drained(heap, 30), [0]);
});

Deno.test("a deadline pushed later is not due at its earlier time", () => {
  const heap = new TimerHeap<Timer>();
  const timers = armed(heap, 10, 20);
  move(heap, timers[0]!, 30);
  assertEquals(heap.popDue(19), undefined);
  assertEquals([heap.nextDeadline(), heap.peek()?.name], [20, 1]);
  assertEquals(drained(heap), [1, 0]);
});

Deno.test("an item without deadline leaves silently and can come back", () => {
  const heap = new TimerHeap<Timer>();
  const timers = armed(heap, 10, 20);
  move(heap, timers[0]!, Infinity);
  move(heap, timers[0]!, Infinity);
  assertEquals(heap.size, 1);
  move(heap, timers[0]!, 15);
  assertEquals([heap.size, heap.nextDeadline()], [2, 15]);
  move(heap, timers[0]!, Infinity);
  assertEquals([heap.nextDeadline(), heap.size, timers[0]!.heapIndex], [20, 1, -1]);
  move(heap, timers[1]!, Infinity);
  heap.remove(timers[1]!);
  heap.remove(timers[1]!);
  assertEquals([heap.size, timers[1]!.heapIndex, drained(heap)], [0, -1, []]);
});

Deno.test("equal deadlines come out in the order of the last update", () => {
  const heap = new TimerHeap<Timer>();
  const timers = armed(heap, 10, 10, 5, 10, 20, 10);
  move(heap, timers[2]!, 10);
  move(heap, timers[4]!, 10);
  move(heap, timers[1]!, 10);
  assertEquals(drained(heap), [0, 3, 5, 2, 4, 1]);
});

Deno.test("a deadline that is not a number and an item of another heap are refused", () => {
  const heap = new TimerHeap<Timer>();
  const [timer] = armed(heap, 10);
  assertThrows(() => move(heap, new Timer(1), NaN), RangeError, "Cannot schedule a timer");
  assertThrows(() => move(heap, timer!, NaN), RangeError, "Cannot schedule a timer");
  assertThrows(() => new TimerHeap<Timer>().remove(timer!), Error, "it is in another heap");
});

Deno.test("any order of updates, removals and pops says the same as a sorted array", () => {
  const deadline = fc.oneof(
    { weight: 6, arbitrary: fc.nat({ max: 50 }) },
    { weight: 3, arbitrary: fc.integer({ min: 10, max: 12 }) },
    { weight: 1, arbitrary: fc.constant(Infinity) },
  );
  const what = fc.oneof(
    { weight: 10, arbitrary: fc.constant("update" as const) },
    { weight: 4, arbitrary: fc.constantFrom("pop" as const, "remove" as const) },
    { weight: 1, arbitrary: fc.constant("look" as const) },
  );
  const command = fc.tuple(what, fc.nat({ max: 59 }), deadline);
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400, size: "max" }), (commands) => {
      const heap = new TimerHeap<Timer>();
      const timers = Array.from({ length: 60 }, (_, name) => new Timer(name));
      const model: { name: number; deadline: number; order: number }[] = [];
      const forget = (name: number) => {
        const at = model.findIndex((entry) => entry.name === name);
        if (at >= 0) model.splice(at, 1);
      };
      let order = 0;
      for (const [what, name, time] of commands) {
        const timer = timers[name]!;
        model.sort((a, b) => a.deadline - b.deadline || a.order - b.order);
        if (what === "update") {
          move(heap, timer, time);
          forget(name);
          if (time < Infinity) model.push({ name, deadline: time, order: order++ });
        } else if (what === "remove") {
          heap.remove(timer);
          assertEquals(timer.heapIndex, -1);
          forget(name);
        } else if (what === "pop") {
          const due = model[0] !== undefined && model[0].deadline <= time ? model.shift()!.name : undefined;
          const popped = heap.popDue(time);
          assertEquals(popped?.name, due);
          if (popped !== undefined) assertEquals(popped.heapIndex, -1);
        } else {
          assertEquals(heap.nextDeadline(), model[0]?.deadline ?? Infinity);
          assertEquals(heap.peek()?.name, model[0]?.name);
        }
        assertEquals(heap.size, model.length);
        for (const { name } of model) assert(timers[name]!.heapIndex >= 0);
      }
      model.sort((a, b) => a.deadline - b.deadline || a.order - b.order);
      assertEquals(drained(heap), model.map((entry) => entry.name));
    }),
    { numRuns: 300 },
  );
});
