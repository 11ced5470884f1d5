import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "./address.ts";

const text = (input: string): string => IpAddress.parse(input).toString();

Deno.test("IPv6 text takes the canonical form of RFC 5952 section 4", () => {
  assertEquals(text("2001:0db8:0000:0000:0000:0000:0000:0001"), "2001:db8::1");
  assertEquals(text("2001:DB8::A:b"), "2001:db8::a:b");
  assertEquals(text("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  assertEquals(text("2001:db8::1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  assertEquals(text("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  assertEquals(text("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  assertEquals(text("0:0:0:0:0:0:0:0"), "::");
  assertEquals(text("0:0:0:0:0:0:0:1"), "::1");
  assertEquals(text("1::"), "1::");
  assertEquals(text("fe80:0:0:0:1:2:3:4"), "fe80::1:2:3:4");
});

Deno.test("an IPv4-mapped address is IPv4", () => {
  assertEquals(text("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(text("::ffff:c000:201"), "192.0.2.1");
  assertEquals(IpAddress.parse("192.0.2.1").family, 4);
  assertEquals(text("255.255.255.255"), "255.255.255.255");
  assertEquals(text("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
});

Deno.test("text that is no address is refused", () => {
  const wrong = [
    "",
    ".",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.-4",
    "1.2.3.4 ",
    "0x1.2.3.4",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    ":1::2",
    "1::2:",
    "fe80::1%eth0",
    "[::1]",
    "::1.2.3",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "example.org",
  ];
  for (const input of wrong) {
    assertEquals(IpAddress.tryParse(input), null, input);
    assertThrows(() => IpAddress.parse(input), TypeError, "Cannot parse address");
  }
});

const words = fc.array(fc.oneof(fc.constantFrom(0, 0xffff, -1, 1 << 16, 0xffff << 16), fc.integer()), {
  minLength: 4,
  maxLength: 4,
}).map(([a, b, c, d]) => new IpAddress(a, b, c, d));

Deno.test("toString and parse undo one another for every address", () => {
  fc.assert(fc.property(words, (address) => {
    const parsed = IpAddress.parse(address.toString());
    assert(parsed.equals(address), `${address} became ${parsed}`);
    assertEquals(parsed.hash(), address.hash());
  }));
});

Deno.test("text from elsewhere keeps its value", () => {
  fc.assert(fc.property(fc.ipV4(), (input) => assertEquals(text(input), input)));
  // The platform's own URL parser is the model; it writes a mapped address in hexadecimal.
  fc.assert(fc.property(fc.ipV6(), (input) => {
    const address = IpAddress.parse(input);
    const model = new URL(`http://[${input}]/`).hostname.slice(1, -1);
    if (address.family === 6) assertEquals(address.toString(), model);
    else assert(address.equals(IpAddress.parse(model)));
  }));
});

Deno.test("bytes keep their value", () => {
  const view = new DataView(new ArrayBuffer(20));
  fc.assert(fc.property(words, (address) => {
    address.writeV6(view, 2);
    const read = new IpAddress();
    read.readV6(view, 2);
    assert(read.equals(address));
    assertEquals(read.hash(), address.hash());
    address.writeV4(view, 1);
    read.readV4(view, 1);
    assertEquals([read.family, read.d], [4, address.d]);
  }));
});

Deno.test("special addresses are recognised in both families", () => {
  const has = (input: string) => {
    const address = IpAddress.parse(input);
    return [address.isUnspecified(), address.isLoopback(), address.isMulticast()];
  };
  assertEquals(has("::"), [true, false, false]);
  assertEquals(has("0.0.0.0"), [true, false, false]);
  assertEquals(has("127.1.2.3"), [false, true, false]);
  assertEquals(has("::1"), [false, true, false]);
  assertEquals(has("224.0.0.1"), [false, false, true]);
  assertEquals(has("239.255.255.255"), [false, false, true]);
  assertEquals(has("240.0.0.1"), [false, false, false]);
  assertEquals(has("ff02::1"), [false, false, true]);
  assertEquals(has("::127.0.0.1"), [false, false, false]);
  assertEquals(has("1::1"), [false, false, false]);
  assertEquals(has("192.0.2.1"), [false, false, false]);
});

Deno.test("an address of one host is neither unspecified nor of many", () => {
  for (const one of ["192.0.2.1", "127.0.0.1", "240.0.0.1", "255.255.255.254", "::1", "fe80::1", "fd00::1"]) {
    assert(IpAddress.parse(one).isUnicast(), one);
  }
  for (const none of ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1"]) {
    assert(!IpAddress.parse(none).isUnicast(), none);
  }
});

Deno.test("a clone is equal and independent", () => {
  const address = IpAddress.parse("2001:db8::1");
  const clone = address.clone();
  assert(clone.equals(address));
  clone.set(0, 0, 0, 1);
  assertEquals(address.toString(), "2001:db8::1");
  address.copy(clone);
  assertEquals(address.toString(), "::1");
});

Deno.test("neighbouring addresses spread over the hash", () => {
  const address = new IpAddress();
  const buckets = new Set<number>();
  for (let host = 0; host < 1024; host++) {
    address.set(0, 0, 0xffff, 0x0a000000 + host);
    buckets.add(address.hash() & 1023);
    assertEquals(address.hash(), address.hash() | 0);
  }
  // 1024 even throws into 1024 buckets leave about 647 of them used.
  assert(buckets.size > 550, `${buckets.size} buckets`);
  assertNotEquals(IpAddress.parse("::1").hash(), IpAddress.parse("0.0.0.1").hash());
});
