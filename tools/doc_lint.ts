/**
 * Runs `deno doc --lint` over every module that deno.json exports. One that does not exist yet is named and left out:
 * `deno lint` refuses it anyway.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

const files: string[] = [];
for (const [name, file] of Object.entries(config.exports)) {
  const exists = await Deno.stat(file).then((found) => found.isFile, () => false);
  if (exists) files.push(file);
  else console.error(`Cannot check the documentation of ${name}: ${file} does not exist`);
}
const command = new Deno.Command(Deno.execPath(), { args: ["doc", "--lint", ...files], stdin: "null" });
Deno.exit((await command.spawn().status).code);
