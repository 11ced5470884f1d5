import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { arbitraryOptions } from "../../tests/wire/arbitrary.ts";
import { type OptionsModel, readOptionsModel, writeOptionsModel } from "../../tests/wire/model.ts";
import { DSS } from "./mptcp.ts";
import { TcpOptions } from "./options.ts";

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array((hex.replaceAll(" ", "").match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}

function emit(model: OptionsModel): Uint8Array {
  const options = new TcpOptions();
  writeOptionsModel(model, options);
  const bytes = new Uint8Array(64).fill(0xee);
  const end = options.emit(new DataView(bytes.buffer), 3);
  assertEquals(end - 3, options.byteLength());
  return bytes.slice(3, end);
}

/** What the list parses to; `null` when it is malformed. */
function parse(bytes: Uint8Array, into = new TcpOptions()): OptionsModel | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return into.parse(view, 0, bytes.length) ? readOptionsModel(into) : null;
}

Deno.test("the options of a Linux SYN", () => {
  const model: OptionsModel = {
    maximumSegmentSize: 1460,
    sackPermitted: true,
    timestamps: [0x0488fc00, 0],
    windowScale: 10,
    mptcp: { capable: { length: 4, version: 1, flags: 1 } },
  };
  const bytes = bytesOf("020405b4 0402080a 0488fc00 00000000 0103030a 1e040101");
  assertEquals(parse(bytes), model);
  assertEquals(emit(model), bytes);
});

Deno.test("the options of a data segment (RFC 9293 MUST-5)", () => {
  const model: OptionsModel = {
    timestamps: [0x89abcdef, 0xfedcba98],
    mptcp: {
      dss: {
        dataFin: false,
        ack: { bytes: 4, value: 7n },
        mapping: { bytes: 8, sequence: 9n, subflow: 1, length: 1400, checksum: null },
      },
    },
  };
  const bytes = bytesOf("0101080a 89abcdef fedcba98 1e16200d 00000007 0000000000000009 00000001 0578 0000");
  assertEquals(parse(bytes), model);
  assertEquals(emit(model), bytes);
});

Deno.test("SACK blocks begin on a word of four bytes", () => {
  const model: OptionsModel = { sack: [0xfffffff0, 5, 100, 200] };
  const bytes = bytesOf("01010512 fffffff0 00000005 00000064 000000c8");
  assertEquals(emit(model), bytes);
  assertEquals(parse(bytes), model);
});

Deno.test("SACK permitted alone, user timeout and Fast Open (RFC 9293 MUST-69)", () => {
  assertEquals(emit({ sackPermitted: true }), bytesOf("01010402"));
  assertEquals(emit({ userTimeout: 30 }), bytesOf("1c04001e"));
  assertEquals(parse(bytesOf("1c048002")), { userTimeout: 120 });
  assertEquals(parse(emit({ userTimeout: 0x8000 })), { userTimeout: 547 * 60 });
  assertEquals(emit({ fastOpen: [] }), bytesOf("22020000"));
  assertEquals(emit({ fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }), bytesOf("220a0102 03040506 07080000"));
});

Deno.test("parse undoes emit for every set of options that fits", () => {
  const reused = new TcpOptions();
  fc.assert(
    fc.property(arbitraryOptions, (model) => {
      const bytes = emit(model);
      assert(bytes.length <= 40 && bytes.length % 4 === 0);
      assertEquals(parse(bytes, reused), model);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("more than 40 bytes are refused", () => {
  const options = new TcpOptions();
  writeOptionsModel({ timestamps: [1, 2], sack: Array(8).fill(0) }, options);
  assertEquals(options.byteLength(), 48);
  assertThrows(() => options.emit(new DataView(new ArrayBuffer(100)), 0), RangeError, "Cannot emit options");
});

Deno.test("no-operations and what follows the end of the list are passed over (RFC 9293 MUST-4)", () => {
  assertEquals(parse(bytesOf("01010101")), {});
  assertEquals(parse(bytesOf("01 02040100 00 01ff")), { maximumSegmentSize: 256 });
  assertEquals(parse(bytesOf("")), {});
});

Deno.test("a list that cannot be walked is malformed (RFC 9293 MUST-7)", () => {
  for (const hex of ["02", "0200", "0201", "02030", "020405", "fd00", "010102", "080a0000"]) {
    assertEquals(parse(bytesOf(hex.length % 2 ? hex.slice(0, -1) : hex)), null, hex);
  }
});

Deno.test("an option of a wrong length or unknown kind is passed over (RFC 9293 MUST-6, MUST-68)", () => {
  assertEquals(parse(bytesOf("0203ff 030401ff 04030a 0204 05b4")), { maximumSegmentSize: 1460 });
  assertEquals(parse(bytesOf("0506 00000001 030307")), { windowScale: 7 });
  assertEquals(parse(bytesOf("0502 050e 000000010000000200000003 030307")), { windowScale: 7 });
  assertEquals(parse(bytesOf("fd06 01020304 030307")), { windowScale: 7 });
  assertEquals(parse(bytesOf("2205010203 030307")), { windowScale: 7 });
  assertEquals(parse(bytesOf("1e05010101 030307")), { windowScale: 7 });
});

Deno.test("a window scale above 14 counts as 14 (RFC 7323 2.3-1)", () => {
  assertEquals(parse(bytesOf("0303ff")), { windowScale: 14 });
});

Deno.test("timestamps are read wherever they stand (RFC 9293 MUST-64)", () => {
  const stamps: OptionsModel = { timestamps: [1, 2] };
  assertEquals(parse(bytesOf("0101080a0000000100000002")), stamps);
  assertEquals(parse(bytesOf("080a0000000100000002")), stamps);
  assertEquals(parse(bytesOf("01080a0000000100000002")), stamps);
  assertEquals(parse(bytesOf("0101080a00000001000000")), null);
});

Deno.test("parsing forgets what was there before", () => {
  const options = new TcpOptions();
  fc.assert(fc.property(arbitraryOptions, (model) => {
    writeOptionsModel(model, options);
    assertEquals(parse(new Uint8Array(0), options), {});
    assertEquals(options.byteLength(), 0);
  }));
});

Deno.test("random bytes and every truncation never throw (RFC 9293 MUST-7)", () => {
  const options = new TcpOptions();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      parse(bytes, options);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(
      arbitraryOptions,
      fc.integer({ min: 0, max: 39 }),
      fc.integer({ min: 0, max: 255 }),
      (model, at, byte) => {
        const bytes = emit(model);
        if (at < bytes.length) bytes[at] = byte;
        for (let length = 0; length <= bytes.length; length++) parse(bytes.subarray(0, length), options);
      },
    ),
  );
});

Deno.test("what parses from random bytes is emitted and parsed to the same again", () => {
  const options = new TcpOptions();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 40 }), fc.integer({ min: 0, max: 8 }), (bytes, subtype) => {
      bytes.set([30, bytes.length, subtype << 4 | bytes[2]! & 15]);
      const model = parse(bytes, options);
      if (model === null || options.byteLength() > 40) return;
      assertEquals(parse(emit(model)), model);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a malformed MPTCP option is absent and the rest of the list stands", () => {
  const options = new TcpOptions();
  assertEquals(parse(bytesOf("1e07 2001 000000 1e082001 00000001"), options), {
    mptcp: { dss: { dataFin: false, ack: { bytes: 4, value: 1n }, mapping: null } },
  });
  assertEquals(options.mptcp.present, DSS);
});
