import { assert, assertEquals } from "@std/assert";
import { testWith } from "../needs.ts";
import { Namespace } from "./namespace.ts";
import { KERNEL } from "./neighbours.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const LENGTH = 2_000_000;
const ADDRESSES = {
  4: { near: "10.1.0.2", nearGateway: "10.1.0.1", far: "10.2.0.2", farGateway: "10.2.0.1", length: 24 },
  6: { near: "fd01::2", nearGateway: "fd01::1", far: "fd02::2", farGateway: "fd02::1", length: 64 },
} as const;

/** Two namespaces and a router between them, whose link to the far one takes packets of 1300 bytes. */
async function routed(): Promise<AsyncDisposable & { readonly near: Namespace; readonly far: Namespace }> {
  await using stack = new AsyncDisposableStack();
  const [near, router, far] = [
    stack.use(await Namespace.create()),
    stack.use(await Namespace.create()),
    stack.use(await Namespace.create()),
  ];
  await router.sysctl("net.ipv4.ip_forward", 1);
  await router.sysctl("net.ipv6.conf.all.forwarding", 1);
  await router.run(`ip link add v1 type veth peer name v0 netns ${near.name}`);
  await router.run(`ip link add v2 type veth peer name v0 netns ${far.name}`);
  for (const { near: left, nearGateway, far: right, farGateway, length } of Object.values(ADDRESSES)) {
    for (
      const [space, device, address] of [[near, "v0", left], [router, "v1", nearGateway], [router, "v2", farGateway], [
        far,
        "v0",
        right,
      ]] as const
    ) {
      const noDad = length === 64 ? ["nodad"] : [];
      await space.run(["ip", "address", "add", `${address}/${length}`, "dev", device, ...noDad]);
      await space.run(`ip link set ${device} up`);
    }
    await near.run(`ip route add default via ${nearGateway}`);
    await far.run(`ip route add default via ${farGateway}`);
  }
  await router.run("ip link set v2 mtu 1300");
  await far.run("ip link set v0 mtu 1300");
  const all = stack.move();
  return { near, far, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function cat(space: Namespace, words: string): Deno.ChildProcess {
  return space.spawn([
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-ffi",
    "--allow-net",
    CLI,
    "cat",
    ...words.split(" "),
  ]);
}

interface Report {
  readonly mptcp: boolean;
  readonly bytesReceived: number;
  readonly subflows: readonly unknown[];
  readonly counters: Readonly<Record<string, number>>;
}

for (const family of [4, 6] as const) {
  const { near, far } = ADDRESSES[family];
  const ways = { "a router says so": "near", "the own link says so": "far" } as const;
  for (const [how, sender] of Object.entries(ways)) {
    testWith(KERNEL, `datagrams are as long as the path takes, without trying: ${how}, IPv${family}`, async () => {
      await using net = await routed();
      const to = sender === "near" ? far : near;
      const [from, listening] = sender === "near" ? [near, net.far] : [far, net.near];
      const server = cat(listening, `--udp ${to} --listen --discard --json 5000`);
      await until(listening, "5000");
      const client = cat(net[sender], `--udp ${from} --send ${LENGTH} --json ${to} 5000`);
      const [{ code, stderr }, received] = await Promise.all([client.output(), server.output()]);
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      const [sent, got] = [stderr, received.stderr].map((bytes) =>
        JSON.parse(new TextDecoder().decode(bytes)) as Report
      );
      assertEquals([got!.mptcp, got!.bytesReceived, got!.subflows.length], [true, LENGTH, 1]);
      const { TcpExtTCPMTUPSuccess, TcpExtTCPMTUPFail } = sent!.counters;
      assertEquals([TcpExtTCPMTUPSuccess, TcpExtTCPMTUPFail], [0, 0], "nothing had to be found by trying");
      assert(sent!.counters.TcpRetransSegs! > 0, "what was too long went again");
    });
  }
}

/** Waits until somebody listens on `port`. */
async function until(space: Namespace, port: string): Promise<void> {
  while (!(await space.run("ss -lunH")).includes(`:${port}`)) await new Promise((resolve) => setTimeout(resolve, 50));
}
