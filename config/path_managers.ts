/**
 * Path managers by name, with the options that files and flags can give them. The one that is a program's own has none.
 *
 * @module
 */

import { z } from "zod";
import type { PathManager } from "../core/plugin.ts";
import { IpAddress } from "../core/mod.ts";
import { failover, fullMesh, linuxEndpoints, ndiffports, passive } from "../pathmanagers/mod.ts";
import { fields, flag, refuse, show, wholeNumber } from "./checks.ts";
import type { PluginTable } from "./plugin_entry.ts";
import { microseconds } from "./quantities.ts";

/** An address in the text form in which path managers see those of the host. */
const address = z.unknown().transform((value, context): string => {
  const parsed = typeof value === "string" ? IpAddress.tryParse(value) : null;
  return parsed?.toString() ?? refuse(context, `must be an IP address like "10.0.0.1", is ${show(value)}`);
});

function list<T>(item: z.ZodType<T>, what: string): z.ZodType<T[]> {
  return z.array(item, { error: (issue) => `must be a list of ${what}, is ${show(issue.input)}` });
}

const RETRY = {
  refusals: wholeNumber(1).optional(),
  shortestRetry: microseconds(1).optional(),
  longestRetry: microseconds(1).optional(),
};

const endpoint = fields({
  address,
  subflow: flag().optional(),
  signal: flag().optional(),
  backup: flag().optional(),
  fullmesh: flag().optional(),
  laminar: flag().optional(),
  port: wholeNumber(1, 65_535).optional(),
});

/** See {@linkcode PluginTable}. */
export const PATH_MANAGERS: PluginTable<PathManager> = {
  "full-mesh": {
    shape: { subflowsPerPair: wholeNumber(1).optional(), limit: wholeNumber(1).optional(), ...RETRY },
    create: fullMesh,
  },
  "passive": { shape: {}, create: passive },
  "ndiffports": { shape: { subflows: wholeNumber(1).optional(), ...RETRY }, create: ndiffports },
  "failover": {
    shape: {
      order: list(address, "addresses").optional(),
      returnAfter: microseconds(0).optional(),
      limit: wholeNumber(1).optional(),
      ...RETRY,
    },
    create: failover,
  },
  "linux-endpoints": {
    shape: {
      endpoints: list(endpoint, "endpoints").optional(),
      subflows: wholeNumber(0).optional(),
      addAddrAccepted: wholeNumber(0).optional(),
    },
    create: linuxEndpoints,
  },
};
