import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sequenceDistance } from "../wire/seq.ts";
import { CWR, ECE, TcpHeader } from "../wire/tcp.ts";
import { hideOptions, restoreOptions } from "./cookie_timestamp.ts";

const timestamp = fc.integer({ min: 0, max: 2 ** 32 - 1 });

Deno.test("options come back from a timestamp that is at most 64 ms old and never ahead of the clock", () => {
  const scale = fc.integer({ min: -1, max: 14 });
  fc.assert(fc.property(timestamp, scale, fc.boolean(), fc.boolean(), (clock, scale, selective, ecn) => {
    const hidden = hideOptions(clock, scale, selective, ecn);
    const age = sequenceDistance(hidden, clock);
    assert(age >= 0 && age < 64, `${age}`);
    const syn = new TcpHeader();
    syn.options.reset();
    syn.flags = 0;
    restoreOptions(hidden, syn);
    assertEquals([syn.options.windowScale, syn.options.sackPermitted, syn.flags], [
      scale,
      selective,
      ecn ? ECE | CWR : 0,
    ]);
  }));
});
