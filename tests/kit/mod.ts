/**
 * Conformance kits for plug-ins: one line in a test file holds a scheduler, a congestion control or a path manager to
 * everything that the engine relies on.
 *
 * `test…` registers a `Deno.test` for each property; `…Properties` returns them for other test runners. A failure
 * prints the seed and path that replay it; hand them back as options. The fakes are for tests of single decisions.
 *
 * @module
 */

export { type CongestionKitOptions, congestionProperties, testCongestion } from "./congestion.ts";
export { fakeAck } from "./fake_ack.ts";
export { FakeBatch } from "./fake_batch.ts";
export { fakeEnv } from "./fake_env.ts";
export { FakePaths } from "./fake_paths.ts";
export { FakeSubflow } from "./fake_subflow.ts";
export { type PathManagerKitOptions, pathManagerProperties, testPathManager } from "./path_manager.ts";
export { type PathManagerExpectations } from "./path_manager_model.ts";
export { type CheckOptions, type Property } from "./property.ts";
export { type SchedulerKitOptions, schedulerProperties, testScheduler } from "./scheduler.ts";
export {
  hostsInRealTime,
  testTransport,
  type TransportEnds,
  transportProperties,
  type TransportSubject,
} from "./transport.ts";
