/**
 * What others say of a connection between us and the kernel: tshark, `ip mptcp monitor` and `ss`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import type { MptcpConn } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { readWithTshark } from "../tshark.ts";
import { monitor } from "./monitor.ts";
import { KERNEL, kernelAddress, Neighbours, ourAddress, ROLES, until } from "./neighbours.ts";
import { Recording } from "./recording.ts";
import { kernelSockets } from "./socket_statistics.ts";

const LENGTH = 2 << 20;
const OURS = ourAddress(4, 1);
const KERNELS = kernelAddress(4, 1);

const PREFERENCES = [
  "tcp.analyze_sequence_numbers:TRUE",
  "tcp.relative_sequence_numbers:TRUE",
  "mptcp.analyze_mptcp:TRUE",
  "mptcp.analyze_mappings:TRUE",
  "mptcp.relative_sequence_numbers:TRUE",
  "mptcp.intersubflows_retransmission:TRUE",
];

/** What tshark warns of though it is as it should be; each with the segments that it may say so of. */
const PARDONED: readonly { readonly message: RegExp; may(isOurs: boolean, length: number): boolean }[] = [
  // A bare acknowledgment needs no mapping.
  { message: /^No mapping available$/, may: (_, length) => length === 0 },
  // Linux pads with them, at two places.
  { message: /^4 NOP in a row/, may: (isOurs) => !isOurs },
  // A tail loss probe on a busy machine, and what it is answered with.
  { message: /^D-SACK Sequence$/, may: () => true },
  // The kernel's timer, when we had no turn for so long; what comes so shortly after others is taken for late.
  { message: /^This frame is a \(suspected\) out-of-order segment$/, may: (isOurs) => !isOurs },
  // The kernel's program reads more slowly than we write. All that it writes fits our buffer, as long as that is not tuned.
  { message: /^TCP window specified by the receiver is now completely full$/, may: (isOurs) => isOurs },
  { message: /^TCP Zero Window segment$/, may: (isOurs) => !isOurs },
];
const WARNING = 0x0060_0000;

/** What tshark makes of a capture. */
interface Verdict {
  readonly complaints: readonly string[];
  /** Of the owner of each address, as they follow from the keys: token, and initial data sequence number. */
  readonly keys: ReadonlyMap<string, { readonly token: string; readonly firstSequence: bigint }>;
  /** Tokens in SYNs with MP_JOIN, by source. */
  readonly joins: ReadonlyMap<string, string>;
  /** Subflows that it takes for those of one connection. */
  readonly subflows: number;
}

async function judge(capture: Uint8Array): Promise<Verdict> {
  const complaints: string[] = [];
  const keys = new Map<string, { token: string; firstSequence: bigint }>();
  const joins = new Map<string, string>();
  let subflows = 0;
  const fields = ["ip.src", "tcp.len", "tcp.checksum.status", "_ws.expert.severity", "_ws.expert.message"];
  const more = ["mptcp.expected_token", "mptcp.expected_idsn", "tcp.options.mptcp.recvtok", "mptcp.analysis.subflows"];
  const rows = await readWithTshark(capture, [...fields, ...more], PREFERENCES);
  for (const [i, row] of rows.entries()) {
    const [source, length, checksum, severities, messages, token, idsn, join, streams] = row as [
      ...[string, string, string, string, string, string, string, string, string | undefined],
    ];
    const isOurs = source.endsWith(".2");
    if (checksum !== "1") complaints.push(`packet ${i + 1}: checksum status ${checksum}`);
    for (const [at, message] of messages.split("|").entries()) {
      const isSerious = Number(severities.split("|")[at]) >= WARNING;
      const isPardoned = PARDONED.some((it) => it.message.test(message) && it.may(isOurs, Number(length)));
      if (isSerious && !isPardoned) complaints.push(`packet ${i + 1}: ${message}`);
    }
    if (token !== "") keys.set(source, { token: hexadecimal(token), firstSequence: BigInt(idsn.split("|").at(-1)!) });
    if (join !== "") joins.set(source, hexadecimal(join));
    subflows = Math.max(subflows, streams?.trim().split(" ").length ?? 0);
  }
  return { complaints, keys, joins, subflows };
}

/** Both ends send so many bytes; afterwards nothing is under way. */
async function exchangeAll(conn: MptcpConn): Promise<void> {
  const receive = async () => {
    const chunk = new Uint8Array(1 << 16);
    for (let received = 0; received < LENGTH;) received += (await conn.read(chunk))!;
  };
  const send = async () => {
    const bytes = new Uint8Array(LENGTH).map((_, i) => i * 7 >>> 3);
    for (let at = 0; at < LENGTH;) at += await conn.write(bytes.subarray(at));
  };
  await Promise.all([receive(), send()]);
  await until("all is acknowledged", () => conn.stats().bytesAcked === LENGTH);
  // As long as an acknowledgment may be delayed.
  await delay(60);
}

for (const role of ROLES) {
  const as = role === "dial" ? "server" : "client";
  const needs = [...KERNEL, program("tshark"), program("ss", "apt-get install iproute2"), program("stdbuf")];
  testWith(needs, `tshark, ip mptcp monitor and ss agree with us, with the kernel as ${as}`, async () => {
    const recording = new Recording();
    await using ends = await Neighbours.create({
      options: { receiveTuning: false },
      devices: 2,
      families: [4],
      between: recording.between,
    });
    const { namespace } = ends;
    const seen = await monitor(namespace);
    const { conn, peer } = await ends.open(role, 4, `${LENGTH} last=1`);
    await using _peer = peer;
    await until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);
    await exchangeAll(conn);
    const [{ connections, subflows }, stats, ours] = [await kernelSockets(namespace), conn.stats(), conn.subflows];
    await conn.closeWrite();
    assertEquals(await conn.read(new Uint8Array(1)), null);
    conn.close();
    assertEquals((await peer.report()).received, LENGTH);
    await until("it is over", () => ends.host.connections.length === 0);
    const events = await seen();

    const verdict = await judge(recording.capture);
    assertEquals(verdict.complaints, []);
    assertEquals(verdict.subflows, 2);
    const { token, firstSequence } = verdict.keys.get(KERNELS)!;
    const own = verdict.keys.get(OURS)!;
    // Whoever joins names the other end's token.
    assertEquals([...verdict.joins.values()], [role === "dial" ? token : own.token]);

    const kinds = events.map((line) => /\[ *(\w+)\]/.exec(line)![1]!);
    const announced = role === "dial" ? [] : ["ANNOUNCED"];
    assertEquals(kinds, ["CREATED", "ESTABLISHED", ...announced, "SF_ESTABLISHED", "CLOSED"]);
    for (const line of events) assertEquals(/token=(\w+)/.exec(line)![1], token, line);
    const { local, remote } = ours[1]!;
    const joined = events.find((line) => line.includes("SF_ESTABLISHED"))!;
    assert(
      joined.includes(`saddr4=${remote.address} daddr4=${local.address} sport=${remote.port} dport=${local.port}`),
    );

    const [{ state, values }] = connections as [typeof connections[0]];
    assertEquals([connections.length, state], [1, "ESTAB"]);
    assertEquals([values.token!.padStart(8, "0"), values.subflows], [token, `${stats.subflows - 1}`]);
    assertEquals(BigInt(`0x${values.rcv_nxt}`) - own.firstSequence - 1n, BigInt(stats.bytesAcked));
    assertEquals(BigInt(`0x${values.snd_una}`) - firstSequence - 1n, BigInt(stats.bytesReceived));
    for (const { local, remote, bytesAcked, bytesReceived } of ours) {
      const name = `${remote.address}:${remote.port} ${local.address}:${local.port}`;
      const kernels = subflows.find((it) => `${it.local} ${it.remote}` === name)!.values;
      assertEquals(Number(kernels.bytes_received ?? 0), bytesAcked, name);
      // Whose SYN it was counts it.
      assertEquals(Number(kernels.bytes_acked ?? 0) - (role === "dial" ? 0 : 1), bytesReceived, name);
    }
  });
}

/** A token as `ip` writes it. */
function hexadecimal(decimal: string): string {
  return Number(decimal).toString(16).padStart(8, "0");
}
