/**
 * Scenario files: a network, what happens to it, and what flows through it. `docs/scenarios.md` is their manual.
 *
 * @module
 */

import { z } from "zod";
import {
  addressSchema,
  congestionSchema,
  fields,
  flag,
  hostSchema,
  pathManagerSchema,
  portSchema,
  prefixedAddressSchema,
  schedulerSchema,
  socketOptionsSchema,
  wholeNumber,
} from "../config.ts";
import { type CapacityTrace, parseMahimahi, parseRateLines, type QueueOptions } from "../sim/mod.ts";
import { list, oneOf, oneOfTypes, probability, refuse, show, text, whichever } from "./checks.ts";
import { middleboxShapes } from "./middleboxes.ts";
import { bitRate, byteCount, milliseconds } from "./quantities.ts";

/** Reads a file that a scenario names; throws when it cannot be read. */
export type ReadFile = (path: string) => string;

/** A scenario as its file says it, checked field by field. Times are in milliseconds, rates in bit/s, sizes in bytes. */
export type Scenario = z.output<ReturnType<typeof scenarioShapes>["scenario"]>;
/** One link of a scenario. */
export type ScenarioLink = z.output<ReturnType<typeof scenarioShapes>["link"]>;
/** One application of a scenario. */
export type ScenarioApplication = z.output<ReturnType<typeof scenarioShapes>["application"]>;

/** The schema of a whole scenario, for `parseConfig`; whether its parts fit together says `checkReferences`. */
export function scenarioSchema(readFile: ReadFile): z.ZodType<Scenario> {
  return scenarioShapes(readFile).scenario;
}

/** What a named thing may be called: what can stand in a table and in the name of a file. */
const NAME = /^[A-Za-z][\w .-]{0,63}$/;

/** The objects that a scenario is made of. `shapes` names each and its fields, for the manual. */
// deno-lint-ignore explicit-module-boundary-types -- the type is inferred from the schema; written out it would stand twice.
export function scenarioShapes(readFile: ReadFile) {
  const loss = {
    goodToBad: probability(),
    badToGood: probability(),
    lossInGood: probability().exactOptional(),
    lossInBad: probability().exactOptional(),
  };
  const reorder = { probability: probability(), delay: milliseconds() };
  const corrupt = {
    probability: probability(),
    bits: wholeNumber(1, 1000).exactOptional(),
    fixChecksum: flag().exactOptional(),
  };
  const red = {
    minimum: positive().exactOptional(),
    maximum: positive().exactOptional(),
    probability: probability().exactOptional(),
    weight: probability().exactOptional(),
    packets: wholeNumber(1).exactOptional(),
    ecn: flag().exactOptional(),
  };
  const codel = {
    target: above0(milliseconds()).exactOptional(),
    interval: above0(milliseconds()).exactOptional(),
    packets: wholeNumber(1).exactOptional(),
    ecn: flag().exactOptional(),
  };
  const queue = {
    packets: wholeNumber(1).exactOptional(),
    bytes: byteCount(1).exactOptional(),
    delay: above0(milliseconds()).exactOptional(),
    red: fields(red).refine(({ minimum = 25, maximum = 75 }) => minimum < maximum, "minimum must be below maximum")
      .exactOptional(),
    codel: fields(codel).exactOptional(),
  };
  const rate = {
    mahimahi: trace(readFile, parseMahimahi).exactOptional(),
    steps: trace(readFile, parseRateLines).exactOptional(),
  };

  const direction = {
    rate: rateOf(rate).exactOptional(),
    delay: milliseconds().exactOptional(),
    jitter: milliseconds().exactOptional(),
    queue: exactlyOne<QueueOptions>(queue).exactOptional(),
    loss: numberOr(probability(), fields(loss)).exactOptional(),
    reorder: fields(reorder).exactOptional(),
    duplicate: probability().exactOptional(),
    corrupt: numberOr(probability(), fields(corrupt)).exactOptional(),
    mtu: wholeNumber(68, 65_535).exactOptional(),
    up: flag().exactOptional(),
    outage: oneOf("lose", "hold").exactOptional(),
  };
  const bothDirections = {
    ...direction,
    forward: fields(direction).exactOptional(),
    backward: fields(direction).exactOptional(),
  };
  const linkChange = { at: milliseconds(), ...bothDirections };
  const link = {
    between: pair(nodeName(), "two names of hosts, routers or middleboxes"),
    addresses: pair(addresses(), "the addresses of both ends, each text, a list, or [] for none").exactOptional(),
    ...bothDirections,
    routed: flag().exactOptional(),
    changes: z.array(fields(linkChange), list).exactOptional(),
  };

  const settings = {
    scheduler: schedulerSchema.exactOptional(),
    congestion: congestionSchema.exactOptional(),
    pathManager: pathManagerSchema.exactOptional(),
    options: socketOptionsSchema.exactOptional(),
  };
  const hostChange = {
    at: milliseconds(),
    addressDown: address().exactOptional(),
    addressUp: address().exactOptional(),
  };
  const host = { ...settings, changes: z.array(fields(hostChange), list).exactOptional() };
  const route = {
    to: prefixedAddressSchema.transform(({ address, prefixLength }) => `${address}/${prefixLength}`),
    over: z.array(text("the name of a link"), list).min(1, "must name at least one link"),
  };
  const router = {
    routes: z.array(fields(route), list).exactOptional(),
    icmpErrors: flag().exactOptional(),
  };

  const { middlebox, shapes: boxShapes } = middleboxShapes();

  const flow = {
    name: name().exactOptional(),
    client: nodeName(),
    server: nodeName(),
    start: milliseconds().exactOptional(),
    protocol: oneOf("mptcp", "tcp").exactOptional(),
    from: address().exactOptional(),
    to: address().exactOptional(),
    port: portSchema.exactOptional(),
    ...settings,
  };
  const bulk = {
    type: z.literal("bulk"),
    ...flow,
    bytes: byteCount(1).exactOptional(),
    duration: above0(milliseconds()).exactOptional(),
    direction: oneOf("download", "upload").exactOptional(),
  };
  const constantRate = {
    type: z.literal("constant-rate"),
    ...flow,
    messageBytes: byteCount(1),
    interval: above0(milliseconds()),
    messages: wholeNumber(1),
  };
  const requestResponse = {
    type: z.literal("request-response"),
    ...flow,
    requestBytes: byteCount(1),
    responseBytes: byteCount(1),
    requests: wholeNumber(1),
    think: milliseconds().exactOptional(),
  };
  const applications = {
    "bulk": fields(bulk).refine(
      ({ bytes, duration }) => bytes !== undefined || duration !== undefined,
      'needs "bytes", "duration" or both: how much is sent, or for how long',
    ),
    "constant-rate": fields(constantRate),
    "request-response": fields(requestResponse),
  };
  const capture = {
    file: text('a file name like "phone.pcapng"').refine(
      (file) => NAME.test(file),
      "must be the plain name of a file, which --pcap puts into its folder",
    ),
    links: z.array(text("the name of a link"), list).min(1, "must name at least one link"),
    end: oneOf("near", "far").exactOptional(),
  };

  const scenario = {
    $schema: z.string().exactOptional(),
    description: text("text").exactOptional(),
    seed: seed().exactOptional(),
    limit: above0(milliseconds()).exactOptional(),
    defaults: hostSchema.exactOptional(),
    hosts: named(fields(host)),
    routers: named(fields(router)).exactOptional(),
    middleboxes: named(fields(middlebox)).exactOptional(),
    links: named(fields(link)),
    applications: z.array(oneOfTypes(applications), list).min(1, "must hold at least one application"),
    captures: z.array(fields(capture), list).exactOptional(),
  };
  return {
    scenario: fields(scenario),
    link: fields(link),
    application: oneOfTypes(applications),
    shapes: {
      "scenario": scenario,
      "defaults": settings,
      "host": host,
      "host change": hostChange,
      "router": router,
      "route": route,
      "middlebox": middlebox,
      ...boxShapes,
      "link": link,
      "forward, backward": direction,
      "link change": linkChange,
      "rate": rate,
      "queue": queue,
      "red": red,
      "codel": codel,
      "loss": loss,
      "reorder": reorder,
      "corrupt": corrupt,
      "every application": { type: bulk.type, ...flow },
      "bulk": without(bulk, flow),
      "constant-rate": without(constantRate, flow),
      "request-response": without(requestResponse, flow),
      "capture": capture,
    } as Readonly<Record<string, z.ZodRawShape>>,
  };
}

/** A seed, in the file or behind `--seed`. */
export function seed(): z.ZodType<number | string> {
  return whichever<number | string>((value) => typeof value === "string" ? text("a number or text") : wholeNumber(0));
}

function name(): z.ZodType<string> {
  return text("a name").regex(NAME, "must begin with a letter, then letters, digits, spaces, and . _ -");
}

function nodeName(): z.ZodType<string> {
  return text("the name of a host, router or middlebox");
}

function address(): z.ZodType<string> {
  return addressSchema.transform((address) => address.toString());
}

function addresses(): z.ZodType<string[]> {
  return whichever<string[]>((value) =>
    Array.isArray(value) ? z.array(address(), list) : address().transform((one) => [one])
  );
}

function positive(): z.ZodType<number> {
  const error = (issue: { readonly input?: unknown }) => `must be a number above 0, is ${show(issue.input)}`;
  return z.number({ error }).positive({ error });
}

function above0(schema: z.ZodType<number>): z.ZodType<number> {
  return schema.refine((value) => value > 0, "must be above 0");
}

function pair<T>(schema: z.ZodType<T>, what: string): z.ZodType<[T, T]> {
  return z.tuple([schema, schema], { error: (issue) => `must be a list of ${what}, is ${show(issue.input)}` });
}

/** An object whose keys are names of the file's author. */
function named<T>(schema: z.ZodType<T>): z.ZodType<Record<string, T>> {
  return z.record(name(), schema, {
    error: (issue) =>
      issue.code === "invalid_key"
        ? `its name ${issue.issues[0]?.message}`
        : `must be an object of names, is ${show(issue.input)}`,
  });
}

function numberOr<T>(number: z.ZodType<number>, object: z.ZodType<T>): z.ZodType<number | T> {
  return whichever<number | T>((value) => typeof value === "object" && value !== null ? object : number);
}

/** An object in which one of several fields says what kind it is. */
function exactlyOne<T>(shape: z.ZodRawShape): z.ZodType<T> {
  const schema = fields(shape);
  const known = Object.keys(shape).map((key) => `"${key}"`).join(", ");
  // The compiler does not follow which one of the fields is there.
  return schema.refine(
    (value) => Object.keys(value).length === 1,
    `must have exactly one of ${known}`,
  ) as unknown as z.ZodType<T>;
}

/** A number, or the one kind of trace whose name is there. */
function rateOf(kinds: z.ZodRawShape): z.ZodType<number | CapacityTrace> {
  const traces = exactlyOne<Record<string, CapacityTrace>>(kinds).transform((value) => Object.values(value)[0]!);
  return whichever<number | CapacityTrace>((value) => typeof value === "object" && value !== null ? traces : bitRate());
}

/** A trace: the path of its file, or a list of its lines. */
function trace(readFile: ReadFile, parse: (text: string) => CapacityTrace): z.ZodType<CapacityTrace> {
  return z.unknown().transform((value, context) => {
    const isInline = Array.isArray(value) &&
      value.every((line) => typeof line === "string" || typeof line === "number");
    if (!isInline && (typeof value !== "string" || value === "")) {
      return refuse(context, `must be the path of a file or a list of its lines, is ${show(value)}`);
    }
    try {
      return parse(isInline ? value.join("\n") : readFile(value as string));
    } catch (error) {
      return refuse(context, (error as Error).message);
    }
  });
}

function without(shape: z.ZodRawShape, others: z.ZodRawShape): z.ZodRawShape {
  return Object.fromEntries(Object.entries(shape).filter(([key]) => !(key in others) && key !== "type"));
}
