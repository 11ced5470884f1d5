import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { arbitraryMptcpOption } from "../../tests/wire/arbitrary.ts";
import { type MptcpModel, readMptcpModel, writeMptcpModel } from "../../tests/wire/model.ts";
import { DSS, MP_CAPABLE, MP_PRIO, MptcpOptions, REMOVE_ADDR } from "./mptcp.ts";

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(hex.replaceAll(" ", "").match(/../g)!.map((byte) => parseInt(byte, 16)));
}

function hexOf(model: MptcpModel): string {
  const options = new MptcpOptions();
  writeMptcpModel(model, options);
  const view = new DataView(new ArrayBuffer(64));
  const end = options.emit(view, 5);
  assertEquals(end - 5, options.byteLength());
  return [...new Uint8Array(view.buffer, 5, end - 5)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What one option parses to; `null` when it is refused. */
function parse(hex: string, into = new MptcpOptions()): MptcpModel | null {
  const bytes = bytesOf(hex);
  return into.parseOne(new DataView(bytes.buffer), 0, bytes.length) ? readMptcpModel(into) : null;
}

// Bytes laid out by hand after the figures of RFC 8684 section 3.
const VECTORS: readonly [string, string, MptcpModel][] = [
  ["MP_CAPABLE in a SYN", "1e 04 0 1 01", { capable: { length: 4, version: 1, flags: 0x01 } }],
  [
    "MP_CAPABLE in a SYN/ACK",
    "1e 0c 0 1 81 0102030405060708",
    { capable: { length: 12, version: 1, flags: 0x81, senderKey: 0x0102030405060708n } },
  ],
  [
    "MP_CAPABLE in the third ACK",
    "1e 14 0 1 01 0102030405060708 f1f2f3f4f5f6f7f8",
    {
      capable: {
        length: 20,
        version: 1,
        flags: 0x01,
        senderKey: 0x0102030405060708n,
        receiverKey: 0xf1f2f3f4f5f6f7f8n,
      },
    },
  ],
  [
    "MP_CAPABLE with data",
    "1e 16 0 1 01 0102030405060708 f1f2f3f4f5f6f7f8 05b4",
    {
      capable: {
        length: 22,
        version: 1,
        flags: 0x01,
        senderKey: 0x0102030405060708n,
        receiverKey: 0xf1f2f3f4f5f6f7f8n,
        dataLength: 1460,
      },
    },
  ],
  [
    "MP_CAPABLE with data and checksum",
    "1e 18 0 1 81 0102030405060708 f1f2f3f4f5f6f7f8 05b4 beef",
    {
      capable: {
        length: 24,
        version: 1,
        flags: 0x81,
        senderKey: 0x0102030405060708n,
        receiverKey: 0xf1f2f3f4f5f6f7f8n,
        dataLength: 1460,
        checksum: 0xbeef,
      },
    },
  ],
  [
    "MP_JOIN in a SYN",
    "1e 0c 1 1 02 deadbeef 89abcdef",
    { join: { length: 12, backup: true, addressId: 2, token: 0xdeadbeef, nonce: 0x89abcdef } },
  ],
  [
    "MP_JOIN in a SYN/ACK",
    "1e 10 1 0 07 0102030405060708 89abcdef",
    { join: { length: 16, backup: false, addressId: 7, nonce: 0x89abcdef, hmac: [1, 2, 3, 4, 5, 6, 7, 8] } },
  ],
  [
    "MP_JOIN in the third ACK",
    "1e 18 1 0 00 0102030405060708090a0b0c0d0e0f1011121314",
    { join: { length: 24, hmac: Array.from({ length: 20 }, (_, i) => i + 1) } },
  ],
  [
    "DSS with a data acknowledgment of 4 bytes",
    "1e 08 2 0 01 fedcba98",
    { dss: { dataFin: false, ack: { bytes: 4, value: 0xfedcba98n }, mapping: null } },
  ],
  [
    "DSS with a data acknowledgment of 8 bytes",
    "1e 0c 2 0 03 0123456789abcdef",
    { dss: { dataFin: false, ack: { bytes: 8, value: 0x0123456789abcdefn }, mapping: null } },
  ],
  [
    "DSS with a mapping of a 4-byte sequence number",
    "1e 0e 2 0 04 fedcba98 00000001 05b4",
    {
      dss: {
        dataFin: false,
        ack: null,
        mapping: { bytes: 4, sequence: 0xfedcba98n, subflow: 1, length: 1460, checksum: null },
      },
    },
  ],
  [
    "DSS with everything in it",
    "1e 1c 2 0 1f 0123456789abcdef fedcba9876543210 80000001 05b5 beef",
    {
      dss: {
        dataFin: true,
        ack: { bytes: 8, value: 0x0123456789abcdefn },
        mapping: { bytes: 8, sequence: 0xfedcba9876543210n, subflow: 0x80000001, length: 1461, checksum: 0xbeef },
      },
    },
  ],
  [
    "ADD_ADDR of an IPv4 address",
    "1e 10 3 0 05 c0000201 0102030405060708",
    { addAddress: { id: 5, address: "192.0.2.1", port: 0, hmac: 0x0102030405060708n } },
  ],
  [
    "ADD_ADDR of an IPv4 address with port",
    "1e 12 3 0 05 c0000201 1f90 0102030405060708",
    { addAddress: { id: 5, address: "192.0.2.1", port: 8080, hmac: 0x0102030405060708n } },
  ],
  [
    "ADD_ADDR of an IPv6 address",
    "1e 1c 3 0 06 20010db8000000000000000000000001 0102030405060708",
    { addAddress: { id: 6, address: "2001:db8::1", port: 0, hmac: 0x0102030405060708n } },
  ],
  [
    "ADD_ADDR of an IPv6 address with port",
    "1e 1e 3 0 06 20010db8000000000000000000000001 1f90 0102030405060708",
    { addAddress: { id: 6, address: "2001:db8::1", port: 8080, hmac: 0x0102030405060708n } },
  ],
  [
    "the echo of an IPv4 ADD_ADDR",
    "1e 08 3 1 05 c0000201",
    { addAddress: { id: 5, address: "192.0.2.1", port: 0, hmac: null } },
  ],
  [
    "the echo of an IPv6 ADD_ADDR with port",
    "1e 16 3 1 06 20010db8000000000000000000000001 1f90",
    { addAddress: { id: 6, address: "2001:db8::1", port: 8080, hmac: null } },
  ],
  ["REMOVE_ADDR of one address", "1e 04 4 0 09", { removeAddress: [9] }],
  ["REMOVE_ADDR of three addresses", "1e 06 4 0 01 00 ff", { removeAddress: [1, 0, 255] }],
  ["MP_PRIO to backup", "1e 03 5 1", { priority: true }],
  ["MP_PRIO to regular", "1e 03 5 0", { priority: false }],
  ["MP_FAIL", "1e 0c 6 0 00 0123456789abcdef", { fail: 0x0123456789abcdefn }],
  ["MP_FASTCLOSE", "1e 0c 7 0 00 fedcba9876543210", { fastclose: 0xfedcba9876543210n }],
  ["MP_TCPRST", "1e 04 8 1 06", { reset: { flags: 1, reason: 6 } }],
];

for (const [name, hex, model] of VECTORS) {
  Deno.test(`${name} has the bytes of the RFC (RFC 8684 3.2-2, 3.4.1-2, 3.6-3)`, () => {
    assertEquals(hexOf(model), hex.replaceAll(" ", ""));
    assertEquals(parse(hex), model);
  });
}

for (const [name, option] of Object.entries(arbitraryMptcpOption) as [keyof MptcpModel, fc.Arbitrary<unknown>][]) {
  Deno.test(`parse undoes emit for ${name}`, () => {
    const options = new MptcpOptions();
    fc.assert(fc.property(option, (value) => {
      const model = { [name]: value } as MptcpModel;
      const hex = hexOf(model);
      assertEquals(parse(hex, options), model);
      options.reset();
    }));
  });
}

Deno.test("a length that the subtype cannot have is refused and leaves nothing present", () => {
  const lengths: Record<string, number[]> = {
    "0": [4, 12, 20, 22, 24],
    "1": [12, 16, 24],
    "5": [3],
    "6": [12],
    "7": [12],
    "8": [4],
  };
  for (const subtype of Array(16).keys()) {
    if (subtype >= 2 && subtype <= 4) continue;
    for (let length = 0; length <= 40; length++) {
      const view = new DataView(new ArrayBuffer(40));
      view.setUint16(0, 30 << 8 | length);
      view.setUint8(2, subtype << 4);
      const options = new MptcpOptions();
      const isRight = lengths[subtype]?.includes(length) ?? false;
      assertEquals(options.parseOne(view, 0, length), isRight, `subtype ${subtype}, length ${length}`);
      assertEquals(options.present, isRight ? 1 << subtype : 0);
    }
  }
});

Deno.test("a DSS whose length does not follow from its flags is refused", () => {
  const view = new DataView(new ArrayBuffer(40));
  for (let flags = 0; flags < 256; flags++) {
    const ack = flags & 1 ? flags & 2 ? 8 : 4 : 0;
    const map = flags & 4 ? flags & 8 ? 14 : 10 : 0;
    for (let length = 0; length <= 40; length++) {
      view.setUint32(0, 30 << 24 | length << 16 | 2 << 12 | flags);
      const options = new MptcpOptions();
      const plain = 4 + ack + map;
      const isRight = length === plain || (map !== 0 && length === plain + 2);
      assertEquals(options.parseOne(view, 0, length), isRight, `flags ${flags}, length ${length}`);
      if (isRight) assertEquals(options.hasChecksum, length !== plain);
    }
  }
});

Deno.test("an ADD_ADDR with HMAC in the echo, or without it elsewhere, is refused", () => {
  const view = new DataView(new ArrayBuffer(40));
  for (const echo of [0, 1]) {
    for (let length = 0; length <= 40; length++) {
      view.setUint32(0, 30 << 24 | length << 16 | 3 << 12 | echo << 8 | 1);
      const right = echo ? [8, 10, 20, 22] : [16, 18, 28, 30];
      assertEquals(new MptcpOptions().parseOne(view, 0, length), right.includes(length), `${echo}, ${length}`);
    }
  }
});

Deno.test("reserved bits are ignored", () => {
  assertEquals(parse("1e 03 5 f"), { priority: true });
  assertEquals(parse("1e 03 5 e"), { priority: false });
  assertEquals(parse("1e 08 2 f e1 00000001"), {
    dss: { dataFin: false, ack: { bytes: 4, value: 1n }, mapping: null },
  });
  assertEquals(parse("1e 0c 6 f ff 0000000000000001"), { fail: 1n });
  assertEquals(parse("1e 0c 7 f ff 0000000000000001"), { fastclose: 1n });
  assertEquals(parse("1e 04 4 f 02"), { removeAddress: [2] });
});

Deno.test("the sizes of sequence number and acknowledgment mean nothing without them", () => {
  assertEquals(parse("1e 04 2 0 1a"), { dss: { dataFin: true, ack: null, mapping: null } });
});

Deno.test("a 4-byte number leaves no upper half of an earlier one", () => {
  const options = new MptcpOptions();
  options.dataAck.set(5, 5);
  options.dataSequence.set(5, 5);
  assert(parse("1e 12 2 0 05 00000001 00000002 00000003 0004", options) !== null);
  assertEquals([options.dataAck.toString(), options.dataSequence.toString()], [
    "0000000000000001",
    "0000000000000002",
  ]);
});

Deno.test("options of several subtypes stand side by side", () => {
  const options = new MptcpOptions();
  parse("1e 08 2 0 01 fedcba98", options);
  parse("1e 03 5 1", options);
  parse("1e 04 4 0 03", options);
  assertEquals(options.present, DSS | MP_PRIO | REMOVE_ADDR);
  options.reset();
  assertEquals([options.present, options.dataAckBytes, options.byteLength()], [0, 0, 0]);
  parse("1e 1c 2 0 1f 0123456789abcdef fedcba9876543210 80000001 05b5 beef", options);
  options.reset();
  assertEquals([options.dataFin, options.mappingBytes, options.hasChecksum], [false, 0, false]);
});

Deno.test("of MP_CAPABLE with data and a DSS the first one stands", () => {
  const capable = "1e 16 0 1 01 0102030405060708 f1f2f3f4f5f6f7f8 05b4";
  const dss = "1e 0e 2 0 04 fedcba98 00000001 0007";
  const options = new MptcpOptions();
  assert(parse(capable, options) !== null);
  assertEquals(parse(dss, options), null);
  assertEquals([options.present, options.dataLength], [MP_CAPABLE, 1460]);
  options.reset();
  assert(parse(dss, options) !== null);
  assertEquals(parse(capable, options), null);
  assertEquals([options.present, options.dataLength], [DSS, 7]);
  // Without data of its own MP_CAPABLE leaves the mapping alone, before and behind it.
  assert(parse("1e 14 0 1 01 0102030405060708 f1f2f3f4f5f6f7f8", options) !== null);
  assert(parse(dss, options) !== null);
  assertEquals([options.present, options.dataLength], [DSS | MP_CAPABLE, 7]);
});

Deno.test("random bytes and every truncation never throw", () => {
  const options = new MptcpOptions();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 40 }), fc.integer({ min: 0, max: 8 }), (bytes, subtype) => {
      bytes[2] = subtype << 4 | bytes[2]! & 15;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let length = 0; length <= bytes.length; length++) {
        options.reset();
        // Anything behind the option must not be read: the view ends where the option ends.
        const exact = new DataView(view.buffer, view.byteOffset, length);
        const before = options.present;
        if (!options.parseOne(exact, 0, length)) assertEquals(options.present, before);
        else assertEquals(options.byteLength(), length);
      }
    }),
    { numRuns: 1000 },
  );
});
