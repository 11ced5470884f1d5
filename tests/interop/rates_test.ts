import { assert } from "@std/assert";
import { program, testWith } from "../needs.ts";
import { KERNEL } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";
import { DATA_BYTES, Routed, WIRE_BYTES } from "./routed.ts";

/** How long a transfer takes that fills all paths. */
const SECONDS = 5;
/** A loss at the wrong moment of so short a transfer costs more than what is held here. */
const TRIES = 3;

/** Sends in both directions at once; answers how much of the sum of the paths both reached. */
async function share(megabits: readonly number[]): Promise<number> {
  await using net = await Routed.create(megabits.map((megabits) => ({ megabits })));
  const sum = megabits.reduce((a, b) => a + b) * 1e6 / 8 * DATA_BYTES / WIRE_BYTES;
  const length = Math.round(sum * SECONDS);
  await using peer = await KernelPeer.start(net.far, `listen 0.0.0.0 5000 ${length}`);
  const conn = await net.host.connect({ hostname: "10.11.0.2", port: 5000 });
  const began = performance.now();
  const [ours, theirs] = await Promise.all([exchange(conn, length), peer.report()]);
  const seconds = (performance.now() - began) / 1000;
  conn.close();
  assert(ours.receivedHash === theirs.sentHash && theirs.receivedHash === ours.sentHash, "all bytes arrived");
  return SECONDS / seconds;
}

for (const megabits of [[10, 10], [15, 5]]) {
  testWith(
    [...KERNEL, program("tc", "apt-get install iproute2")],
    `paths of ${megabits.join(" and ")} Mbit/s reach 0.9 of their sum, in both directions at once`,
    async () => {
      const shares: number[] = [];
      while (shares.length < TRIES && !(shares.at(-1)! >= 0.9)) shares.push(await share(megabits));
      assert(shares.at(-1)! >= 0.9, `reached ${shares.map((one) => one.toFixed(2)).join(", ")} of the sum`);
    },
  );
}
