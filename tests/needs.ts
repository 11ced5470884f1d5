/**
 * Tests that need something of the machine (a program, root): where it is missing they are reported as ignored, with
 * the reason in their name, and never pass in silence.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { isPrivileged, userNamespaceObstacle } from "./privilege.ts";

/** Something that a machine may lack. */
export interface Need {
  /** What to say after "needs". */
  readonly name: string;
  /** True where it is there. */
  readonly met: boolean;
}

/** A program on the PATH; `install` says how to get it, when its own name is not the package's. */
export function program(name: string, install: string = `apt-get install ${name}`): Need {
  return { name: `${name}: ${install}`, met: isOnPath(name) };
}

/** The rights of root over the network, for network namespaces and TUN devices. */
export const root: Need = isPrivileged() ? { name: "root", met: true } : { name: rightsNeeded(), met: false };

/** A TUN device that this user may open. */
export const tunDevice: Need = tunObstacle() ?? { name: "a TUN device", met: true };

/** An option that the kernel was built with; taken for granted where it does not tell. */
export function kernelOption(name: string): Need {
  const config = kernelConfig();
  return { name: `a kernel with CONFIG_${name}`, met: config === null || config.includes(`\nCONFIG_${name}=`) };
}

/** Like `Deno.test(name, fn)`, but ignored where one of `needs` is not met. */
export function testWith(
  needs: readonly Need[],
  name: string,
  fn: (context: Deno.TestContext) => void | Promise<void>,
): void {
  Deno.test(definition(needs, name, fn));
}

/** The test that {@linkcode testWith} registers. */
export function definition(
  needs: readonly Need[],
  name: string,
  fn: (context: Deno.TestContext) => void | Promise<void>,
): Deno.TestDefinition {
  const missing = needs.filter((need) => !need.met).map((need) => need.name);
  if (missing.length === 0) return { name, fn };
  return { name: `${name} (needs ${missing.join(", and ")})`, ignore: true, fn };
}

/** What a user without rights can do; `deno task test` has done it where it can be done. */
function rightsNeeded(): string {
  const obstacle = userNamespaceObstacle();
  if (obstacle === null) return "root: `deno task test` gets it from a user namespace";
  return `root, or a user namespace, which this user cannot have: ${obstacle.replaceAll(/\s+/g, " ")}`;
}

function tunObstacle(): Need | null {
  try {
    Deno.openSync("/dev/net/tun", { read: true, write: true }).close();
    return null;
  } catch (error) {
    const isDenied = error instanceof Deno.errors.PermissionDenied;
    return {
      name: isDenied ? "/dev/net/tun for this user: chmod 666 /dev/net/tun" : "a TUN device: modprobe tun",
      met: false,
    };
  }
}

function kernelConfig(): string | null {
  const read: (() => string)[] = [
    () => new TextDecoder().decode(gunzipSync(Deno.readFileSync("/proc/config.gz"))),
    () => Deno.readTextFileSync(`/boot/config-${Deno.osRelease()}`),
  ];
  for (const one of read) {
    try {
      return one();
    } catch {
      // It is not there, or not for this user.
    }
  }
  return null;
}

function isOnPath(name: string): boolean {
  const windows = Deno.build.os === "windows";
  const folders = (Deno.env.get("PATH") ?? "").split(windows ? ";" : ":").filter((folder) => folder !== "");
  return folders.some((folder) => isFile(`${folder}/${name}${windows ? ".exe" : ""}`));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
