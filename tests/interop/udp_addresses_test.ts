import { assert, assertEquals } from "@std/assert";
import { createHost, udp } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { Namespace } from "./namespace.ts";
import { KERNEL } from "./neighbours.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

for (
  const [engine, permissions] of [["linux", "--allow-ffi --allow-net"], ["portable", "--allow-net --unstable-net"]]
) {
  testWith(
    KERNEL,
    `an address that is removed and added again loses its subflow and gets another: ${engine}`,
    async () => {
      await using space = await Namespace.create();
      for (const last of [1, 2, 3]) await space.run(`ip address add 10.1.0.${last}/32 dev lo`);
      const cat = (words: string, stdin: "null" | "piped") =>
        space.spawn([
          Deno.execPath(),
          "run",
          "--no-prompt",
          ...permissions!.split(" "),
          CLI,
          "cat",
          ...words.split(" "),
        ], {
          stdin,
        });
      const server = cat("--udp 10.1.0.1 --listen --discard --json 5000", "null");
      await sockets(space, "10.1.0.1", true);
      const client = cat("--udp 10.1.0.2 --udp 10.1.0.3 --json 10.1.0.1 5000", "piped");
      const ended = [server.output(), client.output()] as const;
      const writer = client.stdin.getWriter();
      await writer.write(new Uint8Array(1000));
      await sockets(space, "10.1.0.3", true);
      await space.run("ip address del 10.1.0.3/32 dev lo");
      await sockets(space, "10.1.0.3", false);
      await space.run("ip address add 10.1.0.3/32 dev lo");
      await sockets(space, "10.1.0.3", true);
      await writer.close();
      const [{ stderr }] = await Promise.all(ended);
      const { bytesReceived, counters } = JSON.parse(new TextDecoder().decode(stderr));
      assertEquals(bytesReceived, 1000);
      assert(counters.MPTcpExtRmAddr >= 1, "the server was told");
      assert(counters.MPTcpExtMPJoinAckRx >= 2, "two subflows, one after the other");
    },
  );
}

/** Waits until there is, or is no, socket that stays bound to `address`: others come and go to try whether it is there. */
async function sockets(space: Namespace, address: string, isThere: boolean): Promise<void> {
  let last: string | undefined;
  for (;;) {
    const [found = ""] = (await space.run("ss -aunH")).match(new RegExp(`${address}:\\d+`)) ?? [];
    if (found === last && (found !== "") === isThere) return;
    last = found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

testWith(
  KERNEL,
  "all addresses that lead elsewhere are found by asking the kernel, more than one answer holds",
  async () => {
    await using space = await Namespace.create();
    const expected = Array.from({ length: 250 }, (_, i) => `10.1.0.${i}`);
    const commands = expected.map((address) => `ip address add ${address}/32 dev lo`);
    await space.run(["sh", "-c", [...commands, "ip address add fd01::1/128 dev lo"].join("\n")]);
    const transport = udp({ addresses: ["0.0.0.0:5000", "[::]:5000"], engine: "linux" });
    await using _host = space.inside(() => createHost({ transports: [transport] }));
    assertEquals(new Set(transport.listening.map(({ hostname }) => hostname)), new Set([...expected, "fd01::1"]));
  },
);
