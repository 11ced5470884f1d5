import { assertEquals } from "@std/assert";
import {
  DEFAULT_HOST_LIMITS,
  DEFAULT_SOCKET_OPTIONS,
  type HostLimits,
  OPTION_SCOPES,
  type OptionScope,
  type SocketOptions,
} from "@userspace/mptcp/core";

type OptionName = keyof SocketOptions;

Deno.test("the table of options says what the code says", async () => {
  const page = await Deno.readTextFile(new URL("options.md", import.meta.url));
  const fields = new Map([
    ...fieldsOf(await Deno.readTextFile(new URL("../core/meta/options.ts", import.meta.url)), "SocketOptions"),
    ...fieldsOf(await Deno.readTextFile(new URL("../core/tcp/settings.ts", import.meta.url)), "TcpSettings"),
  ]);
  for (const scope of ["connection", "subflow"] as const) {
    assertEquals(
      rowsIn(page, `the ${scope}`),
      rowsOf(scope, fields),
      `the table under "Of the ${scope}" should be as on the right`,
    );
  }
});

Deno.test("the table of limits says what the code says", async () => {
  const page = await Deno.readTextFile(new URL("options.md", import.meta.url));
  const source = await Deno.readTextFile(new URL("../core/limits.ts", import.meta.url));
  const fields = [...fieldsOf(source, "ListenLimits"), ...fieldsOf(source, "HostLimits")];
  const expected = fields.map(([name, { type, text }]) => {
    return [`\`${name}\``, type, `\`${literal(DEFAULT_HOST_LIMITS[name as keyof HostLimits])}\``, text];
  });
  assertEquals(expected.length, Object.keys(DEFAULT_HOST_LIMITS).length);
  assertEquals([...rowsIn(page, "a listener"), ...rowsIn(page, "a host")], expected);
});

/** The rows that the table of `scope` should have. */
function rowsOf(scope: OptionScope, fields: ReadonlyMap<string, Field>): string[][] {
  const names = (Object.keys(OPTION_SCOPES) as OptionName[]).filter((name) => OPTION_SCOPES[name] === scope);
  return names.map((name) => {
    const { type, text } = fields.get(name)!;
    return [`\`${name}\``, type, `\`${literal(DEFAULT_SOCKET_OPTIONS[name])}\``, text];
  });
}

/** The rows of the table under the heading "Of `whom`", without its head. */
function rowsIn(page: string, whom: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`Of ${whom}`)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

interface Field {
  readonly type: string;
  readonly text: string;
}

/** The documented fields of an interface in TypeScript source. */
function fieldsOf(source: string, name: string): [string, Field][] {
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{$(.*?)^\\}$`, "ms").exec(source)![1]!;
  const fields = body.matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+): (\w+);/g);
  return [...fields].map(([, text, field, type]) => [field!, { type: type === "Micros" ? "µs" : type!, text: text! }]);
}

/** A value as one would write it in code. */
function literal(value: number | boolean | string): string {
  if (typeof value === "string") return JSON.stringify(value);
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}
