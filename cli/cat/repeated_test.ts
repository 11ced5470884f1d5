import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../command.ts";
import { takeRepeated } from "./repeated.ts";

const EXAMPLES = { tun: "address=10.0.0.2", udp: "192.0.2.1" };

Deno.test("repeated flags are taken out in order, and the rest stays as it was", () => {
  const args = ["--tun", "a=1", "--json", "--udp=::1", "--tun=b=2", "--send", "5", "host", "80"];
  assertEquals(takeRepeated(args, EXAMPLES), {
    values: { tun: ["a=1", "b=2"], udp: ["::1"] },
    rest: ["--json", "--send", "5", "host", "80"],
  });
  assertEquals(takeRepeated(["--", "--tun", "x"], EXAMPLES).rest, ["--", "--tun", "x"]);
  assertEquals(takeRepeated(["--tune", "x"], EXAMPLES).rest, ["--tune", "x"]);
});

Deno.test("a repeated flag without a value says what it wants", () => {
  assertThrows(() => takeRepeated(["--udp"], EXAMPLES), UsageError, "--udp needs a value, as in --udp 192.0.2.1");
});
