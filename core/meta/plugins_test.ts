import { assertEquals, assertThrows } from "@std/assert";
import { lia } from "../../congestion/mod.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { fakeEnv } from "../../tests/kit/mod.ts";
import type { Env, Plugin, Scheduler } from "../plugin.ts";
import { instanceOf, tryPlugins } from "./plugins.ts";

const env = fakeEnv(1);

Deno.test("a plug-in makes its instance with chance from the environment of the host", () => {
  const given: Env[] = [];
  const scheduler = { schedule() {} };
  const plugin = { name: "mine", create: (env: Env) => (given.push(env), scheduler) };
  assertEquals(instanceOf("scheduler", plugin, env) === scheduler, true);
  assertEquals(given.length === 1 && given[0] === env, true);
});

Deno.test("what is no plug-in is refused, with what would be one", () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [minRtt, "a function; call it"],
    ["min-rtt", '"min-rtt"'],
    [undefined, "undefined"],
    [null, "null"],
    [{ schedule() {} }, "an object"],
  ];
  for (const [value, kind] of wrong) {
    const { message } = assertThrows(() => instanceOf("scheduler", value as Plugin<Scheduler>, env), TypeError);
    assertEquals(message, `Cannot use scheduler: it must be what minRtt() and its like return, is ${kind}`);
  }
});

Deno.test("a plug-in that makes something of another kind is refused", () => {
  const cases: readonly (readonly [() => void, string])[] = [
    [
      () => instanceOf("scheduler", lia() as never, env),
      'Cannot use scheduler "lia": its create() must make an object with schedule(), made one without schedule()',
    ],
    [
      () => instanceOf("congestion", { name: "x", create: () => ({ join() {} }) } as never, env),
      'Cannot use congestion "x": its create() must make an object with join() and leave(), made one without leave()',
    ],
    [
      () => instanceOf("pathManager", { name: "x", create() {} } as never, env),
      'Cannot use pathManager "x": its create() must make an object with onEvent(), made undefined',
    ],
  ];
  for (const [act, expected] of cases) assertEquals(assertThrows(act, TypeError).message, expected);
});

Deno.test("plug-ins are tried without a draw from the chance of the host", () => {
  const plugin: Plugin<Scheduler> = {
    name: "drawing",
    create(env) {
      assertEquals(env.random() < 1 && env.random() >= 0, true);
      assertEquals(env.randomBytes(new Uint8Array(3)).length, 3);
      assertEquals(env.sha256(new Uint8Array(1)).length, 32);
      return { schedule() {} };
    },
  };
  const [used, fresh] = [fakeEnv(1), fakeEnv(1)];
  tryPlugins({ scheduler: plugin, congestion: lia(), pathManager: fullMesh() }, used);
  assertEquals(used.random(), fresh.random());
  assertThrows(
    () => tryPlugins({ pathManager: minRtt() as never }, env),
    TypeError,
    'Cannot use pathManager "min-rtt"',
  );
  tryPlugins({}, env);
});
