import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, parseConfig } from "./checks.ts";
import { tunSchema } from "./tun.ts";

const parse = (text: string) => parseConfig(tunSchema, text, "--tun");

Deno.test("a device is read with all that it can have", () => {
  assertEquals(
    parse("name=wifi,address=10.0.0.2/24,address=fd00::2,gateway=10.0.0.1/24,mtu=9000,offload=off,backup=on"),
    {
      addresses: ["10.0.0.2/24", "fd00::2"],
      gateways: ["10.0.0.1/24"],
      name: "wifi",
      mtu: 9000,
      offload: false,
      backup: true,
    },
  );
});

Deno.test("what is wrong with a device is named", () => {
  for (
    const [text, message] of [
      ["name=wifi", "needs an address of the host, as in address=10.0.0.2/24"],
      ["addres=10.0.0.2", 'has no key "addres", did you mean "address"?'],
      ["address=", "needs a value for address, as in address=10.0.0.2/24"],
      ["address=10.0.0.2,mtu=big", 'mtu must be a whole number of bytes, is "big"'],
      ["address=10.0.0.2,offload=yes", 'offload must be on or off, is "yes"'],
      ["address=10.0.0.2,name=a,name=b", "has name twice"],
    ] as const
  ) assertThrows(() => parse(text), ConfigError, message);
});
