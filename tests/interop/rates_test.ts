/**
 * What several slow paths give together, in both directions at once: the selftest simult_flows.sh of Linux, with its paths, its
 * 16 MiB each way and its bound.
 *
 * @module
 */

import { assert, AssertionError } from "@std/assert";
import { program, testWith } from "../needs.ts";
import { KERNEL } from "./neighbours.ts";
import { exchange, KernelPeer, type Stream } from "./peer.ts";
import { Routed, type Shape } from "./routed.ts";

const LENGTH = 16 << 20;
/** Of the sum of the rates, headers included; and what the handshakes may cost. */
const SHARE = 0.9;
const HANDSHAKES_MS = 450;

/**
 * Tries of the kernel's own sender, which misses the bound on a busy machine now and then, whoever receives
 * (docs/performance.md), and of both where packets are delayed: that this process does itself, when it gets to it.
 */
const TRIES = 3;
const DELAYED_TRIES = 5;

/** Paths without delays, where what we send gets one try, and with. */
const CASES: readonly (readonly Shape[])[] = [
  [{ megabits: 10 }, { megabits: 10 }],
  [{ megabits: 10, delay: 1 }, { megabits: 10, delay: 25 }],
  [{ megabits: 15 }, { megabits: 5 }],
  [{ megabits: 15, delay: 1 }, { megabits: 5, delay: 25 }],
  [{ megabits: 15, delay: 25 }, { megabits: 5, delay: 1 }],
];

/** Milliseconds that the bytes took to the kernel and from it. */
async function measure(paths: readonly Shape[]): Promise<{ up: number; down: number }> {
  await using net = await Routed.create(paths);
  await using peer = await KernelPeer.start(net.far, `listen 0.0.0.0 5000 ${LENGTH} ready=1`);
  const began = performance.now();
  const passed = () => performance.now() - began;
  const conn = await net.host.connect({ hostname: "10.11.0.2", port: 5000 });
  const connected = passed();
  let down = 0;
  const stream: Stream = {
    isMultipath: true,
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    read: async (into) => {
      const count = await conn.read(into);
      if (count === null) down = passed();
      return count;
    },
  };
  const [ours, theirs] = await Promise.all([exchange(stream, LENGTH), peer.report()]);
  assert(conn.isMultipath && theirs.multipath, "neither end fell back");
  assert(ours.receivedHash === theirs.sentHash && theirs.receivedHash === ours.sentHash, "all bytes arrived");
  conn.close();
  return { up: connected + theirs.receiveSeconds! * 1000, down };
}

/**
 * This program, and what it starts, goes before others: what is measured is a protocol, which has to answer when packets come,
 * and not how many programs share the processors. Who may not do that is measured as it is.
 */
async function goFirst(): Promise<void> {
  const threads = [...Deno.readDirSync("/proc/self/task")].map(({ name }) => name);
  await new Deno.Command("renice", { args: ["-n", "-15", "-p", ...threads], stdout: "null", stderr: "null" }).output();
}

for (const paths of CASES) {
  const rates = paths.map(({ megabits }) => megabits).join(" and ");
  const delays = paths.map(({ delay = 0 }) => delay).join(" and ");
  const isDelayed = paths.some(({ delay }) => delay !== undefined);
  testWith(
    [...KERNEL, program("tc", "apt-get install iproute2")],
    `paths of ${rates} Mbit/s, ${delays} ms longer, reach 0.9 of their sum, in both directions at once`,
    async () => {
      const sum = paths.reduce((all, { megabits }) => all + megabits * 1e6, 0);
      const bound = LENGTH * 8 / (SHARE * sum) * 1000 + HANDSHAKES_MS;
      await goFirst();
      const figures: string[] = [];
      const reached = () => `${figures.join(", ")}, bound ${bound.toFixed()}`;
      while (figures.length < (isDelayed ? DELAYED_TRIES : TRIES)) {
        const { up, down } = await measure(paths);
        figures.push(`${up.toFixed()} ms up and ${down.toFixed()} down`);
        if (up <= bound && down <= bound) return;
        assert(isDelayed || up <= bound, reached());
      }
      throw new AssertionError(reached());
    },
  );
}
