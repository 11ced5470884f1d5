import { assertEquals, assertRejects } from "@std/assert";
import { explained, resolveBySystem } from "./resolve_system.ts";
import { resolveLiteral } from "./resolve.ts";

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

Deno.test({
  name: "nobody is asked for what looks like an address and is none",
  permissions: { net: false },
  async fn() {
    for (const hostname of ["10.0.0.777", "1.2.3.4444", "010.0.0.1"]) {
      const reason = `Cannot resolve "${hostname}": it looks like an IPv4 address and is none`;
      for (const resolve of [resolveBySystem, resolveLiteral]) {
        await assertRejects(() => resolve(hostname), Deno.errors.AddrNotAvailable, reason);
      }
    }
    for (const hostname of ["10.0.0.1:80", "fe80::1%eth0", "::g", "[::1]:80"]) {
      for (const resolve of [resolveBySystem, resolveLiteral]) {
        await assertRejects(() => resolve(hostname), Deno.errors.AddrNotAvailable, "names have no colon");
      }
    }
  },
});

Deno.test("that no name server answers is told apart from a name that there is not", () => {
  const error = explained(Object.assign(new Error("getaddrinfo"), { code: "EAI_AGAIN" }), "example.com");
  const reason = "no name server answers now; try again later, or give an IP address (EAI_AGAIN)";
  assertEquals(error.message, `Cannot resolve "example.com": ${reason}`);
});
