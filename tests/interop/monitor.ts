/**
 * `ip mptcp monitor` in the hands of a test.
 *
 * @module
 */

import { type Namespace, until } from "./neighbours.ts";

/** Starts it; what comes back waits for an event, the end of a connection by default, and answers the lines about connections. */
export async function monitor(namespace: Namespace, last = "CLOSED"): Promise<() => Promise<string[]>> {
  const child = namespace.spawn("stdbuf -oL ip mptcp monitor");
  await until("the monitor listens", async () => (await namespace.run("ss -Hpf netlink")).includes(`ip/${child.pid}`));
  let text = "";
  const reading = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) text += piece;
  })();
  return async () => {
    await until(`the monitor has seen ${last}`, () => new RegExp(`[ [] *${last}\\] .*\\n`).test(text));
    child.kill();
    await Promise.all([reading, child.stderr.cancel(), child.status]);
    return text.split("\n").filter((line) => line.includes("token="));
  };
}
