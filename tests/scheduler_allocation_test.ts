import type { Plugin, Scheduler } from "../core/plugin.ts";
import {
  adaptiveRedundancy,
  blest,
  burst,
  daps,
  ecf,
  minRtt,
  otias,
  peekaboo,
  redundant,
  roundRobin,
  sttf,
} from "../schedulers/mod.ts";
import { checkAllocation } from "./kit/scheduler_allocation.ts";

/** Half the size of the smallest object: in a process of its own, where the compiler sees nothing else, it is nothing at all. */
const MOST = 8;

const plugins: Plugin<Scheduler>[] = [
  minRtt(),
  roundRobin(),
  burst(),
  blest(),
  ecf(),
  daps(),
  otias(),
  sttf(),
  peekaboo(),
  redundant(),
  adaptiveRedundancy(),
];

for (const plugin of plugins) {
  Deno.test(`a question to ${plugin.name} allocates nothing`, () => {
    for (const count of [1, 2, 8]) checkAllocation(plugin, count, MOST);
  });
}
