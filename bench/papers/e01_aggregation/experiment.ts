/**
 * Two paths of one connection, against the bound that Linux sets its own implementation.
 *
 * @module
 */

import type { MptcpConn } from "../../../transports/conn.ts";
import { burst } from "../../../schedulers/mod.ts";
import type { Experiment } from "../experiment.ts";
import { scene } from "../scene.ts";

/** Rates in Mbit/s and one-way delays in milliseconds of both paths. */
interface Paths {
  readonly rates: readonly [number, number];
  readonly delays: readonly [number, number];
}

const CASES: Readonly<Record<string, Paths>> = {
  "10+10, 0/0 ms": { rates: [10, 10], delays: [0, 0] },
  "10+10, 1/25 ms": { rates: [10, 10], delays: [1, 25] },
  "15+5, 0/0 ms": { rates: [15, 5], delays: [0, 0] },
  "15+5, 1/25 ms": { rates: [15, 5], delays: [1, 25] },
  "15+5, 25/1 ms": { rates: [15, 5], delays: [25, 1] },
};
/** Bytes in one direction and in the other. */
const LARGE = 16 * 1024 * 1024;
const SMALL = 20 * 4096;
/** Nine tenths of the sum of both rates, which is 20 Mbit/s in every case, and 450 ms for connecting and closing. */
const LIMIT = Math.floor(LARGE * 8 / (0.9 * 20e6) * 1000) + 450;
/** Packets that the queueing discipline of the test holds when it is told nothing else. */
const QUEUE = { packets: 1000 };
const WITHIN = `% of runs within ${LIMIT} ms`;

const experiment: Experiment = {
  id: "E1",
  title: "milliseconds for 16 MiB over two paths of 20 Mbit/s together",
  source: "Linux, tools/testing/selftests/net/mptcp/simult_flows.sh",
  variants: Object.keys(CASES),
  claims: Object.keys(CASES).flatMap((variant) => [
    { variant, figure: "from the client, ms", published: `≤ ${LIMIT}`, band: [-Infinity, 7400] as const },
    { variant, figure: "from the server, ms", published: `≤ ${LIMIT}`, band: [-Infinity, 7400] as const },
    { variant, figure: WITHIN, published: 100, band: [100, Infinity] as const },
    { variant, figure: "both at once, ms", published: "not tested" },
  ]),
  run: async (variant, seed) => {
    const up = await exchange(CASES[variant]!, seed, LARGE, SMALL);
    const down = await exchange(CASES[variant]!, seed, SMALL, LARGE);
    const within = [up, down].filter((ms) => ms <= LIMIT).length;
    return {
      "from the client, ms": up,
      "from the server, ms": down,
      [WITHIN]: 50 * within,
      "both at once, ms": await exchange(CASES[variant]!, seed, LARGE, LARGE),
    };
  },
  plot: (results) => ({
    type: "bars",
    axis: "milliseconds",
    bars: Object.keys(CASES).flatMap((variant) =>
      ["client", "server"].map((from) => {
        const { mean, margin } = results.get(variant)!.get(`from the ${from}, ms`)!;
        return {
          label: `${variant.replace(" ms", "").replace(", ", "\n")}\n${from}`,
          value: mean,
          margin,
          published: LIMIT,
        };
      })
    ),
  }),
};
export default experiment;

/** Milliseconds until each end has what the other sends. */
async function exchange({ rates, delays }: Paths, seed: number, up: number, down: number): Promise<number> {
  // What Linux has by default.
  const { simulator, network } = scene("cubic", seed, { scheduler: burst() });
  const [client, router, server] = [network.host("client"), network.router("router"), network.host("server")];
  rates.forEach((rate, i) =>
    network.connect(client, router, {
      rate: 1e6 * rate,
      delay: delays[i]!,
      queue: QUEUE,
      addresses: [`10.0.${i + 1}.1`, []],
    })
  );
  network.connect(router, server, { addresses: [[], "10.0.3.3"] });
  const random = simulator.random("experiment");
  await simulator.run(async () => {
    using listener = server.listen({ port: 80 });
    const [near, far] = await Promise.all([client.connect({ hostname: "server", port: 80 }), listener.accept()]);
    // Programs do not begin at the same microsecond: all the chance that there is.
    const begin = (): Promise<void> => simulator.sleep(10 * random.next());
    await Promise.all([
      begin().then(() => send(near, up)),
      begin().then(() => send(far, down)),
      receive(near, down),
      receive(far, up),
    ]);
    near.close();
    far.close();
  });
  return simulator.now() / 1000;
}

async function send(conn: MptcpConn, bytes: number): Promise<void> {
  const chunk = new Uint8Array(64 * 1024);
  for (let left = bytes; left > 0;) left -= await conn.write(chunk.subarray(0, Math.min(left, chunk.length)));
  await conn.closeWrite();
}

async function receive(conn: MptcpConn, bytes: number): Promise<void> {
  const into = new Uint8Array(64 * 1024);
  let received = 0;
  for (let count = await conn.read(into); count !== null; count = await conn.read(into)) received += count;
  if (received !== bytes) throw new Error(`Cannot measure: ${received} of ${bytes} bytes arrived`);
}
