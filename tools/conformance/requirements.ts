/**
 * What the RFCs ask for, in our own words, as it stands in `docs/conformance/`.
 *
 * @module
 */

import { z } from "zod";

/** Where the requirements are. */
const FOLDER = new URL("../../docs/conformance/", import.meta.url);

const requirement = z.strictObject({
  /** The RFC's own label, or its section with a number that we gave: the name that tests use. */
  id: z.string().regex(/^(?:(?:MUST|SHLD|REC)-\d+|\d+(?:\.\d+)*-\d+)$/),
  level: z.enum(["MUST", "MUST NOT", "SHOULD", "SHOULD NOT"]),
  text: z.string().endsWith("."),
  /** Why nothing holds it yet. */
  open: z.string().optional(),
  /** Why it is none of our concern. */
  notApplicable: z.string().optional(),
});

const document = z.strictObject({
  rfc: z.int(),
  title: z.string(),
  sections: z.record(z.string().regex(/^\d+(?:\.\d+)*$/), z.array(requirement)),
});

/** One thing that an RFC asks for. */
export type Requirement = z.infer<typeof requirement>;

/** One RFC and what it asks for, by section. */
export type RequirementDocument = z.infer<typeof document>;

/** Reads all of them, in the order of the RFCs' numbers. */
export async function readRequirements(): Promise<readonly RequirementDocument[]> {
  const documents: RequirementDocument[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith(".json")) continue;
    const read = document.safeParse(JSON.parse(await Deno.readTextFile(new URL(name, FOLDER))));
    if (!read.success) throw new TypeError(`Cannot read docs/conformance/${name}: ${z.prettifyError(read.error)}`);
    documents.push(read.data);
  }
  return documents.toSorted((a, b) => a.rfc - b.rfc);
}
