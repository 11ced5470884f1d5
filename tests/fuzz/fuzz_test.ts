import { assertEquals } from "@std/assert";
import { drawCase, type FuzzCase, isMild } from "./case.ts";
import { runCase } from "./exchange.ts";
import { fuzzFor } from "./main.ts";
import { MUTATIONS } from "./mutate.ts";
import { shrink } from "./shrink.ts";

const CORPUS = new URL("./corpus/", import.meta.url);
const SECONDS = 60;
/** The same every time, so that a change is judged by what it changes; `deno task fuzz` takes others. */
const SEED = 8684;

for (const { name } of [...Deno.readDirSync(CORPUS)].toSorted((a, b) => a.name.localeCompare(b.name))) {
  Deno.test(`what the fuzzer once found stays right: ${name}`, async () => {
    runCase(JSON.parse(await Deno.readTextFile(new URL(name, CORPUS))));
  });
}

Deno.test(`nothing that happens to packets breaks a host, for ${SECONDS} seconds`, () => {
  fuzzFor(SECONDS, SEED, ({ fuzz, error }) => {
    throw new Error(`Cannot survive ${JSON.stringify(fuzz)}`, { cause: error });
  });
});

Deno.test("a seed draws the same case each time, and every kind of mutation comes up", () => {
  const kinds = new Set<string>();
  let mild = 0;
  for (let seed = 0; seed < 300; seed++) {
    const fuzz = drawCase(seed);
    assertEquals(fuzz, drawCase(seed));
    if (isMild(fuzz)) mild++;
    for (const { kind } of fuzz.mutations) kinds.add(kind);
  }
  assertEquals(kinds, new Set(Object.keys(MUTATIONS)));
  assertEquals(mild > 80 && mild < 160, true, `${mild} of 300 cases lose no byte`);
});

Deno.test("a case that fails is made smaller until only what is guilty is left", () => {
  const fuzz: FuzzCase = { ...drawCase(7), paths: 2, checksums: true, bytes: 300_000 };
  const [guilty, accomplice] = [fuzz.mutations[3]!, fuzz.mutations.at(-1)!];
  const fails = ({ mutations, bytes }: FuzzCase) =>
    mutations.includes(guilty) && mutations.includes(accomplice) && bytes >= 5000;
  assertEquals(shrink(fuzz, fails), {
    seed: 7,
    paths: 1,
    checksums: false,
    bytes: 5000,
    mutations: [guilty, accomplice],
  });
});
