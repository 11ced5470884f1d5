/**
 * Two stacks in virtual time, with programs that check every byte.
 *
 * @module
 */

export * from "./end.ts";
export * from "./transfer.ts";
export * from "./world.ts";
export * from "./case.ts";
export * from "./edit.ts";
