import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli.ts";
import { MemoryTerminal } from "./memory_terminal.ts";

const TUN = "--tun address=10.0.0.2";

/** What `mptcp cat WORDS` complains of, which it must end with 2 for. */
async function complaint(words: string): Promise<string> {
  const terminal = new MemoryTerminal();
  assertEquals([await main(["cat", ...words.split(" ")], terminal), terminal.output], [2, ""], words);
  const [first = "", second] = terminal.complaint.split("\n");
  assertEquals(second, 'See "mptcp cat --help".');
  return first;
}

const CASES: readonly (readonly [words: string, text: string])[] = [
  ["10.0.0.1 80", "give it a device or an address: --tun address=10.0.0.2,"],
  [`${TUN} 10.0.0.1`, "give it HOST PORT"],
  [`${TUN} --listen`, "give it [HOST] PORT"],
  [`${TUN} 10.0.0.1 80 81`, "give it HOST PORT"],
  [`${TUN} 10.0.0.1 0`, "PORT must be a whole number from 1 to 65535, is 0"],
  [`${TUN} 10.0.0.1 http`, "PORT must be a whole number"],
  [`${TUN} --keep --echo 10.0.0.1 80`, "--keep goes with --listen"],
  [`${TUN} --keep --listen 80`, "--keep needs --echo, --discard or --send"],
  [`${TUN} --echo --discard --listen 80`, "--echo goes without --discard and --send"],
  [`${TUN} --echo --send 5 --listen 80`, "--echo goes without --discard and --send"],
  [`${TUN} --send 5T 10.0.0.1 80`, '--send must be a whole number of bytes, as 1500, 64K, 64M or 1G, is "5T"'],
  [`${TUN} --send 9999999999G 10.0.0.1 80`, "--send must be a whole number of bytes"],
  [`${TUN} --send=-5 10.0.0.1 80`, "--send must be a whole number"],
  [`${TUN} --scheduler min-rt 10.0.0.1 80`, '--scheduler: no scheduler has the name "min-rt", did you mean "min-rtt"?'],
  [`${TUN} --scheduler blst 10.0.0.1 80`, '--scheduler: no scheduler has the name "blst", did you mean "blest"?'],
  [`${TUN} --scheduler fastest 10.0.0.1 80`, '--scheduler: no scheduler has the name "fastest", known are "min-rtt", '],
  [`${TUN} --congestion reno 10.0.0.1 80`, '--congestion: no congestion control has the name "reno"'],
  [`${TUN} --path-manager mesh 10.0.0.1 80`, '--path-manager: no path manager has the name "mesh"'],
  [`${TUN} --options chcksum 10.0.0.1 80`, "--options"],
  [`${TUN} --options receiveBuffer=many 10.0.0.1 80`, "--options"],
  [`${TUN} --jason 10.0.0.1 80`, "there is no flag --jason, did you mean --json?"],
  [`${TUN} --dscp 10 10.0.0.1 80`, "there is no flag --dscp, there are --tun, --udp, --listen, --keep, --echo, "],
  [`${TUN} --tum x 10.0.0.1 80`, "there is no flag --tum, did you mean --tun?"],
  [`${TUN} --udp 127.0.0.1 10.0.0.1 80`, "--tun goes without --udp"],
  ["10.0.0.1 80 --tun", "--tun needs a value"],
  ["--tun name=a 10.0.0.1 80", "--tun needs an address of the host"],
  ["--tun address=10.0.0.2,naem=a 10.0.0.1 80", '--tun has no key "naem"'],
  ["--tun address=10.0.0.2,name= 10.0.0.1 80", "--tun needs a value for name"],
  ["--tun address=10.0.0.2,mtu=1500,mtu=1400 10.0.0.1 80", "--tun has mtu twice"],
  ["--tun address=10.0.0.2,mtu=large 10.0.0.1 80", "--tun mtu must be a whole number of bytes"],
  ["--tun address=10.0.0.2,mtu=100 10.0.0.1 80", "--tun address=10.0.0.2,mtu=100: Cannot open TUN device: mtu must be"],
  ["--tun address=10.0.0.2,offload=no 10.0.0.1 80", "--tun offload must be on or off"],
  ["--tun address=10.0.0.256 10.0.0.1 80", "--tun address=10.0.0.256: Cannot open TUN device: address must be"],
  ["--tun address=10.0.0.2,gateway=x 10.0.0.1 80", "Cannot open TUN device: gateway must be"],
  ["--tun address=10.0.0.2,name=a/b 10.0.0.1 80", 'Cannot open TUN device: "a/b" is no interface name'],
];

for (const [words, text] of CASES) {
  Deno.test(`mptcp cat ${words} is told what would be right`, async () => {
    assertStringIncludes(await complaint(words), `mptcp cat: ${text.startsWith("Cannot") ? "" : text}`);
    assertStringIncludes(await complaint(words), text);
  });
}

for (const flag of ["--pcap", "--trace"]) {
  Deno.test(`mptcp cat ${flag} says once why it cannot write there, and that help does not help`, async () => {
    const terminal = new MemoryTerminal();
    const code = await main(["cat", ...TUN.split(" "), flag, "/no/such/folder/file", "10.0.0.1", "80"], terminal);
    assertEquals([code, terminal.complaint], [
      2,
      "mptcp cat: cannot write /no/such/folder/file: its folder does not exist\n",
    ]);
  });
}
