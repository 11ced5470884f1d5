/**
 * The one error that a connection can end with, and its closed set of codes.
 *
 * @module
 */

/** What can happen to a connection. */
export type ErrorCode =
  /** The peer answered the connection request with RST. */
  | "refused"
  /** The peer reset an established connection, or closed it fast (MP_FASTCLOSE). */
  | "reset"
  /** No answer in time: to the connection request, or to data on every path. */
  | "timeout"
  /** The network reports that the peer cannot be reached. */
  | "unreachable"
  /** This end aborted the connection. */
  | "aborted"
  /** The operation came after the connection or listener was closed. */
  | "closed"
  /** Another socket has the address and port. */
  | "address-in-use"
  /** The host has no such address, none of the family that is needed, or the address of the only subflow no more. */
  | "address-not-available"
  /** The peer broke the protocol in a way that cannot be carried on. */
  | "protocol";

/** Something that happened to a connection; `code` says what. */
export class MptcpError extends Error {
  /** What happened. */
  readonly code: ErrorCode;

  /** The message reads "Cannot X: reason". */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MptcpError";
    this.code = code;
  }
}
