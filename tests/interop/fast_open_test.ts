/**
 * Data in the SYN with the kernel, both ways (RFC 7413): the first connection gets a cookie, the second uses it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import type { MptcpConn } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { type Family, KERNEL, kernelAddress, Neighbours, ourAddress } from "./neighbours.ts";
import { KernelPeer, type Report } from "./peer.ts";

const LENGTH = 300_000;
const EARLY = 700;
const CONNECTIONS = 3;

const COUNTERS = "TcpExtTCPFastOpen";

/** A host that gets no turn for so long repeats its SYN, and then without data: what it measured says nothing. */
const SYN_TIMEOUT_MS = 1000;
/** The last one counts whatever the time. */
const ATTEMPTS = 3;

/** Opens connections with data in their SYNs, and holds what both ends counted; false if a SYN had to be repeated. */
async function isTaken(family: Family, multipath: boolean, isLast: boolean): Promise<boolean> {
  await using ends = await prepared(family, multipath);
  const words = `${LENGTH} count=${CONNECTIONS} fastopen=8 protocol=${multipath ? 262 : 6}`;
  await using peer = await KernelPeer.start(ends.namespace, `listen ${kernelAddress(family, 1)} 5000 ${words}`);
  let longest = 0;
  for (let i = 0; i < CONNECTIONS; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(EARLY + 50_000));
    const earlyData = bytes.subarray(0, EARLY);
    const began = performance.now();
    const conn = await ends.host.connect({ hostname: kernelAddress(family, 1), port: 5000, earlyData });
    longest = Math.max(longest, performance.now() - began);
    const [received] = await Promise.all([hashOfAll(conn), sendAll(conn, bytes.subarray(EARLY))]);
    judge(await peer.report(), received, bytes, multipath);
    assertEquals(conn.isMultipath, multipath);
  }
  if (longest >= SYN_TIMEOUT_MS && !isLast) return false;
  const { host, namespace } = ends;
  assertEquals(host.counters.TcpExtTCPFastOpenActive, CONNECTIONS - 1);
  assertEquals(await namespace.counters(COUNTERS), {
    TcpExtTCPFastOpenPassive: CONNECTIONS - 1,
    TcpExtTCPFastOpenCookieReqd: 1,
  });
  return true;
}

for (const family of [4, 6] as const) {
  for (const multipath of [true, false]) {
    const what = `${multipath ? "Multipath TCP" : "plain TCP"}, IPv${family}`;

    testWith(KERNEL, `data in our SYN is taken by the kernel: ${what} (RFC 8684 appendix B)`, async () => {
      for (let attempt = 1; !await isTaken(family, multipath, attempt === ATTEMPTS); attempt++);
    });

    testWith(KERNEL, `data in our SYN that the kernel does not take goes again: ${what}`, async () => {
      await using ends = await prepared(family, multipath);
      const words = `${LENGTH} count=2 fastopen=8 protocol=${multipath ? 262 : 6}`;
      await using peer = await KernelPeer.start(ends.namespace, `listen ${kernelAddress(family, 1)} 5000 ${words}`);
      for (let i = 0; i < 2; i++) {
        const bytes = crypto.getRandomValues(new Uint8Array(EARLY + 50_000));
        const earlyData = bytes.subarray(0, EARLY);
        const conn = await ends.host.connect({ hostname: kernelAddress(family, 1), port: 5000, earlyData });
        const [received] = await Promise.all([hashOfAll(conn), sendAll(conn, bytes.subarray(EARLY))]);
        judge(await peer.report(), received, bytes, multipath);
        await ends.namespace.sysctl("net.ipv4.tcp_fastopen", 1);
      }
      const { TcpExtTCPFastOpenActive, TcpExtTCPFastOpenActiveFail } = ends.host.counters;
      assertEquals([TcpExtTCPFastOpenActive, TcpExtTCPFastOpenActiveFail], [0, 1]);
    });

    testWith(KERNEL, `data in the kernel's SYN is taken by us: ${what} (RFC 8684 appendix B)`, async () => {
      await using ends = await prepared(family, multipath);
      using listener = ends.host.listen({ port: 5000, fastOpen: 8 });
      const words = `${LENGTH} count=${CONNECTIONS} fastopen=${EARLY} protocol=${multipath ? 262 : 6}`;
      await using peer = await KernelPeer.start(ends.namespace, `connect ${ourAddress(family, 1)} 5000 ${words}`);
      for (let i = 0; i < CONNECTIONS; i++) {
        const conn = await listener.accept();
        const bytes = crypto.getRandomValues(new Uint8Array(50_000));
        const [received] = await Promise.all([hashOfAll(conn), sendAll(conn, bytes)]);
        judge(await peer.report(), received, bytes, multipath);
        assertEquals(conn.isMultipath, multipath);
      }
      const { host: { counters }, namespace } = ends;
      const { TcpExtTCPFastOpenPassive, TcpExtTCPFastOpenCookieReqd, TcpExtTCPFastOpenPassiveFail } = counters;
      assertEquals([TcpExtTCPFastOpenPassive, TcpExtTCPFastOpenCookieReqd, TcpExtTCPFastOpenPassiveFail], [
        CONNECTIONS - 1,
        1,
        0,
      ]);
      assertEquals(await namespace.counters(COUNTERS), { TcpExtTCPFastOpenActive: CONNECTIONS - 1 });
    });
  }
}

async function prepared(family: Family, multipath: boolean): Promise<Neighbours> {
  const ends = await Neighbours.create({ families: [family], options: { multipath } });
  await ends.namespace.sysctl("net.ipv4.tcp_fastopen", 3);
  return ends;
}

function judge(theirs: Report, ours: string, sent: Uint8Array, multipath: boolean): void {
  assertEquals([theirs.received, theirs.receivedHash], [sent.length, createHash("sha256").update(sent).digest("hex")]);
  assertEquals([theirs.sent, theirs.sentHash, theirs.sendError], [LENGTH, ours, undefined]);
  assertEquals(theirs.multipath, multipath);
}

async function sendAll(conn: MptcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  await conn.closeWrite();
}

async function hashOfAll(conn: MptcpConn): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of conn.readable) hash.update(chunk);
  return hash.digest("hex");
}
