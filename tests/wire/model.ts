/**
 * Plain-value models of the options of a segment.
 *
 * A model holds exactly the fields that mean something, so that what was parsed compares with `assertEquals` to what
 * was emitted, and a counterexample can be read.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import {
  ADD_ADDR,
  DSS,
  MP_CAPABLE,
  MP_FAIL,
  MP_FASTCLOSE,
  MP_JOIN,
  MP_PRIO,
  MP_TCPRST,
  type MptcpOptions,
  REMOVE_ADDR,
} from "../../core/wire/mptcp.ts";
import type { TcpOptions } from "../../core/wire/options.ts";
import type { Uint64 } from "../../core/wire/seq.ts";

/** The MPTCP options of a segment; numbers of 64 bits are `bigint`, HMACs are hexadecimal. */
export interface MptcpModel {
  /** MP_CAPABLE. */
  capable?: {
    length: number;
    version: number;
    flags: number;
    senderKey?: bigint;
    receiverKey?: bigint;
    dataLength?: number;
    checksum?: number;
  };
  /** MP_JOIN. */
  join?: { length: number; backup?: boolean; addressId?: number; token?: number; nonce?: number; hmac?: number[] };
  /** DSS. */
  dss?: {
    dataFin: boolean;
    ack: { bytes: 4 | 8; value: bigint } | null;
    mapping: { bytes: 4 | 8; sequence: bigint; subflow: number; length: number; checksum: number | null } | null;
  };
  /** ADD_ADDR. */
  addAddress?: { id: number; address: string; port: number; hmac: bigint | null };
  /** REMOVE_ADDR. */
  removeAddress?: number[];
  /** MP_PRIO: backup. */
  priority?: boolean;
  /** MP_FAIL: data sequence number. */
  fail?: bigint;
  /** MP_FASTCLOSE: key. */
  fastclose?: bigint;
  /** MP_TCPRST. */
  reset?: { flags: number; reason: number };
}

/** The options of a segment. */
export interface OptionsModel {
  /** Maximum segment size. */
  maximumSegmentSize?: number;
  /** Window scale. */
  windowScale?: number;
  /** SACK permitted. */
  sackPermitted?: boolean;
  /** TSval and TSecr. */
  timestamps?: [number, number];
  /** Edges of the SACK blocks. */
  sack?: number[];
  /** User timeout in seconds. */
  userTimeout?: number;
  /** Fast Open cookie, empty for a request. */
  fastOpen?: number[];
  /** MPTCP options. */
  mptcp?: MptcpModel;
}

function toBigint(value: Uint64): bigint {
  return BigInt(value.high) << 32n | BigInt(value.low);
}

function setBigint(into: Uint64, value: bigint): void {
  into.set(Number(value >> 32n), Number(value & 0xffffffffn));
}

/** Puts the model into reset options. */
export function writeMptcpModel(model: MptcpModel, into: MptcpOptions): void {
  into.reset();
  const { capable, join, dss, addAddress, removeAddress, priority, fail, fastclose, reset } = model;
  if (capable !== undefined) {
    into.present |= MP_CAPABLE;
    into.capableLength = capable.length;
    into.version = capable.version;
    into.capableFlags = capable.flags;
    setBigint(into.senderKey, capable.senderKey ?? 0n);
    setBigint(into.receiverKey, capable.receiverKey ?? 0n);
    if (capable.dataLength !== undefined) into.dataLength = capable.dataLength;
    if (capable.checksum !== undefined) into.checksum = capable.checksum;
  }
  if (join !== undefined) {
    into.present |= MP_JOIN;
    into.joinLength = join.length;
    into.joinBackup = join.backup ?? false;
    into.joinAddressId = join.addressId ?? 0;
    into.joinToken = join.token ?? 0;
    into.joinNonce = join.nonce ?? 0;
    into.joinHmac.set(join.hmac ?? []);
  }
  if (dss !== undefined) {
    into.present |= DSS;
    into.dataFin = dss.dataFin;
    into.dataAckBytes = dss.ack?.bytes ?? 0;
    setBigint(into.dataAck, dss.ack?.value ?? 0n);
    into.mappingBytes = dss.mapping?.bytes ?? 0;
    if (dss.mapping !== null) {
      setBigint(into.dataSequence, dss.mapping.sequence);
      into.subflowSequence = dss.mapping.subflow;
      into.dataLength = dss.mapping.length;
      into.hasChecksum = dss.mapping.checksum !== null;
      into.checksum = dss.mapping.checksum ?? 0;
    }
  }
  if (addAddress !== undefined) {
    into.present |= ADD_ADDR;
    into.addAddressEcho = addAddress.hmac === null;
    into.addAddressId = addAddress.id;
    into.addAddress.copy(IpAddress.parse(addAddress.address));
    into.addAddressPort = addAddress.port;
    into.addAddressHasHmac = addAddress.hmac !== null;
    setBigint(into.addAddressHmac, addAddress.hmac ?? 0n);
  }
  if (removeAddress !== undefined) {
    into.present |= REMOVE_ADDR;
    into.removeCount = removeAddress.length;
    into.removeIds.set(removeAddress);
  }
  if (priority !== undefined) {
    into.present |= MP_PRIO;
    into.priorityBackup = priority;
  }
  if (fail !== undefined) {
    into.present |= MP_FAIL;
    setBigint(into.failSequence, fail);
  }
  if (fastclose !== undefined) {
    into.present |= MP_FASTCLOSE;
    setBigint(into.fastcloseKey, fastclose);
  }
  if (reset !== undefined) {
    into.present |= MP_TCPRST;
    into.resetFlags = reset.flags;
    into.resetReason = reset.reason;
  }
}

/** The model of what was parsed. */
export function readMptcpModel(from: MptcpOptions): MptcpModel {
  const model: MptcpModel = {};
  if (from.present & MP_CAPABLE) {
    const length = from.capableLength;
    model.capable = {
      length,
      version: from.version,
      flags: from.capableFlags,
      ...(length >= 12 && { senderKey: toBigint(from.senderKey) }),
      ...(length >= 20 && { receiverKey: toBigint(from.receiverKey) }),
      ...(length >= 22 && { dataLength: from.dataLength }),
      ...(length >= 24 && { checksum: from.checksum }),
    };
  }
  if (from.present & MP_JOIN) {
    const length = from.joinLength;
    model.join = {
      length,
      ...(length < 24 && { backup: from.joinBackup, addressId: from.joinAddressId, nonce: from.joinNonce }),
      ...(length === 12 && { token: from.joinToken }),
      ...(length >= 16 && { hmac: [...from.joinHmac.subarray(0, length === 16 ? 8 : 20)] }),
    };
  }
  if (from.present & DSS) {
    const { dataFin, dataAckBytes, mappingBytes } = from;
    model.dss = {
      dataFin,
      ack: dataAckBytes === 0 ? null : { bytes: dataAckBytes, value: toBigint(from.dataAck) },
      mapping: mappingBytes === 0 ? null : {
        bytes: mappingBytes,
        sequence: toBigint(from.dataSequence),
        subflow: from.subflowSequence,
        length: from.dataLength,
        checksum: from.hasChecksum ? from.checksum : null,
      },
    };
  }
  if (from.present & ADD_ADDR) {
    model.addAddress = {
      id: from.addAddressId,
      address: from.addAddress.toString(),
      port: from.addAddressPort,
      hmac: from.addAddressHasHmac ? toBigint(from.addAddressHmac) : null,
    };
  }
  if (from.present & REMOVE_ADDR) model.removeAddress = [...from.removeIds.subarray(0, from.removeCount)];
  if (from.present & MP_PRIO) model.priority = from.priorityBackup;
  if (from.present & MP_FAIL) model.fail = toBigint(from.failSequence);
  if (from.present & MP_FASTCLOSE) model.fastclose = toBigint(from.fastcloseKey);
  if (from.present & MP_TCPRST) model.reset = { flags: from.resetFlags, reason: from.resetReason };
  return model;
}

/** Puts the model into reset options. */
export function writeOptionsModel(model: OptionsModel, into: TcpOptions): void {
  into.reset();
  into.maximumSegmentSize = model.maximumSegmentSize ?? 0;
  into.windowScale = model.windowScale ?? -1;
  into.sackPermitted = model.sackPermitted ?? false;
  if (model.timestamps !== undefined) {
    into.hasTimestamp = true;
    [into.timestampValue, into.timestampEcho] = model.timestamps;
  }
  if (model.sack !== undefined) {
    into.sackCount = model.sack.length / 2;
    into.sackEdges.set(model.sack);
  }
  into.userTimeout = model.userTimeout ?? 0;
  if (model.fastOpen !== undefined) {
    into.fastOpenLength = model.fastOpen.length;
    into.fastOpenCookie.set(model.fastOpen);
  }
  if (model.mptcp !== undefined) writeMptcpModel(model.mptcp, into.mptcp);
}

/** The model of what was parsed. */
export function readOptionsModel(from: TcpOptions): OptionsModel {
  const mptcp = readMptcpModel(from.mptcp);
  return {
    ...(from.maximumSegmentSize !== 0 && { maximumSegmentSize: from.maximumSegmentSize }),
    ...(from.windowScale >= 0 && { windowScale: from.windowScale }),
    ...(from.sackPermitted && { sackPermitted: true }),
    ...(from.hasTimestamp && { timestamps: [from.timestampValue, from.timestampEcho] as [number, number] }),
    ...(from.sackCount !== 0 && { sack: [...from.sackEdges.subarray(0, 2 * from.sackCount)] }),
    ...(from.userTimeout !== 0 && { userTimeout: from.userTimeout }),
    ...(from.fastOpenLength >= 0 && { fastOpen: [...from.fastOpenCookie.subarray(0, from.fastOpenLength)] }),
    ...(Object.keys(mptcp).length > 0 && { mptcp }),
  };
}
