/**
 * What `ss` says of the kernel's sockets.
 *
 * @module
 */

import type { Namespace } from "./namespace.ts";

/** A TCP socket that is a subflow. */
export interface KernelSubflow {
  /** The kernel's end, "10.1.0.1:5000". */
  readonly local: string;
  /** Ours. */
  readonly remote: string;
  /**
   * Letters of `ss`: "J" joined by us, "j" by the kernel, "B" backup as we asked, "b" as the kernel did, "e" fully
   * established …
   */
  readonly flags: string;
  /** Values by name. */
  readonly values: Readonly<Record<string, string>>;
}

/** A connection. */
export interface KernelConnection {
  /** State of the meta socket. */
  readonly state: string;
  /** Values by name: "token", hexadecimal; "subflows", those beside the first … */
  readonly values: Readonly<Record<string, string>>;
}

/** The sockets of connections, as `ss -tniM` has them. */
export async function kernelSockets(
  namespace: Namespace,
): Promise<{ readonly subflows: readonly KernelSubflow[]; readonly connections: readonly KernelConnection[] }> {
  const subflows: KernelSubflow[] = [];
  const connections: KernelConnection[] = [];
  for (const line of (await namespace.run("ss -tniMHO")).split("\n")) {
    const [kind, state = "", , , local = "", remote = "", ...words] = line.trim().split(/\s+/);
    const values = Object.fromEntries(words.map((word) => word.split(/:(.*)/s).slice(0, 2)));
    if (kind === "mptcp") connections.push({ state, values });
    if (kind === "tcp" && words.includes("tcp-ulp-mptcp")) {
      subflows.push({ local, remote, flags: values.flags ?? "", values });
    }
  }
  return { subflows, connections };
}
