import { assertEquals } from "@std/assert";
import { type Activable, ActiveList } from "./active_list.ts";

class Item implements Activable<Item> {
  isActive = false;
  activeNext: Item | null = null;
}

Deno.test("each stands in the list once, in the order in which it came", () => {
  const list = new ActiveList<Item>();
  const [a, b] = [new Item(), new Item()];
  for (const item of [a, b, a]) list.add(item);
  assertEquals([list.shift() === a, a.isActive, b.isActive], [true, false, true]);
  list.add(a);
  assertEquals([list.shift() === b, list.shift() === a, list.shift()], [true, true, null]);
});
