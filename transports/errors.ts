/**
 * The errors of the stream API: each has the `code` of an {@linkcode MptcpError}, and is at the same time an instance of
 * the class that Deno's own TCP throws on that occasion, so that a `catch` written for Deno finds what it looks for.
 *
 * @module
 */

import type { ErrorCode, MptcpError } from "../core/errors.ts";
import { kindOf } from "../core/shown.ts";

/** One of the classes in `Deno.errors`. */
export type DenoErrorClass = new (message: string, options?: ErrorOptions) => Error;

const CLASS_OF_CODE: Readonly<Record<ErrorCode, DenoErrorClass>> = {
  "refused": Deno.errors.ConnectionRefused,
  "reset": Deno.errors.ConnectionReset,
  "timeout": Deno.errors.TimedOut,
  "unreachable": Deno.errors.NetworkUnreachable,
  "aborted": Deno.errors.ConnectionAborted,
  "closed": Deno.errors.BadResource,
  "address-in-use": Deno.errors.AddrInUse,
  "address-not-available": Deno.errors.AddrNotAvailable,
  "protocol": Deno.errors.InvalidData,
};

/** An error with `code`, of the class in `Deno.errors` that fits the code, or of `errorClass`. */
export function connectionError(
  code: ErrorCode,
  message: string,
  errorClass: DenoErrorClass = CLASS_OF_CODE[code],
): MptcpError {
  return Object.assign(new errorClass(message), { code });
}

/** What the engine reported, as an error of the operation that it ended: "Cannot read: reason". */
export function operationError(operation: string, reported: MptcpError): MptcpError {
  const message = reported.message.startsWith("Cannot ")
    ? reported.message
    : `Cannot ${operation}: ${reported.message}`;
  return Object.assign(new CLASS_OF_CODE[reported.code](message, { cause: reported }), { code: reported.code });
}

/** The argument `name` of an operation is `given` in place of bytes; says what makes bytes of it, where something does. */
export function bytesError(operation: string, name: string, given: unknown): TypeError {
  let advice = "";
  if (typeof given === "string") advice = "; encode it with a TextEncoder";
  else if (given instanceof ArrayBuffer) advice = "; make a view of it with new Uint8Array(…)";
  else if (ArrayBuffer.isView(given)) advice = "; make another view of its buffer, byteOffset and byteLength";
  return new TypeError(`Cannot ${operation}: ${name} must be a Uint8Array, is ${kindOf(given)}${advice}`);
}
