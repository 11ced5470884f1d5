import { assertEquals } from "@std/assert";
import { fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { lossBased } from "./group.ts";
import type { LossBasedController } from "./shell.ts";

Deno.test("a rule sees the subflows that are there, and those of its own connection only", () => {
  const seen: (readonly LossBasedController[])[] = [];
  const plugin = lossBased("test", {}, (_controller, siblings) => {
    seen.push(siblings);
    return { increase: (): number => 0 };
  });
  const ids = (siblings: readonly LossBasedController[] | undefined): number[] | undefined =>
    siblings?.map((it) => it.view.id);

  const group = plugin.create(fakeEnv(0));
  const views = [0, 1, 2].map((id) => new FakeSubflow(id));
  views.forEach((view) => group.join(view));
  plugin.create(fakeEnv(0)).join(new FakeSubflow(7));
  assertEquals(ids(seen[0]), [0, 1, 2]);
  assertEquals(ids(seen[3]), [7]);

  group.leave(views[1]!);
  group.leave(views[1]!);
  assertEquals(ids(seen[2]), [0, 2]);
});
