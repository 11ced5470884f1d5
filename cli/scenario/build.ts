/**
 * The network that a scenario describes.
 *
 * @module
 */

import type { Scenario } from "../../config/scenario.ts";
import { lia } from "../../congestion/mod.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { type DuplexLink, Network, type Node, type Router, type SimHost, Simulator } from "../../sim/mod.ts";
import { traceLines } from "../../transports/mod.ts";
import { boxFunction } from "./boxes.ts";
import { LinkMeter } from "./link_meter.ts";

/** A scenario that is ready to run. */
export interface BuiltScenario {
  /** Its clock. */
  readonly simulator: Simulator;
  /** Its hosts by name. */
  readonly hosts: ReadonlyMap<string, SimHost>;
  /** Its links by name. */
  readonly links: ReadonlyMap<string, DuplexLink>;
  /** Names the path between an address of one host and one of another: the link that has both, or those at both ends. */
  pathName(client: HostAddress, server: HostAddress): string;
  /** What measures its links, both directions of each. */
  readonly meters: readonly LinkMeter[];
}

/** A host and one of its addresses. */
export type HostAddress = readonly [host: string, address: string];

/** Builds the network, with all that is going to happen to it at its time. Traces go to `trace`, line by line. */
export function buildScenario(
  scenario: Scenario,
  seed: number | string,
  trace?: (line: string) => void,
): BuiltScenario {
  const simulator = new Simulator({ seed });
  const { options: defaultOptions, ...defaults } = scenario.defaults ?? {};
  const network = new Network(simulator, {
    scheduler: minRtt(),
    congestion: lia(),
    pathManager: fullMesh(),
    ...defaults,
  });

  const hosts = new Map<string, SimHost>();
  for (const [name, { changes: _, options, ...plugins }] of Object.entries(scenario.hosts)) {
    const tracer = trace && traceLines(trace, { host: name });
    const settings = { ...plugins, options: { ...defaultOptions, ...options }, ...(tracer && { tracer }) };
    hosts.set(name, network.host(name, settings));
  }
  const routers = new Map<string, Router>();
  for (const [name, { icmpErrors = true }] of Object.entries(scenario.routers ?? {})) {
    const router = network.router(name);
    router.sendsErrors = icmpErrors;
    routers.set(name, router);
  }

  const boxes = new Map<string, Node>();
  for (const [name, { does }] of Object.entries(scenario.middleboxes ?? {})) {
    boxes.set(name, network.middlebox(name, ...does.map(boxFunction)));
  }

  const meters: LinkMeter[] = [];
  for (const [name, { between, changes = [], ...options }] of Object.entries(scenario.links)) {
    const [first, second] = between.map((node) => hosts.get(node) ?? routers.get(node) ?? boxes.get(node)!) as [
      Node,
      Node,
    ];
    const link = network.connect(first, second, { name, ...options });
    const both = [
      new LinkMeter(simulator, name, between[0], between[1], link.forward),
      new LinkMeter(simulator, name, between[1], between[0], link.backward),
    ];
    meters.push(...both);
    for (const { at, ...change } of changes) {
      simulator.at(at, () => {
        for (const meter of both) meter.handleChange();
        link.set(change);
      });
    }
  }

  for (const [name, { routes = [] }] of Object.entries(scenario.routers ?? {})) {
    for (const { to, over } of routes) {
      const links = over.map((link) => {
        const { forward, backward } = network.links.get(link)!;
        return scenario.links[link]!.between[0] === name ? forward : backward;
      });
      routers.get(name)!.addRoute(to, ...links);
    }
  }
  for (const [name, { changes = [] }] of Object.entries(scenario.hosts)) {
    const host = hosts.get(name)!;
    for (const { at, addressDown, addressUp } of changes) {
      simulator.at(at, () => {
        if (addressDown !== undefined) host.addressDown(addressDown);
        if (addressUp !== undefined) host.addressUp(addressUp);
      });
    }
  }
  return {
    simulator,
    hosts,
    links: network.links,
    meters,
    pathName: (client, server) => {
      const [near, far] = [linksWith(scenario, client), linksWith(scenario, server)];
      const both = near.filter((name) => far.includes(name));
      return both.length > 0 ? both.join(" or ") : `${near.join(" or ")} … ${far.join(" or ")}`;
    },
  };
}

function linksWith({ links }: Scenario, [host, address]: HostAddress): string[] {
  return Object.keys(links).filter((name) => {
    const { between, addresses } = links[name]!;
    return between.some((node, side) => node === host && addresses?.[side]?.includes(address));
  });
}
