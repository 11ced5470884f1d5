/**
 * How long an interactive session stands still when WiFi goes dark.
 *
 * @module
 */

import { lia } from "../../../congestion/mod.ts";
import type { PathManager, Plugin } from "../../../core/plugin.ts";
import { failover, fullMesh, passive } from "../../../pathmanagers/mod.ts";
import { minRtt } from "../../../schedulers/mod.ts";
import { constantRate, Network, Simulator } from "../../../sim/mod.ts";
import type { Experiment, Figures } from "../experiment.ts";

/** Messages of 200 bytes, one each 100 ms, for 30 s. */
const [BYTES, INTERVAL, MESSAGES] = [200, 100, 300];
/** WiFi is dark for this long, in milliseconds. */
const DARK = 10_000;
const GAP = "longest gap, ms";

const PATH_MANAGERS: Readonly<Record<string, Plugin<PathManager>>> = {
  "full-mesh": fullMesh(),
  "backup": failover(),
  "single path": passive(),
};

const experiment: Experiment = {
  id: "E21",
  title: "handover: a session over WiFi and 3G, WiFi going dark",
  source: "Paasch et al., CellNet 2012",
  variants: Object.keys(PATH_MANAGERS),
  claims: ["full-mesh", "backup"].map((variant) => ({
    variant,
    figure: GAP,
    published: "the session goes on",
    band: [0, 1000],
  })),
  comparisons: [{
    variant: "single path",
    sentence: "stands still until WiFi is back",
    holds: (mean) => mean("single path", GAP) >= DARK,
    published: "it waits",
  }],
  run,
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, {
    scheduler: minRtt(),
    congestion: lia(),
    pathManager: PATH_MANAGERS[variant]!,
    options: { noDelay: true },
  });
  const [phone, server] = [network.host("phone"), network.host("server")];
  const wifi = network.connect(phone, server, { addresses: ["10.0.1.2", "10.0.0.1"], rate: 8e6, delay: 10 });
  network.connect(phone, server, { addresses: ["10.0.2.2", "10.0.0.1"], rate: 2e6, delay: 75 });
  // Not always at the same moment between two messages.
  const from = 5000 + INTERVAL * simulator.random("dark").next();
  wifi.schedule([{ at: from, up: false }, { at: from + DARK, up: true }]);
  let latest = 0;
  let longest = 0;
  const session = {
    client: phone,
    server,
    messageBytes: BYTES,
    interval: INTERVAL,
    messages: MESSAGES,
    connection: { localHostname: "10.0.1.2" },
    onData: (_data: Uint8Array, now: number) => {
      if (latest > 0) longest = Math.max(longest, now - latest);
      latest = now;
    },
  };
  await simulator.run(() => constantRate(simulator, session));
  return { [GAP]: longest / 1000 };
}
