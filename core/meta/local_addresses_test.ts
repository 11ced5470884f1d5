import { assertEquals, assertThrows } from "@std/assert";
import { IpAddress } from "../wire/address.ts";
import { LocalAddresses, pickPort } from "./local_addresses.ts";

const properties = { mtu: 1500, superSegment: 0 };
const at = (text: string) => IpAddress.parse(text);

Deno.test("an address keeps its identifier as long as it is there, and one that was never used goes to the next (RFC 8684 3.4.1-3, 3.4.1-9; RFC 8684 3.4.1-11)", () => {
  const addresses = new LocalAddresses();
  assertEquals(["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((text) => addresses.add(at(text), properties)), [
    true,
    true,
    true,
  ]);
  assertEquals(addresses.all.map(({ id }) => id), [1, 2, 3]);
  assertEquals(addresses.remove(at("10.0.0.2")), true);
  assertEquals(addresses.remove(at("10.0.0.2")), false);
  addresses.add(at("10.0.0.4"), properties);
  assertEquals(addresses.all.map(({ address, id }) => `${address} ${id}`), ["10.0.0.1 1", "10.0.0.3 3", "10.0.0.4 4"]);
});

Deno.test("an address that comes again changes its properties only", () => {
  const addresses = new LocalAddresses();
  addresses.add(at("10.0.0.1"), properties);
  assertEquals(addresses.add(at("10.0.0.1"), { ...properties, mtu: 9000 }), false);
  assertEquals([addresses.all.length, addresses.all[0]!.id, addresses.all[0]!.properties.mtu], [1, 1, 9000]);
});

Deno.test("an address is kept though the caller uses the object for another", () => {
  const addresses = new LocalAddresses();
  const reused = at("10.0.0.1");
  addresses.add(reused, properties);
  reused.copy(at("10.0.0.9"));
  assertEquals(addresses.find(at("10.0.0.1"))?.id, 1);
});

Deno.test("connections start from the first address of the family (RFC 9293 MUST-44)", () => {
  const addresses = new LocalAddresses();
  addresses.add(at("2001:db8::1"), properties);
  addresses.add(at("10.0.0.1"), properties);
  addresses.add(at("10.0.0.2"), properties);
  assertEquals(addresses.sourceFor(at("192.0.2.1"))?.address.toString(), "10.0.0.1");
  assertEquals(addresses.sourceFor(at("2001:db8::9"))?.address.toString(), "2001:db8::1");
});

Deno.test("there are 255 identifiers", () => {
  const addresses = new LocalAddresses();
  for (let i = 0; i < 255; i++) addresses.add(new IpAddress(0, 0, 0xffff, i), properties);
  assertThrows(() => addresses.add(at("10.0.0.1"), properties), RangeError, "Cannot add address");
});

Deno.test("ports are picked from 32768 to 60999, from a random one on, past those taken", () => {
  assertEquals(pickPort(0, () => true), 32768);
  assertEquals(pickPort(0.9999999, () => true), 60999);
  assertEquals(pickPort(0.9999999, (port) => port !== 60999), 32768);
  assertEquals(pickPort(0.5, (port) => port === 40000), 40000);
  assertEquals(pickPort(0.5, () => false), 0);
});
