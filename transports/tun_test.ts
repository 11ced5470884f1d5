import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { RST, TcpHeader } from "../core/wire/tcp.ts";
import { delay } from "@std/async/delay";
import { createHost, type Host } from "../mod.ts";
import { Namespace } from "../tests/interop/namespace.ts";
import { type Need, root, testWith, tunDevice } from "../tests/needs.ts";
import { piecesKept } from "./linux/memory.ts";
import type { TransportEvents } from "./transport.ts";
import { tun } from "./tun.ts";

const NEEDS = [root, tunDevice];
/** In a user namespace of its own a process may not mount in the file system of the machine. */
const mounts: Need = {
  name: "root of the machine itself",
  met: /^\s*0\s+0\s+4294967295\s*$/.test(uidMap()) && navigator.hardwareConcurrency > 1,
};

Deno.test("wrong options are refused by name, with what would be right", () => {
  assertThrows(() => tun({ addresses: [] }), TypeError, "at least one address");
  assertThrows(() => tun({ addresses: ["10.0.0.300"] }), TypeError, 'like "10.0.0.2/24"');
  assertThrows(() => tun({ addresses: ["10.0.0.2/33"] }), TypeError, "10.0.0.2/33");
  assertThrows(() => tun({ addresses: ["10.0.0.2"], gateways: ["fd00::1/x"] }), TypeError, "gateway must be");
  assertThrows(
    () => tun({ addresses: ["10.0.0.2", "fd00::1"], gateways: ["10.0.0.1/24", "fd00::1/64"] }),
    TypeError,
    "fd00::1 is both",
  );
  assertThrows(() => tun({ addresses: ["10.0.0.2"], name: "a/b" }), TypeError, "no interface name");
  assertThrows(() => tun({ addresses: ["10.0.0.2"], name: "a%s" }), TypeError, "no interface name");
  assertThrows(() => tun({ addresses: ["fd00::2"], mtu: 576 }), RangeError, "from 1280 to 65535");
});

testWith(NEEDS, "a host sets its device up by itself, and leaves nothing behind", async () => {
  await using namespace = await Namespace.create();
  const kept = piecesKept();
  const transport = tun({
    name: "wifi%d",
    addresses: ["10.0.0.2", "fd00::2/64", "10.7.0.9/24"],
    gateways: ["10.0.0.1/24"],
    mtu: 1400,
  });
  const host = namespace.inside(() => createHost({ transports: [transport] }));
  assertEquals(transport.name, "wifi0");
  const link = await namespace.run("ip address show wifi0");
  assertMatch(link, /[<,]UP[,>].* mtu 1400/);
  assertMatch(link, /inet 10\.0\.0\.1\/24/);
  const routes = await namespace.run("ip route");
  assertMatch(routes, /10\.7\.0\.0\/24 dev wifi0 .*scope link/);
  assertEquals(routes.match(/10\.0\.0\./g)?.length, 2, "the gateway's prefix covers the first address");
  assertMatch(await namespace.run("ip -6 route"), /fd00::\/64 dev wifi0/);
  await host.close();
  assertEquals(await namespace.run("ip -o link show"), await namespace.run("ip -o link show dev lo"));
  assertEquals(piecesKept(), kept);
});

testWith(NEEDS, "a transport serves another host once the first is closed", async () => {
  await using namespace = await Namespace.create();
  const transport = tun({ name: "again0", addresses: ["10.0.0.2"], gateways: ["10.0.0.1/24"] });
  for (let i = 0; i < 2; i++) {
    await using host = namespace.inside(() => createHost({ transports: [transport] }));
    assertThrows(() => createHost({ transports: [transport] }), TypeError, "serves a host already");
    assertEquals(await codeOfFailure(host, "10.0.0.1", "refused"), "refused");
  }
});

testWith(NEEDS, "a persistent device is taken over by name and left as it was found", async () => {
  await using namespace = await Namespace.create();
  await namespace.run("ip tuntap add mode tun name keep0");
  const host = namespace.inside(() =>
    createHost({ transports: [tun({ name: "keep0", addresses: ["10.0.0.2"], gateways: ["10.0.0.1/24"] })] })
  );
  assertMatch(await namespace.run("ip address show keep0"), /10\.0\.0\.1\/24/);
  await host.close();
  assert(!(await namespace.run("ip address show keep0")).includes("10.0.0.1"));
});

testWith([...NEEDS, mounts], "in bulk transfer a thread of the kernel takes in what a device is given", async () => {
  await using namespace = await Namespace.create();
  await namespace.run("ip tuntap add mode tun name keep7");
  const script = `mount -t sysfs none /sys && cat ${THREADED}`;
  const threaded = async () => (await namespace.run(["unshare", "-m", "sh", "-c", script])).trim();
  /** Whether there is a thread, once it is as `expected` or after some tries. */
  const isThreaded = async (expected: boolean) => {
    const now = async () => await threaded() === "1" && threadsOf("keep7").length === 1;
    for (let i = 0; i < 20 && await now() !== expected; i++) await delay(10);
    return await now();
  };
  let now = 0;
  const transport = tun({ name: "keep7", addresses: ["10.0.0.2"], gateways: ["10.0.0.1/24"] });
  namespace.inside(() => transport.open({ ...NO_EVENTS, now: () => now }));
  const packet = resets();
  packet.end += 1400;
  /** 1400 bytes every so many microseconds, for 50 ms. */
  const pass = (interval: number) => {
    for (const end = now + 50_000; now < end; now += interval) {
      transport.send(packet);
      transport.flush();
    }
  };
  pass(1000);
  assertEquals([await isThreaded(false), transport.deadline], [false, Infinity]);
  pass(10);
  assertEquals(await isThreaded(true), true);
  for (let i = 0; i < 3; i++) pass(1000);
  assertEquals(await isThreaded(false), false);
  pass(10);
  assertEquals(await isThreaded(true), true);
  now = transport.deadline;
  transport.flush();
  assertEquals([await isThreaded(false), transport.deadline], [false, Infinity], "nothing passes any more");
  pass(10);
  assertEquals(await isThreaded(true), true);
  await transport.close();
  assertEquals([await threaded(), threadsOf("keep7").length], ["0", 0]);
});

testWith(NEEDS, "what was sent before a device is closed arrives", async () => {
  await using namespace = await Namespace.create();
  await namespace.run("ip tuntap add mode tun name keep8");
  const packet = resets();
  packet.end += 1400;
  for (let round = 1; round <= 5; round++) {
    const transport = tun({ name: "keep8", addresses: ["10.0.0.2"], gateways: ["10.0.0.1/24"] });
    namespace.inside(() => transport.open(NO_EVENTS));
    for (let i = 0; i < 4000; i++) {
      transport.send(packet);
      transport.flush();
    }
    await transport.close();
    assertEquals(transport.counters.IpOutDiscards, 0);
    assertEquals((await namespace.counters("TcpInSegs")).TcpInSegs, 4000 * round);
  }
});

testWith(NEEDS, "what is in the way is named: a device in use, a name taken, a route that exists", async () => {
  await using namespace = await Namespace.create();
  const open = (name: string, addresses: string[], gateways: string[] = []) =>
    namespace.inside(() => createHost({ transports: [tun({ name, addresses, gateways })] }));
  await using _first = open("first", ["10.0.0.2/24"]);
  assertThrows(() => open("first", ["10.0.1.2"]), Deno.errors.Busy, "another program has it");
  assertThrows(() => open("lo", ["10.0.1.2"]), Deno.errors.AlreadyExists, "another kind");
  assertThrows(() => open("second", ["10.0.0.3/24"]), Deno.errors.AddrInUse, "10.0.0.0/24");
  assertEquals((await namespace.run("ip -o link show")).split("\n").length, 3, "what failed is gone");
});

testWith(NEEDS, "an address that this machine has itself is no address for the host", async () => {
  await using namespace = await Namespace.create();
  await namespace.run("ip address add fd00::1/64 dev lo nodad");
  const open = (addresses: string[]) =>
    namespace.inside(() => createHost({ transports: [tun({ name: "own", addresses })] }));
  for (const address of ["127.0.0.5", "fd00::1"]) {
    const text = `"own": this machine itself has the address ${address}; give the host another one`;
    assertThrows(() => open(["10.0.0.2", address]), Deno.errors.AddrInUse, text);
  }
  await using _fine = open(["10.0.0.2", "fd00::2"]);
});

testWith(
  NEEDS,
  "an address that this machine takes for itself is no address of the host any more, until it gives it back",
  async () => {
    await using namespace = await Namespace.create();
    const gateways = ["10.0.0.1/24", "fd00::1/64"];
    await using host = namespace.inside(() =>
      createHost({ transports: [tun({ name: "t0", addresses: ["10.0.0.2", "fd00::2"], gateways })] })
    );
    for (const [address, hostname] of [["10.0.0.2/32", "10.0.0.1"], ["fd00::2/128", "fd00::1"]] as const) {
      assertEquals(await codeOfFailure(host, hostname, "refused"), "refused");
      await namespace.run(`ip address add ${address} dev lo`);
      assertEquals(await codeOfFailure(host, hostname, "address-not-available"), "address-not-available");
      await namespace.run(`ip address add 10.0.7.7/32 dev lo`);
      assertEquals(await codeOfFailure(host, hostname, "refused", 3), "address-not-available", "another one");
      await namespace.run(`ip address del 10.0.7.7/32 dev lo`);
      await namespace.run(`ip address del ${address} dev lo`);
      assertEquals(await codeOfFailure(host, hostname, "refused"), "refused");
    }
  },
);

testWith(NEEDS, "an address that another device of the host has is in use", async () => {
  await using namespace = await Namespace.create();
  const device = (n: number) => tun({ name: `t${n}`, addresses: ["10.0.0.2"], gateways: [`10.0.${n}.1/24`] });
  const open = () => namespace.inside(() => createHost({ transports: [device(0), device(1)] }));
  assertThrows(open, Deno.errors.AddrInUse, "10.0.0.2: another transport of this host has it");
  assertEquals((await namespace.run("ip -o link show")).split("\n").length, 2, "both devices are gone");
});

/** What a user without any right reads who opens a device; `prepare` is done before, in a file system of its own. */
async function refusal(prepare: string): Promise<string> {
  const program = `import { createHost, tun } from ${JSON.stringify(import.meta.resolve("../mod.ts"))};
    try {
      createHost({ transports: [tun({ addresses: ["10.0.0.2"] })] });
    } catch (error) {
      console.log(\`\${error.name}: \${error.message}\`);
    }`;
  const run = [Deno.execPath(), "run", "-A", "--no-check", `data:text/typescript,${encodeURIComponent(program)}`];
  const script = `${prepare}; exec setpriv --bounding-set=-all --inh-caps=-all -- "$@"`;
  const { stdout } = await new Deno.Command("unshare", { args: ["-m", "sh", "-ec", script, "sh", ...run] }).output();
  return new TextDecoder().decode(stdout).trimEnd();
}

testWith(NEEDS, "a user without rights reads what is missing, and what to do", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.chmod(file, 0);
    assertMatch(
      await refusal(":"),
      /^PermissionDenied: Cannot open TUN device "mptcp%d": .*; run as root, with CAP_NET_ADMIN, or inside `unshare -Urn`/,
    );
    assertMatch(
      await refusal(`mount --bind ${file} /dev/net/tun`),
      /^PermissionDenied: .* this user may not open \/dev\/net\/tun; run as root, or .* \(chmod 666 \/dev\/net\/tun\)/,
    );
    assertMatch(
      await refusal("mount -t tmpfs tmpfs /dev/net"),
      /^NotFound: .* there is no \/dev\/net\/tun; load its module \(modprobe tun\)/,
    );
  } finally {
    await Deno.remove(file);
  }
});

testWith(NEEDS, "what a device was before it was set up is no news", async () => {
  await using namespace = await Namespace.create();
  const transport = tun({ name: "t0", addresses: ["10.0.0.2"], mtu: 1400 });
  const told: string[] = [];
  namespace.inside(() =>
    transport.open({
      ...NO_EVENTS,
      addressUp: (address, { mtu }) => void told.push(`${address} up, ${mtu} bytes`),
      addressDown: (address) => void told.push(`${address} down`),
    })
  );
  try {
    // However busy it is, it looks for news now and then.
    for (let i = 0; i < 1000; i++) transport.receive();
    assertEquals(told, ["10.0.0.2 up, 1400 bytes"]);
  } finally {
    transport.close();
  }
});

testWith(NEEDS, "an interface that goes down takes its addresses with it, and brings them back", async () => {
  await using namespace = await Namespace.create();
  await using host = namespace.inside(() =>
    createHost({ transports: [tun({ name: "t0", addresses: ["10.0.0.2"], gateways: ["10.0.0.1/24"] })] })
  );
  const refusal = (code: string) => codeOfFailure(host, "10.0.0.1", code);
  assertEquals(await refusal("refused"), "refused");
  await namespace.run("ip link set t0 down");
  assertEquals(await refusal("address-not-available"), "address-not-available");
  await namespace.run("ip link set t0 up");
  await namespace.run("ip address replace 10.0.0.1/24 dev t0");
  assertEquals(await refusal("refused"), "refused");
  await namespace.run("ip link del t0");
  assertEquals(await refusal("address-not-available"), "address-not-available");
});

const THREADED = "/sys/class/net/keep7/threaded";

const NO_EVENTS: TransportEvents = {
  now: () => 0,
  isPortInUse: () => false,
  icmpError: () => {},
  ready: () => {},
  addressUp: () => {},
  addressDown: () => {},
};

/** A segment that nobody answers, with room for payload. */
function resets(): Packet {
  const packet = new Packet(HEADROOM + 1500);
  packet.source.copy(IpAddress.parse("10.0.0.2"));
  packet.destination.copy(IpAddress.parse("10.0.0.1"));
  const header = new TcpHeader();
  header.flags = RST;
  packet.end = header.emit(packet.view, packet.start);
  return packet;
}

/** The code of the error that connecting to a closed port ends with, once it is `code` or after some tries. */
async function codeOfFailure(host: Host, hostname: string, code: string, tries = 40): Promise<string> {
  let found = "";
  for (let i = 0; i < tries && found !== code; i++) {
    // An address that is not there is refused at once, sooner than any news comes.
    if (i > 0) await delay(10);
    const signal = AbortSignal.timeout(50);
    found = await host.connect({ hostname, port: 9, signal }).then(() => "", (error) => error.code);
  }
  return found;
}

/** The threads of the kernel that the queues of a device have, as /proc lists them. */
function threadsOf(device: string): string[] {
  const isOfDevice = (thread: string) => commandOf(thread).startsWith(`napi/${device}-`);
  return [...Deno.readDirSync("/proc")].map(({ name }) => name).filter(isOfDevice);
}

/** The name of a program or thread; nothing if there is none, or has just ended. */
function commandOf(id: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${id}/comm`);
  } catch {
    return "";
  }
}

/** Of which users this process can tell; nothing where the system has no such thing. */
function uidMap(): string {
  try {
    return Deno.readTextFileSync("/proc/self/uid_map");
  } catch {
    return "";
  }
}
