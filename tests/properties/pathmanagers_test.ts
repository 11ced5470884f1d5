import type { LocalAddress, PathActions, PathEvent, PathManager, Plugin, RemoteAddress } from "../../core/plugin.ts";
import {
  application,
  failover,
  fullMesh,
  type LinuxEndpoint,
  linuxEndpoints,
  ndiffports,
  passive,
} from "../../pathmanagers/mod.ts";
import { pathManagerProperties, testPathManager } from "../kit/mod.ts";
import { testRefutations } from "./refute.ts";
import { drawAlike } from "./runs.ts";

drawAlike();

testPathManager(passive());
testPathManager(fullMesh(), { everyPair: true });
testPathManager({ ...fullMesh({ limit: 3 }), name: "full-mesh of three" }, { limit: 3, everyPair: true });
testPathManager(
  { ...fullMesh({ subflowsPerPair: 2, limit: 12, refusals: 1, shortestRetry: 250_000 }), name: "double full-mesh" },
  { subflowsPerPair: 2, limit: 12, refusals: 1, shortestRetry: 250_000, everyPair: true },
);

testPathManager(ndiffports(), { limit: 2, subflowsPerPair: 2 });
testPathManager({ ...ndiffports({ subflows: 5, refusals: 1 }), name: "ndiffports of five" }, {
  limit: 5,
  subflowsPerPair: 5,
  refusals: 1,
});
testPathManager(failover());
testPathManager(
  { ...failover({ order: ["10.2.0.1", "10.1.0.1"], returnAfter: 0, limit: 3 }), name: "eager failover" },
  { limit: 3 },
);

const signal = true;
const subflow = true;
/** Endpoints for the addresses that the kit has. */
const ENDPOINTS: readonly LinuxEndpoint[] = [
  { address: "10.1.0.1", subflow, signal },
  { address: "10.2.0.1", subflow, backup: true },
  { address: "fd00::1", subflow, signal },
];
testPathManager(linuxEndpoints(), { limit: 3 });
testPathManager(
  { ...linuxEndpoints({ endpoints: ENDPOINTS, addAddrAccepted: 2, subflows: 4 }), name: "linux-endpoints of three" },
  { limit: 5 },
);
testPathManager(
  {
    ...linuxEndpoints({
      endpoints: ENDPOINTS.map((it) => ({ ...it, fullmesh: true })),
      addAddrAccepted: 4,
      subflows: 4,
    }),
    name: "fullmesh linux-endpoints",
  },
  { limit: 5 },
);
testPathManager(
  {
    ...linuxEndpoints({ endpoints: ENDPOINTS.map(({ address }) => ({ address, laminar: true })), addAddrAccepted: 4 }),
    name: "laminar linux-endpoints",
  },
  { limit: 3 },
);
testPathManager(application());

type OnEvent = PathManager["onEvent"];

function manager(create: () => OnEvent): Plugin<PathManager> {
  return { name: "broken", create: () => ({ onEvent: create() }) };
}

/** A full mesh that is told about events and sees the connection as `change` makes it. */
function misled(
  change: (event: PathEvent, actions: PathActions) => [PathEvent | null, Partial<PathActions>],
  plugin: Plugin<PathManager> = fullMesh(),
): Plugin<PathManager> {
  return {
    name: "broken",
    create(env) {
      const sound = plugin.create(env);
      return {
        onEvent(event, actions, now) {
          const [told, seen] = change(event, actions);
          if (told !== null) sound.onEvent(told, seeing(actions, seen), now);
        },
      };
    },
  };
}

function seeing(actions: PathActions, seen: Partial<PathActions>): PathActions {
  return {
    localAddresses: actions.localAddresses,
    remoteAddresses: actions.remoteAddresses,
    subflows: actions.subflows,
    joinsToPrimaryAllowed: actions.joinsToPrimaryAllowed,
    open: (...given) => actions.open(...given),
    close: (...given) => actions.close(...given),
    setBackup: (...given) => actions.setBackup(...given),
    announce: (...given) => actions.announce(...given),
    withdraw: (...given) => actions.withdraw(...given),
    wakeAt: (...given) => actions.wakeAt(...given),
    ...seen,
  };
}

/** Opens from wherever to wherever there is no subflow yet, once. */
function openOnce(suits: (local: LocalAddress, remote: RemoteAddress) => boolean): OnEvent {
  const done = new Set<string>();
  let isClient = false;
  return (event, actions) => {
    if (event.type === "established") isClient = !event.isServer;
    if (!isClient) return;
    for (const local of actions.localAddresses) {
      for (const remote of actions.remoteAddresses) {
        if (done.has(`${local.id} ${remote.id}`) || !suits(local, remote)) continue;
        done.add(`${local.id} ${remote.id}`);
        actions.open(local, remote);
      }
    }
  };
}

let shared = 0;

/** Narrow enough that a short history reaches them. */
const LIMITS = { limit: 3, refusals: 1, everyPair: true };

testRefutations("path manager", (plugin) => pathManagerProperties(plugin, LIMITS), {
  "throws nothing": manager(() => (event) => {
    if (event.type === "removed") throw new Error("who removed that?");
  }),
  "asks to be woken in the future only": manager(() => (_event, actions, now) => actions.wakeAt(now)),
  "opens nothing before the connection is established as multipath": manager(() => (event, actions) => {
    if (event.type === "local-address-up") actions.open(event.address, actions.remoteAddresses[0]!);
  }),
  "opens nothing on a server": misled((event) => [
    event.type === "established" ? { ...event, isServer: false } : event,
    {},
  ]),
  "stays within its limit of subflows": fullMesh({ limit: 4 }),
  "opens no more subflows between two addresses than it is set to": fullMesh({ subflowsPerPair: 2 }),
  "opens no subflow between addresses of different families": manager(() => openOnce(() => true)),
  "names only addresses and subflows that exist": manager(() => (event, actions) => {
    if (event.type === "subflow-closed") actions.setBackup(event.subflow, true);
  }),
  "spares the first address of a peer that asks for it": misled((event) => [event, { joinsToPrimaryAllowed: true }]),
  "waits before it tries again what has just failed": fullMesh({ shortestRetry: 1000 }),
  "leaves alone what the peer refuses again and again": fullMesh({ refusals: 2 }),
  "withdraws what it announced when the address goes": misled((event) => [event, { withdraw() {} }]),
  "does not stay busy while nothing happens": manager(() => (_event, actions, now) => actions.wakeAt(now + 100)),
  "answers every address that appears": misled((event) => [event.type === "announced" ? null : event, {}]),
  "survives events in any order": manager(() => {
    const closed = new Set<number>();
    return (event) => {
      if (event.type === "subflow-closed" && closed.has(event.subflow.id)) throw new Error("how often does it close?");
      if (event.type === "subflow-closed") closed.add(event.subflow.id);
    };
  }),
  "tries ever more seldom what fails every time": fullMesh({ longestRetry: 1_000_000 }),
  "decides alike for the same seed and history": misled((event) => [
    event.type === "timer" || shared++ % 3 > 0 ? event : null,
    {},
  ]),
});
