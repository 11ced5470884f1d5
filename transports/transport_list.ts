/**
 * What a host is given as its transports.
 *
 * @module
 */

import { shown } from "../core/shown.ts";
import type { Transport } from "./transport.ts";

const METHODS = ["open", "receive", "send", "close"] as const satisfies readonly (keyof Transport)[];

/** Throws a TypeError that says what is wanted where `given` is no list of transports. */
export function throwUnlessTransports(given: readonly Transport[]): void {
  if (!Array.isArray(given) || given.length === 0) {
    throw new TypeError("Cannot create host: transports must be an array with at least one transport");
  }
  given.forEach((transport: unknown, index) => {
    if (isTransport(transport)) return;
    throw new TypeError(
      `Cannot create host: transports[${index}] must be a transport, is ${shown(transport)}${adviceFor(transport)}`,
    );
  });
}

function isTransport(value: unknown): boolean {
  return METHODS.every((method) => typeof (value as Partial<Transport> | null | undefined)?.[method] === "function");
}

function adviceFor(value: unknown): string {
  if (Array.isArray(value)) return "; memoryPair() returns two, each host takes one";
  if (value instanceof Promise) return "; await it";
  return typeof value === "function" ? "; call it" : "";
}
