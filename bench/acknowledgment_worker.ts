/**
 * Measures what an acknowledgment allocates under one congestion control, in an isolate of its own.
 *
 * @module
 */

import { congestionSchema, parseConfig } from "../config.ts";
import { bytesPerAcknowledgment } from "../tests/kit/congestion_cost.ts";

/** The one thing of the worker's global scope that is needed, which the types of the main thread do not know. */
const scope = self as unknown as { onmessage: unknown; postMessage(bytes: number): void };

scope.onmessage = ({ data: { name, subflows } }: MessageEvent<{ name: string; subflows: number }>) => {
  scope.postMessage(bytesPerAcknowledgment(parseConfig(congestionSchema, name, "it"), subflows));
};
