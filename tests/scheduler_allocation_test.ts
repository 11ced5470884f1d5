import { withDefaults } from "../config/plugin_entry.ts";
import { SCHEDULERS } from "../config/schedulers.ts";
import { checkAllocation } from "./kit/scheduler_allocation.ts";

/** Half the size of the smallest object: in a process of its own, where the compiler sees nothing else, it is nothing at all. */
const MOST = 8;

for (const plugin of Object.values(withDefaults(SCHEDULERS))) {
  Deno.test(`a question to ${plugin.name} allocates nothing`, () => {
    for (const count of [1, 2, 8]) checkAllocation(plugin, count, MOST);
  });
}
