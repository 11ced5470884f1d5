/**
 * Every flag of `mptcp cat`, with the kernel as the peer.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { createHash } from "node:crypto";
import { program, testWith } from "../needs.ts";
import { readWithTshark, tsharkComplaints } from "../tshark.ts";
import { startCat } from "./command_line.ts";
import { KERNEL, Namespace, until } from "./neighbours.ts";
import { KernelPeer } from "./peer.ts";

const WIFI = "--tun name=wifi,address=10.0.0.2/24,gateway=10.0.0.1/24";
const LTE = "--tun name=lte,address=10.0.1.2/24,gateway=10.0.1.1/24";
/** With this a kernel that connects does so again until somebody listens. */
const PATIENT = "patience=10";

async function place(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.run("ip mptcp limits set subflow 8 add_addr_accepted 8");
  return namespace;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

testWith(
  KERNEL,
  "mptcp cat sends its input and prints what comes, after the end of its input too, and tells in JSON",
  async () => {
    await using namespace = await place();
    // The kernel ends its direction once ours has ended.
    await using peer = await KernelPeer.start(namespace, "listen 0.0.0.0 5000 1000000 last=1");
    const input = randomBytes(3_000_000);
    const { code, output, complaint, records } = await startCat(namespace, `${WIFI} ${LTE} --json 10.0.0.1 5000`, input)
      .ended;
    assertEquals([code, complaint, records.length], [0, "", 1]);
    const theirs = await peer.report();
    assertEquals([theirs.received, theirs.receivedHash], [3_000_000, hashOf(input)]);
    assertEquals([output.length, hashOf(output)], [1_000_000, theirs.sentHash]);

    const { counters, subflows, milliseconds, ...rest } = records[0]!;
    assertEquals(rest, { mptcp: true, fallback: null, bytesSent: 3_000_000, bytesReceived: 1_000_000 });
    assert(milliseconds > 0 && milliseconds < 30_000, `${milliseconds}`);
    assertEquals(counters.MPTcpExtMPCapableSYNACKRX, 1);
    assertEquals(subflows.map(({ remote }) => remote), ["10.0.0.1:5000", "10.0.0.1:5000"]);
    assertEquals(subflows.map(({ local }) => local.split(":")[0]), ["10.0.0.2", "10.0.1.2"]);
    for (const subflow of subflows) {
      const { local: _, remote: __, srttUs, backup, ...numbers } = subflow;
      assertEquals(Object.keys(numbers), ["bytesSent", "bytesReceived", "retransmissions"]);
      assert(srttUs > 0 && Number.isInteger(srttUs) && backup === false);
    }
    const sum = (of: (subflow: typeof subflows[0]) => number) => subflows.map(of).reduce((a, b) => a + b);
    assert(sum((it) => it.bytesSent) >= 3_000_000 && sum((it) => it.bytesReceived) >= 1_000_000);
  },
);

testWith(
  KERNEL,
  "mptcp cat --listen takes one connection; --send and --discard stand in for its input and output",
  async () => {
    await using namespace = await place();
    const cat = startCat(namespace, `${WIFI} --listen --json --discard --send 2M 10.0.0.2 5000`);
    await using peer = await KernelPeer.start(namespace, `connect 10.0.0.2 5000 700000 ${PATIENT}`);
    const theirs = await peer.report();
    const { code, output, complaint, records } = await cat.ended;
    assertEquals([code, output.length, complaint], [0, 0, ""]);
    assertEquals([theirs.multipath, theirs.received], [true, 2 << 20]);
    assertEquals(records.map(({ bytesSent, bytesReceived }) => [bytesSent, bytesReceived]), [[2 << 20, 700_000]]);
  },
);

testWith(KERNEL, "mptcp cat --listen --keep --echo serves one after another and at once, until SIGINT", async () => {
  await using namespace = await place();
  const cat = startCat(namespace, `${WIFI} --listen --keep --echo --json 5000`);
  const exchange = async (words: string) => {
    await using peer = await KernelPeer.start(namespace, `connect 10.0.0.2 5000 ${words} ${PATIENT}`);
    const { received, receivedHash, sentHash } = await peer.report();
    assertEquals(receivedHash, sentHash);
    return received;
  };
  assertEquals(await exchange("100000 seed=1"), 100_000);
  assertEquals(await Promise.all([exchange("200000 seed=2"), exchange("300000 seed=3")]), [200_000, 300_000]);
  cat.kill("SIGINT");
  const { code, complaint, records } = await cat.ended;
  assertEquals([code, complaint], [0, ""]);
  assertEquals(records.map(({ bytesReceived }) => bytesReceived).sort(), [100_000, 200_000, 300_000]);
});

testWith(
  [...KERNEL, program("tshark")],
  "mptcp cat --pcap captures every device under its name; mtu, offload and the plug-ins are as asked for",
  async () => {
    await using namespace = await place();
    const file = await Deno.makeTempFile();
    try {
      await using peer = await KernelPeer.start(namespace, "listen 0.0.0.0 5000 300000");
      const devices = `${WIFI},mtu=1280,offload=off ${LTE},mtu=1400,offload=off`;
      const plugIns = "--scheduler round-robin --congestion olia --path-manager full-mesh";
      const words = `${devices} ${plugIns} --pcap ${file} --discard --send 300000 10.0.0.1 5000`;
      const { code, complaint } = await startCat(namespace, words).ended;
      assertEquals([code, complaint, (await peer.report()).received], [0, "", 300_000]);
      const capture = await Deno.readFile(file);
      const serious = (await tsharkComplaints(capture)).filter((text) => !/4 NOP in a row|D-SACK|window/i.test(text));
      assertEquals(serious, []);
      const sizes = new Map<string, number>();
      for (const [name, size] of await readWithTshark(capture, ["frame.interface_name", "frame.len"])) {
        sizes.set(name!, Math.max(sizes.get(name!) ?? 0, Number(size)));
      }
      assertEquals([...sizes], [["wifi", 1280], ["lte", 1400]]);
    } finally {
      await Deno.remove(file);
    }
  },
);

testWith(
  KERNEL,
  "mptcp cat --path-manager passive opens no further subflow; a device may have addresses of both families",
  async () => {
    await using namespace = await place();
    await using peer = await KernelPeer.start(namespace, "listen :: 5000 1000");
    const both = "--tun address=10.0.0.2/24,address=fd00::2/64,gateway=10.0.0.1/24,gateway=fd00::1/64";
    const words = `${both} ${LTE} --path-manager passive --json fd00::1 5000`;
    const { code, complaint, records } = await startCat(namespace, words, new Uint8Array(1000)).ended;
    assertEquals([code, complaint, (await peer.report()).received], [0, "", 1000]);
    const [{ subflows }] = records as [typeof records[0]];
    assertEquals(subflows.map(({ local }) => local.replace(/\d+$/, "")), ["[fd00::2]:"]);
    assertEquals(subflows.map(({ remote }) => remote), ["[fd00::1]:5000"]);
  },
);

testWith(KERNEL, "mptcp cat ends with 1 and says why when a direction does not end in order", async () => {
  await using namespace = await place();
  const refused = await startCat(namespace, `${WIFI} 10.0.0.1 9`, new Uint8Array(1)).ended;
  assertEquals(refused.code, 1);
  assertMatch(refused.complaint, /^mptcp cat: Cannot connect: .*refused/);

  await using peer = await KernelPeer.start(namespace, "listen 0.0.0.0 5000 1000 abort=100000");
  const reset = await startCat(namespace, `${WIFI} --json --send 1G 10.0.0.1 5000`).ended;
  assertEquals([reset.code, reset.records.length], [1, 1]);
  assertMatch(reset.complaint, /^mptcp cat: .*MP_FASTCLOSE/);
  await peer.report();

  for (const words of ["10.0.0.1 5001", "--listen 5000"]) {
    await using _other = await KernelPeer.start(namespace, "listen 0.0.0.0 5001 1000 last=1");
    const cat = startCat(namespace, `${WIFI} --json ${words}`);
    await until("it has its device", async () => (await namespace.output("ip link show wifi")).code === 0);
    if (!words.startsWith("--")) await untilConnected(namespace);
    cat.kill("SIGINT");
    const { code, complaint } = await cat.ended;
    assertEquals([code, complaint], [1, "mptcp cat: it was interrupted"], words);
  }
});

testWith(KERNEL, "mptcp cat --keep lets go on what is there at the first SIGINT, and not at the second", async () => {
  await using namespace = await place();
  const cat = startCat(namespace, `${WIFI} --listen --keep --echo --json 5000`);
  // Either end waits for the other to end first.
  await using _peer = await KernelPeer.start(namespace, `connect 10.0.0.2 5000 1000 last=1 ${PATIENT}`);
  await untilConnected(namespace);
  cat.kill("SIGINT");
  assertEquals(await Promise.race([cat.ended, delay(200)]), undefined);
  cat.kill("SIGINT");
  const { code, complaint, records } = await cat.ended;
  assertEquals([code, complaint], [0, "mptcp cat: it was interrupted"]);
  assertEquals(records.map(({ bytesReceived }) => bytesReceived), [1000]);
});

async function untilConnected(namespace: Namespace): Promise<void> {
  await until("it is connected", async () => (await namespace.run("ss -HtnM state established")) !== "");
  // Until what was sent is there, too.
  await delay(100);
}
