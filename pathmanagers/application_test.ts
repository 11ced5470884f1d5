import { assert, assertEquals } from "@std/assert";
import type { PathActions, PathEvent } from "../core/plugin.ts";
import { FakePaths } from "../tests/kit/mod.ts";
import { application } from "./application.ts";

Deno.test("every event reaches the program, with the actions of its connection, and nothing else happens", () => {
  const seen: [string, PathActions, number][] = [];
  const plugin = application((event, actions, now) => seen.push([event.type, actions, now]));
  const local = { address: "10.0.0.1", id: 0, backup: false };
  const remote = { address: "192.0.2.1", port: 443, id: 0 };
  const one = new FakePaths(plugin, [local], [remote]);
  const other = new FakePaths(plugin, [local], [remote]);
  const events: PathEvent[] = [
    { type: "established", isServer: false },
    { type: "local-address-up", address: local },
    { type: "local-address-down", address: local },
    { type: "announced", address: remote },
    { type: "removed", addressId: 1 },
    { type: "subflow-established", subflow: one.subflows[0]! },
    { type: "subflow-closed", subflow: one.subflows[0]!, reason: "reset" },
    { type: "priority", subflow: one.subflows[0]! },
    { type: "stale", subflow: one.subflows[0]! },
    { type: "timer" },
  ];
  for (const event of events) assertEquals(one.tell(event, 5), []);
  assertEquals(seen.map(([type]) => type), events.map(({ type }) => type));
  assert(seen.every(([, actions, now]) => actions === one && now === 5));
  other.establish();
  assert(seen.at(-1)?.[1] === other);
});

Deno.test("the program can act at once, and without a handler nothing happens", () => {
  const local = { address: "10.0.0.1", id: 0, backup: false };
  const remote = { address: "192.0.2.1", port: 443, id: 0 };
  const acting = application((event, actions) => {
    if (event.type === "established") actions.open(local, remote, { backup: true });
  });
  assertEquals(new FakePaths(acting, [local], [remote]).establish(), ["open 0-0 backup"]);
  assertEquals(new FakePaths(application(), [local], [remote]).establish(), []);
});
