/**
 * The right to make network namespaces and devices, and where a user without it can get it: in a user namespace.
 *
 * @module
 */

/** Bits of capabilities(7). */
const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** Makes a program root of a network of its own: of new user and network namespaces, with the loopback up. */
const ENTER: readonly string[] = ["unshare", "-Urn", "--", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"];

/** Whether this process may make network namespaces and TUN devices, as root may. */
export function isPrivileged(): boolean {
  if (Deno.build.os !== "linux") return false;
  const [, hexadecimal = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
  const capabilities = BigInt(`0x${hexadecimal}`);
  return [CAP_NET_ADMIN, CAP_SYS_ADMIN].every((bit) => (capabilities >> bit & 1n) === 1n);
}

/** The command line that runs `words` as root of user and network namespaces of their own. */
export function inUserNamespace(words: readonly string[]): readonly string[] {
  return [...ENTER, ...words];
}

/** Why this user cannot have a user namespace, or null. */
export function userNamespaceObstacle(): string | null {
  if (Deno.build.os !== "linux") return "this is no Linux";
  const [program, ...args] = inUserNamespace(["true"]);
  try {
    const { success, stderr } = new Deno.Command(program!, { args, stdin: "null", stdout: "null" }).outputSync();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return `there is no program unshare (${(error as Error).message})`;
  }
}
