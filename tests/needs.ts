/**
 * Tests that need something of the machine (a program, root): where it is missing they are reported as ignored, with
 * the reason in their name, and never pass in silence.
 *
 * @module
 */

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

/** The rights of the super-user, for network namespaces and TUN devices. */
export const root: Need = { name: "root", met: Deno.build.os !== "windows" && Deno.uid() === 0 };

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
