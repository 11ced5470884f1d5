/**
 * A FatTree: Al-Fares, Loukissas, Vahdat, "A Scalable, Commodity Data Center Network Architecture" (SIGCOMM 2008).
 *
 * @module
 */

import type { ConnectionOptions, Network, SimHost } from "../../../sim/mod.ts";
import type { Shortcut } from "./shortcut.ts";

/**
 * Wires up switches of `ports` ports, an even number k: k pods of k/2 edge and k/2 aggregation switches, (k/2)² core
 * switches. Returns the k³/4 hosts, pod by pod. Between pods there are (k/2)² shortest paths; switches choose by a hash of
 * addresses and ports. With a `shortcut` only data passes them.
 */
export function fatTree(
  network: Network,
  ports: number,
  link: ConnectionOptions,
  shortcut: Shortcut | null = null,
): SimHost[] {
  const half = range(ports / 2);
  const cores = half.map((i) => half.map((j) => network.router(`core ${i} ${j}`)));
  return range(ports).flatMap((pod) => {
    const aggregations = half.map((i) => {
      const aggregation = network.router(`aggregation ${pod} ${i}`);
      for (const core of cores[i]!) network.connect(aggregation, core, link);
      return aggregation;
    });
    return half.flatMap((i) => {
      const edge = network.router(`edge ${pod} ${i}`);
      for (const aggregation of aggregations) network.connect(edge, aggregation, link);
      return half.map((j) => {
        const host = network.host(`host ${pod} ${i} ${j}`);
        const address = `10.${pod}.${i}.${j + 2}`;
        if (shortcut === null) network.connect(host, edge, { ...link, addresses: [address, []] });
        else network.connect(shortcut.inFrontOf(host, address), edge, link);
        return host;
      });
    });
  });
}

/** A random permutation of the numbers below `count` that is one cycle, so that none stays where it is (Sattolo). */
export function cycle(count: number, below: (limit: number) => number): number[] {
  const order = range(count);
  for (let i = count - 1; i > 0; i--) {
    const j = below(i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
