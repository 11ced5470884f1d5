import { assertEquals, assertThrows } from "@std/assert";
import type { LocalAddress, RemoteAddress } from "../core/plugin.ts";
import { FakePaths } from "../tests/kit/mod.ts";
import { type LinuxEndpoint, linuxEndpoints, type LinuxEndpointsOptions } from "./linux_endpoints.ts";

// Three links between two hosts, 10.0.N.1 on the client and 10.0.N.2 on the server; the connection is over the first.
const LOCAL: readonly LocalAddress[] = [1, 2, 3].map((n, id) => ({ address: `10.0.${n}.1`, id, backup: false }));
const REMOTE: readonly RemoteAddress[] = [1, 2, 3].map((n, id) => ({ address: `10.0.${n}.2`, port: 5000, id }));

function endpoint(n: number, flags: Omit<LinuxEndpoint, "address">): LinuxEndpoint {
  return { address: `10.0.${n}.1`, ...flags };
}

function client(options: LinuxEndpointsOptions): FakePaths {
  return new FakePaths(linuxEndpoints(options), LOCAL, REMOTE.slice(0, 1));
}

interface Observed extends LinuxEndpointsOptions {
  readonly signals: readonly number[];
  readonly cFlag?: boolean;
  readonly pairs: readonly string[];
}

const subflow = true;
const fullmesh = true;
const laminar = true;

/** What Linux 6.18 opened between two network namespaces, by links of client and server. */
const OBSERVED: Record<string, Observed> = {
  "subflow endpoints join the first address": {
    endpoints: [endpoint(2, { subflow }), endpoint(3, { subflow })],
    signals: [],
    pairs: ["2-1", "3-1"],
  },
  "within the limit": {
    endpoints: [endpoint(2, { subflow }), endpoint(3, { subflow })],
    subflows: 1,
    signals: [],
    pairs: ["2-1"],
  },
  "an announced address is joined from where the route to it starts, as many as are accepted": {
    subflows: 4,
    addAddrAccepted: 1,
    signals: [2, 3],
    pairs: ["2-2"],
  },
  "beside subflow endpoints": {
    endpoints: [endpoint(3, { subflow })],
    subflows: 4,
    addAddrAccepted: 2,
    signals: [2],
    pairs: ["3-1", "2-2"],
  },
  "fullmesh endpoints join everything": {
    endpoints: [endpoint(2, { subflow, fullmesh }), endpoint(3, { subflow, fullmesh })],
    subflows: 8,
    addAddrAccepted: 2,
    signals: [2],
    pairs: ["2-1", "3-1", "2-2", "3-2"],
  },
  "also from the address of the first subflow": {
    endpoints: [endpoint(1, { subflow, fullmesh }), endpoint(3, { subflow, fullmesh })],
    subflows: 8,
    addAddrAccepted: 4,
    signals: [2],
    pairs: ["3-1", "1-2", "3-2"],
  },
  "laminar endpoints answer one announced address each, in their order": {
    endpoints: [endpoint(3, { laminar }), endpoint(2, { laminar })],
    subflows: 4,
    addAddrAccepted: 4,
    signals: [2, 3],
    pairs: ["3-2", "2-3"],
  },
  "and no more than one": {
    endpoints: [endpoint(3, { laminar })],
    subflows: 4,
    addAddrAccepted: 4,
    signals: [2, 3],
    pairs: ["3-2"],
  },
  "but not the address of the first subflow": {
    endpoints: [endpoint(1, { laminar }), endpoint(2, { laminar })],
    subflows: 4,
    addAddrAccepted: 4,
    signals: [2],
    pairs: ["2-2"],
  },
  "fullmesh comes before laminar": {
    endpoints: [endpoint(3, { subflow, fullmesh }), endpoint(2, { laminar })],
    subflows: 4,
    addAddrAccepted: 4,
    signals: [2],
    pairs: ["3-1", "3-2"],
  },
  "a peer that forbids joins to its first address is joined at the others": {
    endpoints: [endpoint(3, { subflow }), endpoint(2, { subflow })],
    subflows: 4,
    addAddrAccepted: 4,
    cFlag: true,
    signals: [2],
    pairs: ["2-2"],
  },
  "even if none is accepted, by a subflow endpoint": {
    endpoints: [endpoint(3, { subflow })],
    subflows: 4,
    addAddrAccepted: 0,
    cFlag: true,
    signals: [2],
    pairs: ["3-2"],
  },
};

for (const [what, { signals, cFlag = false, pairs, ...options }] of Object.entries(OBSERVED)) {
  Deno.test(`as in Linux: ${what}`, () => {
    const paths = client(options);
    paths.joinsToPrimaryAllowed = !cFlag;
    paths.establish();
    for (const n of signals) paths.announced(REMOTE[n - 1]!);
    const opened = paths.subflows.slice(1).map(({ local, remote }) =>
      `${local.address.split(".")[2]}-${remote.address.split(".")[2]}`
    );
    assertEquals(opened, pairs);
  });
}

Deno.test("subflows from a backup endpoint are backups, the first one of the connection included", () => {
  const backup = true;
  const paths = client({ endpoints: [endpoint(1, { backup }), endpoint(2, { subflow, backup })] });
  assertEquals(paths.establish(), ["backup 0", "open 1-0 backup"]);
});

Deno.test("a server announces its signal endpoints, with a port if they have one, and opens nothing", () => {
  const signal = true;
  const endpoints = [
    endpoint(1, { signal }),
    endpoint(2, { signal, port: 8443, backup: true }),
    endpoint(3, { subflow }),
  ];
  const paths = new FakePaths(linuxEndpoints({ endpoints }), LOCAL, REMOTE.slice(0, 1));
  assertEquals(paths.establish(true), ["announce 1 8443"], "the client knows the address it talks to");
  assertEquals(paths.announced(REMOTE[1]!), []);
  paths.open(LOCAL[1]!, REMOTE[0]!);
  assertEquals(paths.answer(1), ["open 1-0", "backup 1"], "what the client opens to a backup endpoint is a backup");
});

Deno.test("an endpoint is used when its address is there, and again when it is there anew", () => {
  const paths = client({ endpoints: [endpoint(2, { subflow, signal: true })] });
  paths.localAddresses = [LOCAL[0]!];
  assertEquals(paths.establish(), []);
  assertEquals(paths.up(LOCAL[1]!), ["announce 1", "open 1-0"]);
  assertEquals(paths.end(1, "timeout"), [], "a subflow that failed is not opened again");
  assertEquals(paths.down(LOCAL[1]!), ["withdraw 1"]);
  assertEquals(paths.up(LOCAL[1]!), ["announce 1", "open 1-0"]);
});

Deno.test("an end makes room for an endpoint that has had none", () => {
  const paths = client({ endpoints: [endpoint(2, { subflow }), endpoint(3, { subflow })], subflows: 1 });
  paths.establish();
  assertEquals(paths.end(1, "reset"), ["open 2-0"]);
});

Deno.test("an address that the peer withdraws no longer counts as accepted", () => {
  const paths = client({ subflows: 4, addAddrAccepted: 1 });
  paths.establish();
  assertEquals(paths.announced(REMOTE[1]!), ["open 1-1"]);
  assertEquals(paths.announced(REMOTE[2]!), []);
  paths.tell({ type: "removed", addressId: 1 });
  assertEquals(paths.announced(REMOTE[2]!), ["open 2-2"]);
});

Deno.test("an address to which there is a subflow already is not joined again", () => {
  const paths = client({ subflows: 4, addAddrAccepted: 4 });
  paths.establish();
  assertEquals(paths.announced({ ...REMOTE[0]!, id: 7 }), []);
});

Deno.test("limits out of range are refused", () => {
  assertThrows(() => linuxEndpoints({ subflows: -1 }), RangeError, "Cannot create linux-endpoints: subflows must be");
  assertThrows(() => linuxEndpoints({ addAddrAccepted: 0.5 }), RangeError, "addAddrAccepted must be");
});
