import { assertThrows } from "@std/assert";
import { testCongestion } from "../tests/kit/mod.ts";
import { bbr } from "./bbr.ts";

const MODEL = "a model of the path sets the window, not each event";

testCongestion(bbr(), {
  exceptions: {
    "lets the window grow only while it holds the sender back": MODEL,
    "lets the window grow only outside recovery": MODEL,
    "lets the window grow by no more than was acknowledged":
      "what a probe of the round trip or recovery took comes back",
    "shrinks the window at every sign of congestion": MODEL,
  },
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => bbr({ initialWindow: 0 }), RangeError, "Cannot create bbr: initialWindow");
});
