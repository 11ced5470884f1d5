/**
 * Reads scenario files.
 *
 * @module
 */

import { ConfigError, parseConfig } from "../../config/checks.ts";
import { JsonText } from "../../config/json_text.ts";
import { type Scenario, scenarioSchema } from "../../config/scenario.ts";
import { checkReferences } from "../../config/scenario_references.ts";
import { reasonOf } from "../file_error.ts";

/**
 * The scenario in `text`, which errors call `name`; the files that it names are relative to `folder`, which
 * ends with a slash or is empty.
 *
 * @throws {JsonTextError} naming each wrong field with its line and column
 */
export function readScenario(text: string, name: string, folder: string): Scenario {
  const json = new JsonText(text, name);
  const readFile = (path: string) => readTextFile(/^([/\\]|[A-Za-z]:)/.test(path) ? path : folder + path);
  let scenario: Scenario;
  try {
    scenario = parseConfig(scenarioSchema(readFile), json.value, name);
  } catch (error) {
    throw error instanceof ConfigError ? json.error(error.issues) : error;
  }
  const issues = checkReferences(scenario);
  if (issues.length > 0) throw json.error(issues);
  return scenario;
}

function readTextFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${reasonOf(error)}`);
  }
}
