import { assertEquals, assertThrows } from "@std/assert";
import type { z } from "zod";
import {
  addressSchema,
  ConfigError,
  congestionNames,
  congestionSchema,
  fields,
  hostSchema,
  parseConfig,
  pathManagerNames,
  pathManagerSchema,
  portSchema,
  prefixedAddressSchema,
  schedulerNames,
  schedulerSchema,
} from "./config.ts";

function refused<T>(schema: z.ZodType<T>, value: unknown): string {
  return assertThrows(() => parseConfig(schema, value, "it"), ConfigError).message;
}

Deno.test("every name gives the plug-in of that name, with and without options", () => {
  for (const name of schedulerNames) assertEquals(parseConfig(schedulerSchema, name, "it").name, name);
  for (const name of congestionNames) assertEquals(parseConfig(congestionSchema, { name }, "it").name, name);
  for (const name of pathManagerNames) assertEquals(parseConfig(pathManagerSchema, { name }, "it").name, name);
  assertEquals(parseConfig(schedulerSchema, { name: "round-robin", quota: 3 }, "it").name, "round-robin");
});

Deno.test("an unknown name is answered with the known ones", () => {
  const known = schedulerNames.map((name) => `"${name}"`).join(", ");
  const message = `Cannot use it: no scheduler has the name "fastest", known are ${known}`;
  assertEquals(refused(schedulerSchema, "fastest"), message);
  assertEquals(refused(schedulerSchema, { name: "fastest" }), message);
  const slip = 'Cannot use it: no scheduler has the name "blast", did you mean "blest"?';
  assertEquals(refused(schedulerSchema, "blast"), slip);
  assertEquals(refused(schedulerSchema, { name: "blast" }), slip);
  assertEquals(
    refused(congestionSchema, 7),
    "Cannot use it: must be the name of a congestion control or an object with its name and options, is 7",
  );
  assertEquals(refused(pathManagerSchema, "toString").includes('no path manager has the name "toString"'), true);
});

Deno.test("a wrong option is named with its path and its range", () => {
  assertEquals(
    refused(hostSchema, { scheduler: { name: "round-robin", quota: 0 }, options: { multipath: "yes" } }),
    "Cannot use it: scheduler.quota: must be a whole number of at least 1, is 0; " +
      'options.multipath: must be true or false, is "yes"',
  );
  assertEquals(
    refused(hostSchema, { congestion: { name: "lia", initialWindow: 2000 } }),
    "Cannot use it: congestion.initialWindow: must be a whole number from 1 to 1000, is 2000",
  );
  assertEquals(
    refused(hostSchema, { pathManager: { name: "passive", limit: 3 } }),
    'Cannot use it: pathManager: unknown field "limit", known are none',
  );
  assertEquals(
    refused(hostSchema, { pathManager: { name: "full-mesh", shortestRetry: 10, longestRetry: 5 } }).startsWith(
      "Cannot use it: pathManager: Cannot create full-mesh: longestRetry",
    ),
    true,
  );
});

Deno.test("options of plug-ins may be quantities, addresses and lists", () => {
  const config = parseConfig(hostSchema, {
    scheduler: { name: "adaptive-redundancy", shortFlow: "20 kB", lossSensitive: true },
    pathManager: {
      name: "linux-endpoints",
      endpoints: [{ address: "2001:DB8:0::1", subflow: true, fullmesh: true }, {
        address: "10.0.1.2",
        signal: true,
        port: 443,
      }],
      subflows: 4,
    },
  }, "it");
  assertEquals([config.scheduler?.name, config.pathManager?.name], ["adaptive-redundancy", "linux-endpoints"]);
  assertEquals(
    parseConfig(pathManagerSchema, { name: "failover", order: ["10.0.1.2"], returnAfter: "5 s" }, "it").name,
    "failover",
  );
  assertEquals(
    refused(pathManagerSchema, { name: "failover", order: ["wifi"] }),
    'Cannot use it: order[0]: must be an IP address like "10.0.0.1", is "wifi"',
  );
  assertEquals(
    refused(pathManagerSchema, { name: "linux-endpoints", endpoints: "10.0.1.2" }),
    'Cannot use it: endpoints: must be a list of endpoints, is "10.0.1.2"',
  );
  assertEquals(
    refused(pathManagerSchema, { name: "linux-endpoints", endpoints: [{ address: "10.0.1.2", singal: true }] }),
    'Cannot use it: endpoints[0]: unknown field "singal", did you mean "signal"?',
  );
});

Deno.test("an unknown field is answered with the known ones", () => {
  assertEquals(
    refused(hostSchema, { shceduler: "min-rtt" }),
    'Cannot use it: unknown field "shceduler", did you mean "scheduler"?',
  );
  assertEquals(
    refused(hostSchema, { bandwidth: 1, cpu: 2 }),
    'Cannot use it: unknown field "bandwidth", known are scheduler, congestion, pathManager, options; ' +
      'unknown field "cpu", known are scheduler, congestion, pathManager, options',
  );
  assertEquals(refused(hostSchema, "min-rtt"), 'Cannot use it: must be an object, is "min-rtt"');
});

Deno.test("issues keep their path for whoever knows the lines of the file", () => {
  const schema = fields({ paths: fields({ port: portSchema }).array() });
  const error = assertThrows(() => parseConfig(schema, { paths: [{ port: 1 }, {}] }, "scenario"), ConfigError);
  assertEquals(error.message, "Cannot use scenario: paths[1].port: must be a whole number from 1 to 65535, is missing");
  assertEquals(error.issues[0]!.path, ["paths", 1, "port"]);
});

Deno.test("host options keep what is given and leave defaults to whoever uses them", () => {
  assertEquals(parseConfig(hostSchema, {}, "it"), {});
  const host = parseConfig(hostSchema, { scheduler: "round-robin", options: { multipath: false } }, "it");
  assertEquals(host.scheduler?.name, "round-robin");
  assertEquals([host.options, Object.keys(host)], [{ multipath: false }, ["scheduler", "options"]]);
});

Deno.test("options that no connection could have are refused", () => {
  assertEquals(
    refused(hostSchema, { options: { sendBuffer: 2e9 } }),
    "Cannot use it: options: Cannot set sendBuffer to 2000000000: it must be a whole number from 1 to 1073725440 bytes",
  );
});

Deno.test("times in options are microseconds or say their unit", () => {
  const options = parseConfig(hostSchema, { options: { timeWait: "60 s", keepAliveTime: 1000 } }, "it").options;
  assertEquals(options, { timeWait: 60_000_000, keepAliveTime: 1000 });
  assertEquals(
    refused(hostSchema, { options: { timeWait: "60 seconds" } }),
    "Cannot use it: options.timeWait: must be a whole number of microseconds of at least 0 or text like " +
      '"200 ms" or "1.5 s", is "60 seconds" (units are µs, us, ms, s, min, h)',
  );
});

Deno.test("addresses are read with and without prefix, and refused with an example", () => {
  assertEquals(`${parseConfig(addressSchema, "2001:DB8::1", "it")}`, "2001:db8::1");
  const { address, prefixLength } = parseConfig(prefixedAddressSchema, "10.0.0.1/24", "it");
  assertEquals([`${address}`, prefixLength], ["10.0.0.1", 24]);
  for (const wrong of ["10.0.0.1", "10.0.0.1/33", "10.0.0/8", "::1/129", "::1/x", "::1/64/64", 5, undefined]) {
    assertEquals(refused(prefixedAddressSchema, wrong).includes("10.0.0.1/24"), true);
  }
  assertEquals(
    refused(addressSchema, "example.org"),
    'Cannot use it: must be an IP address like "10.0.0.1" or "2001:db8::1", is "example.org"',
  );
});
