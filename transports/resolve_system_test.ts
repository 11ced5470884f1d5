import { assertEquals, assertRejects } from "@std/assert";
import { resolveBySystem } from "./resolve_system.ts";

Deno.test({
  name: "to resolve a name takes permission, and the error says which",
  permissions: { net: false },
  async fn() {
    await assertRejects(
      () => resolveBySystem("example.com"),
      Deno.errors.NotCapable,
      'Cannot resolve "example.com": no permission; run with --allow-net',
    );
  },
});

Deno.test("a name that there is not has no address", async () => {
  const error = await assertRejects(() => resolveBySystem("a".repeat(300)), Deno.errors.AddrNotAvailable);
  assertEquals((error as Error & { code: string }).code, "address-not-available");
  assertEquals(error.message, `Cannot resolve "${"a".repeat(300)}": the system knows no address of it (ENOTFOUND)`);
});

Deno.test("literals take no permission", async () => {
  assertEquals((await resolveBySystem("::1")).map(String), ["::1"]);
});
