/**
 * TUN devices as text: "name=wifi,address=10.0.0.2/24,gateway=10.0.0.1/24".
 *
 * @module
 */

import { z } from "zod";
import type { TunOptions } from "../transports/tun.ts";
import { meant, refuse } from "./checks.ts";

const KEYS = ["name", "address", "gateway", "mtu", "offload", "backup"] as const;

/** A TUN device: words KEY=VALUE with commas between them; address and gateway may stand there several times. */
export const tunSchema: z.ZodType<TunOptions> = z.string().transform((value, context) => {
  const options = { addresses: [] as string[], gateways: [] as string[] } as
    & { -readonly [key in keyof TunOptions]: TunOptions[key] }
    & {
      addresses: string[];
      gateways: string[];
    };
  const seen = new Set<string>();
  for (const word of value.split(",")) {
    const [, key = word, text = ""] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (!KEYS.includes(key as typeof KEYS[number])) {
      return refuse(context, `has no key "${key}"${meant(key, KEYS) || `, there are ${KEYS.join(", ")}`}`);
    }
    if (text === "") {
      return refuse(context, `needs a value for ${key}, as in ${key}=${EXAMPLES[key as keyof typeof EXAMPLES]}`);
    }
    if (key === "address") options.addresses.push(text);
    else if (key === "gateway") options.gateways.push(text);
    else if (seen.has(key)) return refuse(context, `has ${key} twice`);
    else if (key === "name") options.name = text;
    else if (key === "mtu") {
      if (!/^\d+$/.test(text)) return refuse(context, `mtu must be a whole number of bytes, is "${text}"`);
      options.mtu = Number(text);
    } else if (text !== "on" && text !== "off") return refuse(context, `${key} must be on or off, is "${text}"`);
    else options[key as "offload" | "backup"] = text === "on";
    seen.add(key);
  }
  if (options.addresses.length === 0) return refuse(context, "needs an address of the host, as in address=10.0.0.2/24");
  return options;
});

const EXAMPLES = {
  name: "wifi",
  address: "10.0.0.2/24",
  gateway: "10.0.0.1/24",
  mtu: "1500",
  offload: "off",
  backup: "on",
} as const;
