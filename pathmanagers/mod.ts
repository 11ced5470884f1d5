/**
 * Path managers: which subflows exist. Each is a factory whose result goes to `createHost({ pathManager })`.
 *
 * @module
 */

export { announce } from "./announcer.ts";
export { application, type PathEventHandler } from "./application.ts";
export { type BackoffSettings } from "./backoff.ts";
export { failover, type FailoverOptions } from "./failover.ts";
export { fullMesh, type FullMeshOptions } from "./full_mesh.ts";
export { type LinuxEndpoint, linuxEndpoints, type LinuxEndpointsOptions } from "./linux_endpoints.ts";
export { ndiffports, type NdiffportsOptions } from "./ndiffports.ts";
export { mayConnect, Pairs, type RetryOptions, type RetrySettings, retrySettings, type Wish } from "./pairs.ts";
export { passive } from "./passive.ts";
