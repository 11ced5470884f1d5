// What this project uses of @std, declared for the copy on npm, which ships JavaScript alone.
// An ambient declaration stands for the bare specifier, whatever the import map makes of it; see
// docs/decisions/001-std-from-npm.md. With the packages from JSR this file goes.

declare module "@std/assert" {
  // deno-lint-ignore no-explicit-any -- unknown parameters would refuse functions that take less than everything.
  type Constructor<T = unknown> = abstract new (...args: any[]) => T;
  // deno-lint-ignore no-explicit-any -- unknown parameters would refuse functions that take less than everything.
  type ErrorConstructor<E extends Error = Error> = new (...args: any[]) => E;

  /** What every assertion throws. */
  export class AssertionError extends Error {
    constructor(message: string, options?: ErrorOptions);
  }
  /** Deep equality. */
  export function equal(a: unknown, b: unknown): boolean;
  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void;
  export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;
  export function assertFalse(expr: unknown, msg?: string): asserts expr is false | 0 | 0n | "" | null | undefined;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertInstanceOf<T>(actual: unknown, expectedType: Constructor<T>, msg?: string): asserts actual is T;
  export function assertIsError<E extends Error = Error>(
    error: unknown,
    errorClass?: ErrorConstructor<E>,
    msgMatches?: string | RegExp,
    msg?: string,
  ): asserts error is E;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotInstanceOf<A, T>(
    actual: A,
    unexpectedType: Constructor<T>,
    msg?: string,
  ): asserts actual is Exclude<A, T>;
  export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertObjectMatch(
    // deno-lint-ignore no-explicit-any -- what is declared as an interface fits no record of unknown.
    actual: Record<PropertyKey, any>,
    expected: Record<PropertyKey, unknown>,
    msg?: string,
  ): void;
  export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    ErrorClass: ErrorConstructor<E>,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
  export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertThrows(fn: () => unknown, msg?: string): unknown;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    ErrorClass: ErrorConstructor<E>,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function fail(msg?: string): never;
  export function unimplemented(msg?: string): never;
  export function unreachable(msg?: string): never;
}

declare module "@std/async/delay" {
  export interface DelayOptions {
    /** Rejects the delay with the signal's reason. */
    signal?: AbortSignal;
    /** False lets the process end while the delay runs. Default: true. */
    persistent?: boolean;
  }
  /** Resolves after `ms` milliseconds. */
  export function delay(ms: number, options?: DelayOptions): Promise<void>;
}

declare module "@std/async/deadline" {
  export interface DeadlineOptions {
    /** Rejects with the signal's reason. */
    signal?: AbortSignal;
  }
  /** Settles as `p` does, or rejects with a `DOMException` named TimeoutError after `ms` milliseconds. */
  export function deadline<T>(p: Promise<T>, ms: number, options?: DeadlineOptions): Promise<T>;
}

declare module "@std/bytes/concat" {
  /** One new array out of all, in order. */
  export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

declare module "@std/bytes/equals" {
  /** True when both have the same length and bytes. */
  export function equals(a: Uint8Array, b: Uint8Array): boolean;
}

declare module "@std/cli/parse-args" {
  /** Options of {@linkcode parseArgs}, for flags without dots in their names. */
  export interface ParseOptions<B extends string = never, S extends string = never, C extends string = never> {
    /** Flags that take no value. */
    boolean?: readonly B[];
    /** Flags whose value is text, never turned into a number. */
    string?: readonly S[];
    /** Flags that may be given more than once and become an array. */
    collect?: readonly C[];
    /** Flags that `--no-…` sets to false. */
    negatable?: readonly string[];
    alias?: Record<string, string | readonly string[]>;
    default?: Record<string, unknown>;
    /** Puts what follows `--` into `args["--"]`. */
    "--"?: boolean;
    /** Stops at the first argument that is not a flag. */
    stopEarly?: boolean;
    /** Called for each argument that was not declared; false drops it. */
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  /** What {@linkcode parseArgs} found: every declared flag, and in `_` what is no flag. */
  export type Args<B extends string = never, S extends string = never, C extends string = never> =
    & { [flag: string]: unknown; _: (string | number)[]; "--"?: string[] }
    & { [flag in Exclude<B, C>]: boolean }
    & { [flag in Exclude<S, C>]: string | undefined }
    & { [flag in Extract<S, C>]: string[] }
    & { [flag in Extract<B, C>]: boolean[] };
  export function parseArgs<
    const B extends string = never,
    const S extends string = never,
    const C extends string = never,
  >(args: readonly string[], options?: ParseOptions<B, S, C>): Args<B, S, C>;
}

declare module "@std/expect" {
  // deno-lint-ignore no-explicit-any -- unknown parameters would refuse functions that take less than everything.
  type Constructor = abstract new (...args: any[]) => unknown;

  /** The matchers, each of which answers `R`: nothing, or a promise after `resolves` and `rejects`. */
  interface Matchers<R> {
    toBe(expected: unknown): R;
    toBeCloseTo(expected: number, numDigits?: number): R;
    toBeDefined(): R;
    toBeFalsy(): R;
    toBeGreaterThan(expected: number | bigint): R;
    toBeGreaterThanOrEqual(expected: number | bigint): R;
    toBeInstanceOf(expected: Constructor): R;
    toBeLessThan(expected: number | bigint): R;
    toBeLessThanOrEqual(expected: number | bigint): R;
    toBeNaN(): R;
    toBeNull(): R;
    toBeTruthy(): R;
    toBeUndefined(): R;
    toContain(expected: unknown): R;
    toContainEqual(expected: unknown): R;
    toEqual(expected: unknown): R;
    toHaveBeenCalled(): R;
    toHaveBeenCalledTimes(expected: number): R;
    toHaveBeenCalledWith(...expected: unknown[]): R;
    toHaveBeenLastCalledWith(...expected: unknown[]): R;
    toHaveBeenNthCalledWith(nth: number, ...expected: unknown[]): R;
    toHaveLastReturnedWith(expected: unknown): R;
    toHaveLength(expected: number): R;
    toHaveNthReturnedWith(nth: number, expected: unknown): R;
    toHaveProperty(path: string | readonly string[], value?: unknown): R;
    toHaveReturned(): R;
    toHaveReturnedTimes(expected: number): R;
    toHaveReturnedWith(expected: unknown): R;
    toMatch(expected: string | RegExp): R;
    toMatchObject(expected: Record<PropertyKey, unknown> | readonly Record<PropertyKey, unknown>[]): R;
    toStrictEqual(expected: unknown): R;
    toThrow(expected?: string | RegExp | Error | Constructor): R;
  }

  /** What `expect(value)` answers. */
  export interface Expected extends Matchers<void> {
    readonly not: Matchers<void>;
    readonly resolves: Matchers<Promise<void>> & { readonly not: Matchers<Promise<void>> };
    readonly rejects: Matchers<Promise<void>> & { readonly not: Matchers<Promise<void>> };
  }

  export const expect: {
    (value: unknown, customMessage?: string): Expected;
    any(type: unknown): unknown;
    anything(): unknown;
    arrayContaining(expected: readonly unknown[]): unknown;
    closeTo(expected: number, numDigits?: number): unknown;
    objectContaining(expected: Record<PropertyKey, unknown>): unknown;
    stringContaining(expected: string): unknown;
    stringMatching(expected: string | RegExp): unknown;
    assertions(count: number): void;
    hasAssertions(): void;
  };

  /** A function that records its calls; each given function answers one call, a single one all of them. */
  // deno-lint-ignore no-explicit-any -- unknown parameters would refuse functions that take less than everything.
  export function fn(...stubs: ((...args: any[]) => unknown)[]): (...args: any[]) => any;
}
