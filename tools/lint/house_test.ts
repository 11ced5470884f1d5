import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import house from "./house.ts";

/** The messages about `source`, were it the file `path` of this repository. */
function lint(path: string, source: string): string[] {
  const filename = join(import.meta.dirname!, "../..", path);
  return Deno.lint.runPlugin(house, filename, source).map((diagnostic) => diagnostic.message);
}

function assertAllowed(path: string, specifier: string): void {
  assertEquals(lint(path, `import { x } from "${specifier}";`), [], `${path} -> ${specifier}`);
}

function assertForbidden(path: string, specifier: string): void {
  assertEquals(lint(path, `import { x } from "${specifier}";`).length, 1, `${path} -> ${specifier}`);
}

Deno.test("core: meta imports tcp, tcp imports wire and buffer, never back", () => {
  assertAllowed("core/meta/mapping.ts", "../tcp/sender.ts");
  assertAllowed("core/meta/mapping.ts", "../buffer/ranges.ts");
  assertAllowed("core/tcp/sender.ts", "../wire/tcp.ts");
  assertAllowed("core/tcp/sender.ts", "./rtt.ts");
  assertAllowed("core/tcp/sender.ts", "../errors.ts");
  assertForbidden("core/tcp/sender.ts", "../meta/mapping.ts");
  assertForbidden("core/tcp/sender.ts", "../stack.ts");
  assertForbidden("core/meta/mapping.ts", "../listener.ts");
  assertForbidden("core/wire/tcp.ts", "../tcp/sender.ts");
  assertForbidden("core/wire/tcp.ts", "../buffer/ranges.ts");
  assertForbidden("core/wire/tcp.ts", "../errors.ts");
  assertForbidden("core/buffer/ranges.ts", "../wire/seq.ts");
  assertForbidden("core/errors.ts", "./tcp/sender.ts");
  assertForbidden("core/errors.ts", "./mod.ts");
});

Deno.test("core: stack, listener and mod import all of core", () => {
  for (const file of ["stack", "listener", "mod"]) {
    for (const target of ["./meta/mapping.ts", "./tcp/sender.ts", "./wire/tcp.ts", "./stack.ts", "./errors.ts"]) {
      assertAllowed(`core/${file}.ts`, target);
    }
  }
  assertAllowed("core/wire/tcp.ts", "../plugin.ts");
  assertAllowed("core/buffer/timer_heap.ts", "../plugin.ts");
});

Deno.test("core/plugin.ts imports nothing", () => {
  assertForbidden("core/plugin.ts", "./errors.ts");
  assertForbidden("core/plugin.ts", "./plugin.ts");
  assertForbidden("core/plugin.ts", "zod");
});

Deno.test("core imports nothing above it and no package", () => {
  const above = ["../mod.ts", "../config.ts", "../sim/mod.ts", "../transports/tun.ts", "../schedulers/blest.ts"];
  const packages = ["zod", "npm:zod@4", "@std/bytes/concat", "jsr:@std/assert", "node:crypto", "https://x.test/y.ts"];
  for (const specifier of [...above, ...packages, "../tests/kit/mod.ts", "../../elsewhere.ts", "/etc/elsewhere.ts"]) {
    assertForbidden("core/stack.ts", specifier);
  }
});

Deno.test("a plug-in imports core/plugin.ts and its own folder", () => {
  for (const room of ["schedulers", "congestion", "pathmanagers"]) {
    assertAllowed(`${room}/mine.ts`, "../core/plugin.ts");
    assertAllowed(`${room}/mine.ts`, "./other.ts");
    assertAllowed(`${room}/mine.ts`, "@userspace/mptcp/plugin");
    assertForbidden(`${room}/mine.ts`, "@userspace/mptcp/core");
    assertForbidden(`${room}/mine.ts`, "@userspace/mptcp/none");
    assertForbidden(`${room}/mine.ts`, "../core/mod.ts");
    assertForbidden(`${room}/mine.ts`, "../core/wire/seq.ts");
    assertForbidden(`${room}/mine.ts`, "zod");
  }
  assertForbidden("schedulers/mine.ts", "../congestion/lia.ts");
});

Deno.test("transports import core, and the simulator both", () => {
  assertAllowed("transports/tun.ts", "../core/mod.ts");
  assertAllowed("transports/tun.ts", "../core/wire/packet.ts");
  assertAllowed("transports/tun.ts", "node:crypto");
  assertAllowed("transports/tun.ts", "@std/async/delay");
  assertForbidden("transports/tun.ts", "../sim/link.ts");
  assertForbidden("transports/tun.ts", "../schedulers/mod.ts");
  assertForbidden("transports/tun.ts", "../mod.ts");
  assertAllowed("sim/link.ts", "../core/wire/packet.ts");
  assertAllowed("sim/link.ts", "../transports/ip.ts");
  assertForbidden("sim/link.ts", "../schedulers/mod.ts");
  assertForbidden("sim/link.ts", "../tests/kit/mod.ts");
  assertForbidden("sim/link.ts", "../mod.ts");
});

Deno.test("what is in no room imports everything, and so do tests and benchmarks", () => {
  for (const path of ["mod.ts", "config.ts", "examples/a.ts", "tests/kit/mod.ts", "core/tcp/rtt_test.ts"]) {
    assertAllowed(path, "zod");
    assertAllowed(path, "/sim/mod.ts");
  }
  assertAllowed("core/wire/tcp_bench.ts", "../meta/mapping.ts");
  assertForbidden("core/wire/tcp.ts", "./tcp_test.ts");
});

Deno.test("every form of import is seen", () => {
  for (
    const source of [
      `import "../sim/mod.ts";`,
      `import type { X } from "../sim/mod.ts";`,
      `export * from "../sim/mod.ts";`,
      `export { x } from "../sim/mod.ts";`,
      `export type { X } from "../sim/mod.ts";`,
      `type X = import("../sim/mod.ts").X;`,
      `const x = await import("../sim/mod.ts");`,
      "const x = await import(name);",
    ]
  ) {
    assertEquals(lint("core/stack.ts", source).length, 1, source);
  }
  assertEquals(lint("core/stack.ts", "export const x: number = 1;"), []);
});

Deno.test("an import that is refused says what would be right", () => {
  const [message] = lint("core/tcp/sender.ts", `import { x } from "../meta/mapping.ts";`);
  assertStringIncludes(message!, `Cannot import "../meta/mapping.ts": core/tcp may import only itself and core/plugin`);
});

Deno.test("what is pure reaches neither runtime, nor clock, nor chance, nor timers", () => {
  for (
    const source of [
      "Deno.readTextFileSync(path);",
      "const at = Date.now();",
      "const at = new Date();",
      "const at = performance.now();",
      "const x = Math.random();",
      "const x = Math['random']();",
      "const { random } = Math;",
      "const { Date: D } = globalThis;",
      "setTimeout(f, 1);",
      "setInterval(f, 1);",
      "setImmediate(f);",
      "queueMicrotask(f);",
      "crypto.getRandomValues(x);",
      "console.log(x);",
      "const x = { Date };",
      "type X = Deno.Conn;",
    ]
  ) {
    for (const path of ["core/tcp/rtt.ts", "schedulers/mine.ts", "congestion/mine.ts", "pathmanagers/mine.ts"]) {
      assertStringIncludes(lint(path, source).join(), "Cannot use", `${path}: ${source}`);
    }
    for (const path of ["core/tcp/rtt_test.ts", "core/tcp/rtt_bench.ts", "transports/tun.ts", "mod.ts"]) {
      assertEquals(lint(path, source), [], `${path}: ${source}`);
    }
  }
});

Deno.test("a member that is called like a global is none", () => {
  for (
    const source of [
      "const x = Math.floor(y.performance + y.random);",
      "const x = { performance: 1, self() {} };",
      "class X { Date = 1; process(): void {} #crypto = 2; }",
      "interface X { scheduler: string; fetch(): void }",
      "type X = Y.Date;",
    ]
  ) {
    assertEquals(lint("core/tcp/rtt.ts", source), [], source);
  }
});
