/**
 * Tests of the kits themselves: a property that no plug-in can break says nothing.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { Property } from "../kit/mod.ts";

/** Runs `property`, which has to find a counterexample for a reason that contains `reason`. */
export async function assertRefuted(property: Property | undefined, reason: string): Promise<void> {
  assert(property !== undefined, "no such property");
  const failure = await assertRejects(async () => await property.check(), Error);
  // What is drawn is found by fast-check, which wraps what was thrown; what is measured throws by itself.
  const isDrawn = failure.message.startsWith("Property failed after");
  const found = isDrawn ? failure.cause : failure;
  assertInstanceOf(found, Error);
  assert(found.message.includes(reason), `failed for another reason: ${found.message}`);
}

/**
 * Registers a test for each property of a kit: the plug-in of that name in `broken` breaks it. None may be missing.
 * Whatever compares two values fails with the words of the assertion; anything else names the property.
 */
export function testRefutations<P>(
  kit: string,
  properties: (plugin: P) => Property[],
  broken: Record<string, P>,
): void {
  for (const [name, plugin] of Object.entries(broken)) {
    Deno.test(`the ${kit} kit refutes "${name}"`, async () => {
      const reason = name.startsWith("decides alike") ? "Values are not equal" : name;
      await assertRefuted(properties(plugin).find((it) => it.name === name), reason);
    });
  }
  Deno.test(`the ${kit} kit has a counterexample for each of its properties`, () => {
    const [any] = Object.values(broken);
    assert(any !== undefined);
    assertEquals(Object.keys(broken).sort(), properties(any).map((it) => it.name).sort());
  });
}
