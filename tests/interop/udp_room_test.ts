import { assertEquals } from "@std/assert";
import { createHost, udp } from "../../mod.ts";
import { kernelOption, testWith } from "../needs.ts";
import { Namespace } from "./namespace.ts";
import { KERNEL } from "./neighbours.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const LENGTH = 4_000_000;

testWith(
  [...KERNEL, kernelOption("NET_SCH_TBF")],
  "a device slower than its host makes the host wait, and loses nothing",
  async () => {
    await using near = await Namespace.create();
    await using far = await Namespace.create();
    await near.run(`ip link add v0 type veth peer name v0 netns ${far.name}`);
    for (const [space, address] of [[near, "10.1.0.1/24"], [far, "10.1.0.2/24"]] as const) {
      await space.run(`ip address add ${address} dev v0`);
      await space.run("ip link set v0 up");
    }
    // Its queue is longer than all that is sent.
    await near.run("tc qdisc add dev v0 root tbf rate 100mbit burst 100k limit 20mb");
    // This process has the addresses of another namespace most of the time.
    const transport = udp({ addresses: ["10.1.0.1:5000"], engine: "linux", interfaces: () => ["10.1.0.1"] });
    await using host = near.inside(() => createHost({ transports: [transport] }));
    using listener = host.listen({ port: 5000 });
    const permissions = ["--no-prompt", "--allow-ffi", "--allow-net"];
    const words = "cat --udp 10.1.0.2 --discard --json 10.1.0.1 5000".split(" ");
    const client = far.spawn([Deno.execPath(), "run", ...permissions, CLI, ...words]);
    const ended = client.output();
    using conn = await listener.accept();
    const bytes = new Uint8Array(LENGTH);
    for (let at = 0; at < LENGTH;) at += await conn.write(bytes.subarray(at));
    await conn.closeWrite();
    const { stderr } = await ended;
    assertEquals(JSON.parse(new TextDecoder().decode(stderr)).bytesReceived, LENGTH);
    assertEquals(transport.counters.UdpSndbufErrors, 0);
  },
);
