/**
 * Whether the parts of a scenario fit together.
 *
 * @module
 */

import { type ConfigIssue, meant } from "./checks.ts";
import type { Scenario } from "./scenario.ts";

type Path = readonly (string | number)[];

/** What is wrong with the names and addresses by which parts of `scenario` speak of each other; empty if nothing is. */
export function checkReferences(scenario: Scenario): ConfigIssue[] {
  return new References(scenario).check();
}

class References {
  readonly #scenario: Scenario;
  readonly #hosts: readonly string[];
  readonly #routers: readonly string[];
  readonly #boxes: readonly string[];
  readonly #links: readonly string[];
  /** Addresses of each node. */
  readonly #addresses = new Map<string, Set<string>>();
  readonly #issues: ConfigIssue[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#hosts = Object.keys(scenario.hosts);
    this.#routers = Object.keys(scenario.routers ?? {});
    this.#boxes = Object.keys(scenario.middleboxes ?? {});
    this.#links = Object.keys(scenario.links);
    for (const { between, addresses = [[], []] } of Object.values(scenario.links)) {
      for (const side of [0, 1] as const) {
        const own = this.#addresses.get(between[side]) ?? new Set();
        for (const address of addresses[side]) own.add(address);
        this.#addresses.set(between[side], own);
      }
    }
  }

  check(): ConfigIssue[] {
    this.#checkNodes();
    for (const name of this.#links) this.#checkLink(name);
    for (const [name, { changes }] of Object.entries(this.#scenario.hosts)) this.#checkHostChanges(name, changes ?? []);
    this.#checkRoutes();
    this.#checkApplications();
    for (const [i, { links }] of (this.#scenario.captures ?? []).entries()) {
      for (const [j, link] of links.entries()) this.#isKnown(["captures", i, "links", j], "link", link, this.#links);
    }
    this.#checkDistinct("captures", "file", this.#scenario.captures ?? []);
    return this.#issues;
  }

  #checkNodes(): void {
    for (const name of this.#routers) {
      if (this.#hosts.includes(name)) this.#report(["routers", name], `there is a host called "${name}" already`);
    }
    for (const name of this.#boxes) this.#checkBox(name);
  }

  #checkBox(name: string): void {
    const path = ["middleboxes", name];
    if (this.#hosts.includes(name)) this.#report(path, `there is a host called "${name}" already`);
    if (this.#routers.includes(name)) this.#report(path, `there is a router called "${name}" already`);
    const links = Object.values(this.#scenario.links).filter(({ between }) => between.includes(name));
    if (links.length !== 2) this.#report(path, `must be between two links, is at ${links.length}`);
    for (const [i, step] of this.#scenario.middleboxes![name]!.does.entries()) {
      if (step.type !== "translate-addresses" || this.#addresses.get(name)?.has(step.address)) continue;
      this.#report([...path, "does", i, "address"], `no link of ${name} gives it ${step.address}`);
    }
  }

  #checkLink(name: string): void {
    const { between: [first, second], addresses = [[], []] } = this.#scenario.links[name]!;
    const nodes = [...this.#hosts, ...this.#routers, ...this.#boxes];
    this.#isKnown(["links", name, "between", 0], "host, router or middlebox", first, nodes);
    this.#isKnown(["links", name, "between", 1], "host, router or middlebox", second, nodes);
    if (first === second) this.#report(["links", name, "between"], `must be two different nodes, is "${first}" twice`);
    for (const side of [0, 1] as const) {
      for (const address of addresses[side]) {
        const own = this.#scenario.links[name]!.between[side];
        const other = [...this.#addresses].find(([node, all]) => node !== own && all.has(address));
        if (other === undefined) continue;
        this.#report(["links", name, "addresses", side], `${address} cannot be of ${own}, ${other[0]} has it`);
      }
    }
  }

  #checkHostChanges(name: string, changes: NonNullable<Scenario["hosts"][string]["changes"]>): void {
    for (const [i, { addressDown, addressUp }] of changes.entries()) {
      const path = ["hosts", name, "changes", i];
      if (addressDown === undefined && addressUp === undefined) {
        this.#report(path, 'must have "addressDown" or "addressUp"');
      }
      if (addressDown !== undefined) this.#isAddressOf([...path, "addressDown"], addressDown, name);
      if (addressUp !== undefined) this.#isAddressOf([...path, "addressUp"], addressUp, name);
    }
  }

  #checkRoutes(): void {
    for (const [name, { routes }] of Object.entries(this.#scenario.routers ?? {})) {
      for (const [i, { over }] of (routes ?? []).entries()) {
        for (const [j, link] of over.entries()) {
          const path = ["routers", name, "routes", i, "over", j];
          if (!this.#isKnown(path, "link", link, this.#links)) continue;
          if (this.#scenario.links[link]!.between.includes(name)) continue;
          this.#report(path, `link "${link}" is not connected to ${name}`);
        }
      }
    }
  }

  #checkApplications(): void {
    const { applications } = this.#scenario;
    for (const [i, { client, server, from, to }] of applications.entries()) {
      const path = ["applications", i];
      for (const [field, host] of [["client", client], ["server", server]] as const) {
        if (!this.#isKnown([...path, field], "host", host, this.#hosts)) continue;
        if ((this.#addresses.get(host)?.size ?? 0) > 0) continue;
        this.#report([...path, field], `${host} has no address, give it one in "addresses" of a link`);
      }
      if (client === server) this.#report([...path, "server"], `must be another host than the client, is "${server}"`);
      if (from !== undefined) this.#isAddressOf([...path, "from"], from, client);
      if (to !== undefined) this.#isAddressOf([...path, "to"], to, server);
    }
    this.#checkDistinct("applications", "name", applications);
  }

  #checkDistinct<Field extends string>(
    list: string,
    field: Field,
    items: readonly { readonly [name in Field]?: string }[],
  ): void {
    for (const [i, { [field]: value }] of items.entries()) {
      const first = items.findIndex((item) => item[field] === value);
      if (value === undefined || first === i) continue;
      this.#report([list, i, field], `"${value}" is taken by ${list}[${first}]`);
    }
  }

  #isAddressOf(path: Path, address: string, host: string): void {
    const own = this.#addresses.get(host);
    if (own === undefined || own.size === 0 || own.has(address)) return;
    this.#report(path, `${host} does not have ${address}, it has ${[...own].join(", ")}`);
  }

  #isKnown(path: Path, kind: string, name: string, known: readonly string[]): boolean {
    if (known.includes(name)) return true;
    const right = meant(name, known) || `, there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}`;
    this.#report(path, `there is no ${kind} "${name}"${right}`);
    return false;
  }

  #report(path: Path, message: string): void {
    this.#issues.push({ path, message });
  }
}
