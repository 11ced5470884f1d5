/**
 * What tshark says of a capture. Tests that use this need the program: see needs.ts.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

/** Severity from which on tshark complains; below are its notes on how a conversation goes, such as "initiates closing". */
const WARNING = 0x0060_0000;

/** Preferences of tshark under which it verifies checksums. */
const CHECKSUMS: readonly string[] = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE"];

/**
 * The fields asked for of each packet, checksums being verified; several values of a field are separated by "|".
 * `preferences` are those of tshark beside, as "name:value".
 */
export async function readWithTshark(
  capture: Uint8Array,
  fields: readonly string[],
  preferences: readonly string[] = [],
): Promise<string[][]> {
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(file, capture);
    const options = [...CHECKSUMS, ...preferences].flatMap((option) => ["-o", option]);
    const args = [
      "-r",
      file,
      // What a port may be known for is not what is sent here.
      ...["-d", "tcp.port==1-65535,data"],
      ...options,
      "-T",
      "fields",
      "-E",
      "aggregator=|",
      ...fields.flatMap((field) => ["-e", field]),
    ];
    const { code, stdout, stderr } = await new Deno.Command("tshark", { args, stderr: "piped" }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const text = new TextDecoder().decode(stdout).trimEnd();
    return text === "" ? [] : text.split("\n").map((line) => line.split("\t"));
  } finally {
    await Deno.remove(file);
  }
}

/** Warnings and errors, each with the number of its packet, and packets whose checksums are not good. */
export async function tsharkComplaints(capture: Uint8Array, preferences: readonly string[] = []): Promise<string[]> {
  const fields = ["frame.number", "tcp.checksum.status", "_ws.expert.severity", "_ws.expert.message"];
  const complaints: string[] = [];
  for (const [number, status, severities = "", message = ""] of await readWithTshark(capture, fields, preferences)) {
    if (status !== "1") complaints.push(`packet ${number}: checksum status ${status}`);
    const messageOf = message.split("|");
    for (const [i, severity] of severities.split("|").entries()) {
      if (Number(severity) < WARNING) continue;
      complaints.push(`packet ${number}: ${messageOf[i]} (${severity})`);
    }
  }
  return complaints;
}
