import { assert, assertEquals, assertThrows } from "@std/assert";
import { JsonTextError } from "./json_text.ts";
import { ConfigError, parseConfig } from "./checks.ts";
import { type Scenario, scenarioSchema } from "./scenario.ts";
import { checkReferences } from "./scenario_references.ts";

const FILES: Readonly<Record<string, string>> = { "lte.up": "1\n2\n3\n", "bad.up": "1\nx\n" };

function readFile(path: string): string {
  if (Object.hasOwn(FILES, path)) return FILES[path]!;
  throw new Error(`cannot read ${path}: there is no such file`);
}

/** A scenario that is right, with `changes` at its fields. */
function scenario(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    hosts: { phone: {}, server: {} },
    links: { wifi: { between: ["phone", "server"], addresses: ["10.0.1.2", "10.0.0.1"] } },
    applications: [{ type: "bulk", client: "phone", server: "server", bytes: "1 MB" }],
    ...changes,
  };
}

function link(options: Record<string, unknown>): Record<string, unknown> {
  return scenario({
    links: { wifi: { between: ["phone", "server"], addresses: ["10.0.1.2", "10.0.0.1"], ...options } },
  });
}

function application(options: Record<string, unknown>): Record<string, unknown> {
  return scenario({ applications: [{ type: "bulk", client: "phone", server: "server", bytes: 1, ...options }] });
}

function read(value: unknown): Scenario {
  return parseConfig(scenarioSchema(readFile), value, "it");
}

/** What is wrong with `value`, a line each. */
function wrong(value: unknown): string {
  const error = assertThrows(() => {
    const issues = checkReferences(read(value));
    if (issues.length > 0) throw new ConfigError("it", issues);
  }, ConfigError);
  assert(!(error instanceof JsonTextError));
  return error.message.slice("Cannot use it: ".length);
}

Deno.test("a scenario is read into the units of the simulator", () => {
  const { links, applications, limit } = read({
    ...link({
      rate: "30 Mbit/s",
      delay: "0.02 s",
      queue: { bytes: "64 KiB" },
      backward: { rate: { mahimahi: "lte.up" } },
      changes: [{ at: "3 s", up: false }],
    }),
    limit: "1 min",
  });
  const { rate, delay, queue, backward, changes, addresses } = links.wifi!;
  assertEquals({ rate, delay, queue, changes }, {
    rate: 30e6,
    delay: 20,
    queue: { bytes: 65_536 },
    changes: [{ at: 3000, up: false }],
  });
  assertEquals((backward?.rate as { meanRate: number }).meanRate, 12e6);
  assertEquals([addresses, limit], [[["10.0.1.2"], ["10.0.0.1"]], 60_000]);
  assertEquals(applications, [{ type: "bulk", client: "phone", server: "server", bytes: 1_000_000 }]);
});

Deno.test("a rate is a number, text, or a trace in lines or in a file", () => {
  const rateOf = (rate: unknown) => {
    const read_ = read(link({ rate })).links.wifi!.rate!;
    return typeof read_ === "number" ? read_ : read_.meanRate;
  };
  assertEquals(rateOf(5e6), 5e6);
  assertEquals(rateOf({ steps: ["0 12", "5 18"] }), 15e6);
  assertEquals(rateOf({ mahimahi: [1, 2, 3] }), 12e6);
  assertEquals(
    wrong(link({ rate: "fast" })),
    'links.wifi.rate: must be bits per second above 0 or text like "30 Mbit/s" or "500 kbit/s", is "fast" ' +
      "(units are bit/s, kbit/s, Mbit/s, Gbit/s)",
  );
  assertEquals(
    wrong(link({ rate: { mahimahi: "bad.up" } })),
    'links.wifi.rate.mahimahi: Cannot read trace: line 2 is "x", must be a whole number of milliseconds',
  );
  assertEquals(
    wrong(link({ rate: { steps: "wifi.txt" } })),
    "links.wifi.rate.steps: cannot read wifi.txt: there is no such file",
  );
  assertEquals(
    wrong(link({ rate: { steps: 5 } })),
    "links.wifi.rate.steps: must be the path of a file or a list of its lines, is 5",
  );
  assertEquals(
    wrong(link({ rate: { steps: ["0 1"], mahimahi: ["1"] } })),
    'links.wifi.rate: must have exactly one of "mahimahi", "steps"',
  );
});

Deno.test("each wrong field of a link is named with what would be right", () => {
  assertEquals(
    wrong(link({ dealy: 3, loss: 2, queue: {}, outage: "loose", mtu: 20 })).split("; "),
    [
      'links.wifi.queue: must have exactly one of "packets", "bytes", "delay", "red", "codel"',
      "links.wifi.loss: must be a probability from 0 to 1, is 2",
      "links.wifi.mtu: must be a whole number from 68 to 65535, is 20",
      'links.wifi.outage: must be one of "lose", "hold", is "loose", did you mean "lose"?',
      'links.wifi: unknown field "dealy", did you mean "delay"?',
    ],
  );
  assertEquals(
    wrong(link({ loss: { goodToBad: 0.1, badToGood: 0.5, bad: 1 } })),
    'links.wifi.loss: unknown field "bad", known are goodToBad, badToGood, lossInGood, lossInBad',
  );
  assertEquals(
    wrong(link({ queue: { red: { minimum: 80 } } })),
    "links.wifi.queue.red: minimum must be below maximum",
  );
  assertEquals(
    wrong(link({ between: ["phone"] })),
    'links.wifi.between: must be a list of two names of hosts, routers or middleboxes, is ["phone"]',
  );
  assertEquals(
    wrong(link({ addresses: ["10.0.1.2/24", "10.0.0.1"] })),
    'links.wifi.addresses[0]: must be an IP address like "10.0.0.1" or "2001:db8::1", is "10.0.1.2/24"',
  );
});

Deno.test("a wrong name or plug-in is refused where it stands", () => {
  assertEquals(
    wrong(scenario({ hosts: { "1st": {}, server: { scheduler: "min-rt" } } })),
    "hosts.1st: its name must begin with a letter, then letters, digits, spaces, and . _ -; " +
      'hosts.server.scheduler: no scheduler has the name "min-rt", did you mean "min-rtt"?',
  );
  assertEquals(wrong(scenario({ hosts: [] })), "hosts: must be an object of names, is []");
  assertEquals(
    wrong(scenario({ defaults: { congestion: { name: "lia", pacin: true } } })),
    'defaults.congestion: unknown field "pacin", did you mean "pacing"?',
  );
});

Deno.test("each wrong field of an application is named with what would be right", () => {
  assertEquals(
    wrong(application({ type: "bluk" })),
    'applications[0].type: must be one of "bulk", "constant-rate", "request-response", is "bluk", did you mean "bulk"?',
  );
  assertEquals(
    wrong(scenario({ applications: [{ type: "bulk", client: "phone", server: "server" }] })),
    'applications[0]: needs "bytes", "duration" or both: how much is sent, or for how long',
  );
  assertEquals(
    wrong(application({ type: "constant-rate" })).split("; ").map((line) => line.split(",")[0]),
    [
      'applications[0].messageBytes: must be a whole number of bytes of at least 1 or text like "32 MB" or "64 KiB"',
      'applications[0].interval: must be a number of milliseconds from 0 or text like "20 ms" or "1.5 s"',
      "applications[0].messages: must be a whole number of at least 1",
      'applications[0]: unknown field "bytes"',
    ],
  );
  assertEquals(wrong(scenario({ applications: [] })), "applications: must hold at least one application");
});

Deno.test("names and addresses that lead nowhere are refused", () => {
  assertEquals(
    wrong(link({ between: ["phone", "sever"] })),
    'links.wifi.between[1]: there is no host, router or middlebox "sever", did you mean "server"?; ' +
      'applications[0].server: server has no address, give it one in "addresses" of a link',
  );
  assertEquals(
    wrong(link({ addresses: ["10.0.0.1", "10.0.0.1"] })),
    "links.wifi.addresses[0]: 10.0.0.1 cannot be of phone, server has it; " +
      "links.wifi.addresses[1]: 10.0.0.1 cannot be of server, phone has it",
  );
  assertEquals(
    wrong(application({ server: "phone", from: "10.0.9.9" })),
    'applications[0].server: must be another host than the client, is "phone"; ' +
      "applications[0].from: phone does not have 10.0.9.9, it has 10.0.1.2",
  );
  assertEquals(
    wrong(scenario({ hosts: { phone: { changes: [{ at: 1 }, { at: 2, addressDown: "::1" }] }, server: {} } })),
    'hosts.phone.changes[0]: must have "addressDown" or "addressUp"; ' +
      "hosts.phone.changes[1].addressDown: phone does not have ::1, it has 10.0.1.2",
  );
  assertEquals(
    wrong(scenario({ routers: { core: { routes: [{ to: "10.0.0.0/8", over: ["wifi", "wfi"] }] }, server: {} } })),
    'routers.server: there is a host called "server" already; ' +
      'routers.core.routes[0].over[0]: link "wifi" is not connected to core; ' +
      'routers.core.routes[0].over[1]: there is no link "wfi", did you mean "wifi"?',
  );
  const bulk = { name: "a", type: "bulk", client: "phone", server: "server", bytes: 1 };
  assertEquals(
    wrong(scenario({ applications: [bulk, bulk] })),
    'applications[1].name: "a" is taken by applications[0]',
  );
  assertEquals(
    wrong(scenario({ captures: [{ file: "../x", links: ["wifi"] }] })),
    "captures[0].file: must be the plain name of a file, which --pcap puts into its folder",
  );
  assertEquals(
    wrong(scenario({ captures: [{ file: "a.pcapng", links: ["lte"] }] })),
    'captures[0].links[0]: there is no link "lte", there is wifi',
  );
});

/** A scenario with a box between phone and server that does `does`. */
function box(does: unknown, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return scenario({
    middleboxes: { firewall: { does } },
    links: {
      inside: { between: ["phone", "firewall"], addresses: ["10.0.1.2", []] },
      outside: { between: ["firewall", "server"], addresses: ["192.0.2.1", "10.0.0.1"] },
    },
    ...changes,
  });
}

Deno.test("a middlebox does what its steps say", () => {
  const steps = [
    { type: "strip-options", subtypes: [3], direction: "forward", from: "first-data" },
    { type: "split", bytes: "0.5 kB", mptcp: "first", after: "2 s" },
    { type: "translate-addresses", address: "192.0.2.1", rebinds: { at: "close" } },
  ];
  const scenario = read(box(steps));
  assertEquals(checkReferences(scenario), []);
  assertEquals(scenario.middleboxes!.firewall!.does, [
    { type: "strip-options", subtypes: [3], direction: "forward", from: "first-data" },
    { type: "split", bytes: 500, mptcp: "first", after: 2000 },
    { type: "translate-addresses", address: "192.0.2.1", rebinds: { at: "close" } },
  ]);
});

Deno.test("what is wrong with a middlebox is named", () => {
  const first = "middleboxes.firewall.does[0]";
  assertEquals(wrong(box([])), "middleboxes.firewall.does: must hold at least one thing that it does");
  assertEquals(
    wrong(box([{ type: "spilt", bytes: 500 }])),
    `${first}.type: must be one of "strip-options", "drop-options", "drop", "drop-holes", "duplicate", "delay", ` +
      '"renumber", "split", "coalesce", "acknowledge-early", "alter", "replace", "forge", "translate-addresses", ' +
      'is "spilt", did you mean "split"?',
  );
  assertEquals(
    wrong(box([{ type: "split" }])),
    `${first}.bytes: must be a whole number of bytes of at least 1 or text like "32 MB" or "64 KiB", is missing`,
  );
  assertEquals(
    wrong(box([{ type: "drop", from: "syn", directon: "forward" }])),
    `${first}: unknown field "directon", did you mean "direction"?`,
  );
  assertEquals(
    wrong(box([{ type: "translate-addresses", address: "192.0.2.9" }])),
    `${first}.address: no link of firewall gives it 192.0.2.9`,
  );
  const links = { wifi: { between: ["phone", "server"], addresses: ["10.0.1.2", "10.0.0.1"] } };
  assertEquals(wrong(box([{ type: "drop" }], { links })), "middleboxes.firewall: must be between two links, is at 0");
  assertEquals(
    wrong(box([{ type: "drop" }], { routers: { firewall: {} } })),
    'middleboxes.firewall: there is a router called "firewall" already',
  );
});
