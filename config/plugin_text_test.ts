import { assertEquals } from "@std/assert";
import { optionsText, pluginText } from "./plugin_text.ts";

Deno.test("a name stays what it is", () => {
  assertEquals(pluginText("min-rtt"), "min-rtt");
  assertEquals(pluginText(""), "");
});

Deno.test("options follow the name, numbers and truth as such, everything else as text", () => {
  assertEquals(pluginText("blest,lambda=1.2,decrease=0"), { name: "blest", lambda: 1.2, decrease: 0 });
  assertEquals(pluginText("min-rtt,penalisation=false"), { name: "min-rtt", penalisation: false });
  assertEquals(pluginText("min-rtt,penalisation"), { name: "min-rtt", penalisation: true });
  assertEquals(pluginText("full-mesh, limit=4, shortestRetry=250 ms"), {
    name: "full-mesh",
    limit: 4,
    shortestRetry: "250 ms",
  });
  assertEquals(pluginText("ecf,beta=a=b"), { name: "ecf", beta: "a=b" });
});

Deno.test("an object is JSON; what only begins like one is left to be refused", () => {
  assertEquals(pluginText(' {"name": "failover", "order": ["10.0.1.2"]}'), { name: "failover", order: ["10.0.1.2"] });
  assertEquals(pluginText("{min-rtt}"), "{min-rtt}");
});

Deno.test("options alone are words, or an object", () => {
  assertEquals(optionsText("checksum,receiveBuffer=65536,userTimeout=5 s"), {
    checksum: true,
    receiveBuffer: 65536,
    userTimeout: "5 s",
  });
  assertEquals(optionsText('{ "checksum": true }'), { checksum: true });
  assertEquals(optionsText("{checksum}"), "{checksum}");
});
