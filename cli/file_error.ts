/**
 * Files that cannot be read or written.
 *
 * @module
 */

import { UsageError } from "./command.ts";

/** An argument names a file that cannot be used; what the command takes is no help with that. */
export class FileError extends UsageError {
  /** `what` cannot be done, for the reason that `cause` tells. */
  constructor(what: string, cause: unknown) {
    super(`cannot ${what}: ${reasonOf(cause)}`);
    this.name = "FileError";
  }
}

/** Why something cannot be done with a file, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
    return "a file is in its place";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
