import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../core/wire/address.ts";
import { Routes } from "./routes.ts";

Deno.test("property: routes are a map keyed by the value of the address", () => {
  const action = fc.record({ type: fc.constantFrom("set", "delete", "get"), host: fc.nat(5), target: fc.nat() });
  fc.assert(fc.property(fc.array(action), (actions) => {
    const routes = new Routes<number>();
    const model = new Map<string, number>();
    for (const { type, host, target } of actions) {
      const address = IpAddress.parse(host % 2 === 0 ? `10.0.0.${host}` : `2001:db8::${host}`);
      if (type === "set") {
        routes.set(address, target);
        model.set(`${address}`, target);
      } else if (type === "delete") {
        routes.delete(address);
        model.delete(`${address}`);
      }
      assertEquals(routes.get(address), model.get(`${address}`) ?? null);
    }
  }));
});
