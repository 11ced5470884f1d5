/**
 * Arbitraries of what the wire carries.
 *
 * @module
 */

import fc from "fast-check";
import { IpAddress } from "../../core/wire/address.ts";
import { MAXIMUM_OPTIONS_LENGTH, TcpOptions } from "../../core/wire/options.ts";
import { type MptcpModel, type OptionsModel, writeOptionsModel } from "./model.ts";

/** Any byte. */
export const arbitraryUint8: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xff });
/** Any unsigned 16-bit number. */
export const arbitraryUint16: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff });
/** Any unsigned 32-bit number, often near the place where it wraps or changes its sign. */
export const arbitraryUint32: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
);
/** Any unsigned 64-bit number, often near the place where a half wraps. */
export const arbitraryUint64: fc.Arbitrary<bigint> = fc.tuple(arbitraryUint32, arbitraryUint32)
  .map(([high, low]) => BigInt(high) << 32n | BigInt(low));
/** Text of any IPv4 address. */
export const arbitraryV4: fc.Arbitrary<string> = fc.ipV4();
/** Canonical text of any IPv6 address that is no mapped IPv4 address. */
export const arbitraryV6: fc.Arbitrary<string> = fc.array(
  fc.oneof(fc.constant(0), arbitraryUint16),
  { minLength: 8, maxLength: 8 },
).map((groups) => IpAddress.parse(groups.map((group) => group.toString(16)).join(":")))
  .filter((address) => address.family === 6)
  .map((address) => address.toString());

const low32 = arbitraryUint32.map(BigInt);
const port = fc.oneof(fc.constant(0), arbitraryUint16);

const capable: fc.Arbitrary<NonNullable<MptcpModel["capable"]>> = fc.tuple(
  fc.constantFrom(4, 12, 20, 22, 24),
  fc.record({ version: fc.integer({ min: 0, max: 15 }), flags: arbitraryUint8 }),
  fc.tuple(arbitraryUint64, arbitraryUint64, arbitraryUint16, arbitraryUint16),
).map(([length, head, [senderKey, receiverKey, dataLength, checksum]]) => ({
  length,
  ...head,
  ...(length >= 12 && { senderKey }),
  ...(length >= 20 && { receiverKey }),
  ...(length >= 22 && { dataLength }),
  ...(length >= 24 && { checksum }),
}));

const hmac = (length: number) => fc.array(arbitraryUint8, { minLength: length, maxLength: length });
const joinHead = { backup: fc.boolean(), addressId: arbitraryUint8, nonce: arbitraryUint32 };
const join: fc.Arbitrary<NonNullable<MptcpModel["join"]>> = fc.oneof(
  fc.record({ length: fc.constant(12), ...joinHead, token: arbitraryUint32 }),
  fc.record({ length: fc.constant(16), ...joinHead, hmac: hmac(8) }),
  fc.record({ length: fc.constant(24), hmac: hmac(20) }),
);

const dss: fc.Arbitrary<NonNullable<MptcpModel["dss"]>> = fc.record({
  dataFin: fc.boolean(),
  ack: fc.oneof(
    fc.constant(null),
    fc.record({ bytes: fc.constant(4 as const), value: low32 }),
    fc.record({ bytes: fc.constant(8 as const), value: arbitraryUint64 }),
  ),
  mapping: fc.oneof(
    fc.constant(null),
    fc.tuple(
      fc.oneof(
        fc.record({ bytes: fc.constant(4 as const), sequence: low32 }),
        fc.record({ bytes: fc.constant(8 as const), sequence: arbitraryUint64 }),
      ),
      fc.record({ subflow: arbitraryUint32, length: arbitraryUint16, checksum: fc.option(arbitraryUint16) }),
    ).map(([head, tail]) => ({ ...head, ...tail })),
  ),
});

/** One arbitrary for each MPTCP option. */
export const arbitraryMptcpOption: { [K in keyof MptcpModel]-?: fc.Arbitrary<NonNullable<MptcpModel[K]>> } = {
  capable,
  join,
  dss,
  addAddress: fc.record({
    id: arbitraryUint8,
    address: fc.oneof(arbitraryV4, arbitraryV6),
    port,
    hmac: fc.option(arbitraryUint64),
  }),
  removeAddress: fc.array(arbitraryUint8, { minLength: 1, maxLength: 37 }),
  priority: fc.boolean(),
  fail: arbitraryUint64,
  fastclose: arbitraryUint64,
  reset: fc.record({ flags: fc.integer({ min: 0, max: 15 }), reason: arbitraryUint8 }),
};

const arbitraryTcpOption: {
  [K in Exclude<keyof OptionsModel, "mptcp">]-?: fc.Arbitrary<NonNullable<OptionsModel[K]>>;
} = {
  maximumSegmentSize: fc.integer({ min: 1, max: 0xffff }),
  windowScale: fc.integer({ min: 0, max: 14 }),
  sackPermitted: fc.constant(true),
  timestamps: fc.tuple(arbitraryUint32, arbitraryUint32),
  sack: fc.integer({ min: 1, max: 4 }).chain((blocks) =>
    fc.array(arbitraryUint32, { minLength: 2 * blocks, maxLength: 2 * blocks })
  ),
  userTimeout: fc.oneof(
    fc.integer({ min: 1, max: 0x7fff }),
    fc.integer({ min: 547, max: 0x7fff }).map((minutes) => 60 * minutes),
  ),
  fastOpen: fc.constantFrom(0, 4, 6, 8, 16).chain((length) =>
    fc.array(arbitraryUint8, { minLength: length, maxLength: length })
  ),
};

/** Any set of options that fits into one header: taken in any order as long as there is room. */
export const arbitraryOptions: fc.Arbitrary<OptionsModel> = fc.tuple(
  fc.record({ ...arbitraryTcpOption, mptcp: fc.record(arbitraryMptcpOption) }),
  fc.shuffledSubarray([
    ...Object.keys(arbitraryTcpOption) as (keyof typeof arbitraryTcpOption)[],
    ...(Object.keys(arbitraryMptcpOption) as (keyof MptcpModel)[]).map((name) => `mptcp.${name}` as const),
  ]),
).map(([all, names]) => {
  const options = new TcpOptions();
  let fitting: OptionsModel = {};
  for (const name of names) {
    const larger = name.startsWith("mptcp.")
      ? { ...fitting, mptcp: { ...fitting.mptcp, ...pick(all.mptcp, name.slice("mptcp.".length)) } }
      : { ...fitting, ...pick(all, name) };
    writeOptionsModel(larger, options);
    const bothMap = larger.mptcp?.dss !== undefined && (larger.mptcp.capable?.length ?? 0) >= 22;
    if (options.byteLength() <= MAXIMUM_OPTIONS_LENGTH && !bothMap) fitting = larger;
  }
  return fitting;
});

function pick(from: object, name: string): object {
  return { [name]: (from as Record<string, unknown>)[name] };
}
