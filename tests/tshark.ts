/**
 * What tshark says of a capture. Tests that use this need the program: see needs.ts.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

/** Severity from which on tshark complains; below are its notes on how a conversation goes, such as "initiates closing". */
const WARNING = 0x0060_0000;

/** The fields asked for of each packet, checksums being verified; several values of a field are separated by "|". */
export async function readWithTshark(capture: Uint8Array, fields: readonly string[]): Promise<string[][]> {
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(file, capture);
    const options = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE"].flatMap((option) => ["-o", option]);
    const args = [
      "-r",
      file,
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
export async function tsharkComplaints(capture: Uint8Array): Promise<string[]> {
  const fields = ["frame.number", "tcp.checksum.status", "_ws.expert.severity", "_ws.expert.message"];
  const complaints: string[] = [];
  for (const [number, status, severities = "", message = ""] of await readWithTshark(capture, fields)) {
    if (status !== "1") complaints.push(`packet ${number}: checksum status ${status}`);
    const messageOf = message.split("|");
    for (const [i, severity] of severities.split("|").entries()) {
      if (Number(severity) < WARNING) continue;
      complaints.push(`packet ${number}: ${messageOf[i]} (${severity})`);
    }
  }
  return complaints;
}
