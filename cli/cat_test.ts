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
  [`${TUN} 10.0.0.1 0`, "--port must be a whole number from 1 to 65535"],
  [`${TUN} 10.0.0.1 http`, "--port must be a whole number"],
  [`${TUN} --keep --echo 10.0.0.1 80`, "--keep goes with --listen"],
  [`${TUN} --keep --listen 80`, "--keep needs --echo, --discard or --send"],
  [`${TUN} --echo --discard --listen 80`, "--echo goes without --discard and --send"],
  [`${TUN} --echo --send 5 --listen 80`, "--echo goes without --discard and --send"],
  [`${TUN} --send 5T 10.0.0.1 80`, "--send must be a whole number"],
  [`${TUN} --send=-5 10.0.0.1 80`, "--send must be a whole number"],
  [`${TUN} --scheduler min-rt 10.0.0.1 80`, '--scheduler no scheduler has the name "min-rt"'],
  [`${TUN} --congestion reno 10.0.0.1 80`, '--congestion no congestion control has the name "reno"'],
  [`${TUN} --path-manager mesh 10.0.0.1 80`, '--path-manager no path manager has the name "mesh"'],
  [`${TUN} --jason 10.0.0.1 80`, "there is no flag --jason, did you mean --json?"],
  [`${TUN} --pcap /no/such/folder/file 10.0.0.1 80`, "cannot write /no/such/folder/file: "],
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
