import {
  createHost,
  fullMesh,
  type Host,
  lia,
  memoryPair,
  minRtt,
  type Transport,
  type TransportEvents,
  tun,
  udp,
} from "../../mod.ts";
import type { Packet } from "../../core/wire/packet.ts";
import { FIN, RST } from "../../core/wire/tcp.ts";
import { Network, Simulator } from "../../sim/mod.ts";
import { Namespace } from "../interop/namespace.ts";
import { hostsInRealTime, testTransport, transportProperties, type TransportSubject } from "../kit/mod.ts";
import { testWith, tunDevice } from "../needs.ts";
import { KERNEL } from "../interop/neighbours.ts";
import { testRefutations } from "./refute.ts";
import { drawAlike } from "./runs.ts";

drawAlike();

function hosts(server: readonly Transport[], client: readonly Transport[]): { server: Host; client: Host } {
  return { server: createHost({ transports: server }), client: createHost({ transports: client }) };
}

const PORT = 7000;

// ------------------------------------------------------------------------------------------------ those that there are

testTransport(hostsInRealTime("memory", () => {
  const left = { left: ["10.0.0.1"], right: ["10.0.0.2"] };
  const [a, b] = [memoryPair(left), memoryPair({ left: ["fd00::1"], right: ["fd00::2"] })];
  return { ...hosts([a[0], b[0]], [a[1], b[1]]), hostname: "10.0.0.1", port: PORT, paths: 2 };
}));

for (const engine of ["linux", "portable"] as const) {
  testTransport(hostsInRealTime(`UDP with the ${engine} engine`, () => {
    const at = udp({ addresses: ["127.0.9.1:0"], engine });
    const ends = hosts([at], [udp({ addresses: ["127.0.9.2", "127.0.9.3"], engine })]);
    return { ...ends, hostname: "127.0.9.1", port: at.listening[0]!.port, paths: 2 };
  }));
}

testTransport({
  name: "simulation",
  async run(body) {
    const simulator = new Simulator({ seed: 1 });
    const network = new Network(simulator, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
    const [client, server] = [network.host("client"), network.host("server")];
    network.connect(client, server, { addresses: ["10.0.1.2", "10.0.0.1"], rate: 30e6, delay: 5 });
    network.connect(client, server, { addresses: ["10.0.2.2", "10.0.0.1"], rate: 30e6, delay: 5 });
    const pause = (milliseconds: number) => simulator.sleep(milliseconds);
    await simulator.run(async () => {
      await body({ client, server, hostname: "server", port: PORT, paths: 2, pause });
      await Promise.all([client.close(), server.close()]);
    });
  },
});

/** Two devices, and the kernel between them. */
const DEVICES: TransportSubject = {
  name: "TUN",
  async run(body) {
    await using space = await Namespace.create();
    await space.sysctl("net.ipv4.ip_forward", 1);
    const device = (i: number) => tun({ addresses: [`10.${i}.0.2`], gateways: [`10.${i}.0.1/24`] });
    const make = () => {
      const ends = space.inside(() => hosts([device(1)], [device(2), device(3)]));
      return { ...ends, hostname: "10.1.0.2", port: PORT, paths: 2 };
    };
    await hostsInRealTime("TUN", make).run(body);
  },
};
for (const { name, check } of transportProperties(DEVICES)) {
  testWith([...KERNEL, tunDevice], `${DEVICES.name} ${name}`, () => check());
}

// ------------------------------------------------------------------------------- and for each property one that breaks it

/** Memory between two hosts that does something to what the client sends and is told. */
class Broken implements Transport {
  readonly #beneath: Transport;
  readonly #spoil: (packet: Packet) => boolean;
  readonly #tell: (events: TransportEvents) => TransportEvents;

  constructor(
    beneath: Transport,
    spoil: (packet: Packet) => boolean,
    tell: (events: TransportEvents) => TransportEvents,
  ) {
    this.#beneath = beneath;
    this.#spoil = spoil;
    this.#tell = tell;
  }

  open(events: TransportEvents): void {
    this.#beneath.open(this.#tell(events));
  }

  receive(): Packet | null {
    return this.#beneath.receive();
  }

  send(packet: Packet): boolean {
    return this.#spoil(packet) ? this.#beneath.send(packet) : true;
  }

  close(): void | Promise<void> {
    return this.#beneath.close();
  }
}

interface Fault {
  /** Changes what the client sends; false loses it. */
  spoil?(packet: Packet): boolean;
  /** Changes what the client is told. */
  tell?(events: TransportEvents): TransportEvents;
}

const flagsOf = ({ view, start }: Packet) => view.getUint8(start + 13);
const payloadAt = ({ view, start }: Packet) => start + (view.getUint8(start + 12) >>> 4 << 2);

function broken({ spoil = () => true, tell = (events) => events }: Fault): TransportSubject {
  return hostsInRealTime("broken", () => {
    const [left, right] = memoryPair({ left: ["10.0.0.1"], right: ["10.0.0.2", "10.0.0.3"] });
    return {
      ...hosts([left], [new Broken(right, spoil, tell)]),
      hostname: "10.0.0.1",
      port: PORT,
      paths: 2,
    };
  }, 1500);
}

/** Damages a byte of payload now and then, which memory has no checksum against. */
function damaging(): Fault {
  let count = 0;
  return {
    spoil(packet) {
      const at = payloadAt(packet);
      if (at < packet.end && ++count % 20 === 0) packet.bytes[at]! ^= 1;
      return true;
    },
  };
}

/** Knows three source ports and no more. */
function forgetful(): Fault {
  const known = new Set<number>();
  return {
    spoil({ view, start }) {
      if (known.size < 3) known.add(view.getUint16(start));
      return known.has(view.getUint16(start));
    },
  };
}

/** Says that there is input, but not after a silence. */
function drowsy(): Fault {
  let last = Infinity;
  let isAsleep = false;
  return {
    tell: (events) => ({
      now: () => events.now(),
      ready() {
        isAsleep ||= Date.now() - last > 50;
        last = Date.now();
        if (!isAsleep) events.ready();
      },
      addressUp: (...given) => events.addressUp(...given),
      addressDown: (...given) => events.addressDown(...given),
      isPortInUse: (...given) => events.isPortInUse(...given),
      icmpError: (...given) => events.icmpError(...given),
    }),
  };
}

/** Loses all that follows a segment with `flag`, that one included. */
function endingWith(flag: number): Fault {
  let isOver = false;
  return { spoil: (packet) => !(isOver ||= (flagsOf(packet) & flag) !== 0) };
}

testRefutations("transport", transportProperties, {
  "carries every byte to its place, both ways at once": broken(damaging()),
  "carries Multipath TCP, a subflow for each pair of addresses": broken({
    spoil: ({ source }) => `${source}` !== "10.0.0.3",
  }),
  "keeps connections apart": broken(forgetful()),
  "wakes who waits, however long nothing came": broken(drowsy()),
  "tells both ends of an end in order": broken({ spoil: (packet) => (flagsOf(packet) & FIN) === 0 }),
  "tells the other end of an abort": broken(endingWith(RST)),
});
