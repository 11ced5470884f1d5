/**
 * Path managers: which subflows exist. Each is a factory whose result goes to `createHost({ pathManager })`.
 *
 * @module
 */

export { application, type PathEventHandler } from "./application.ts";
export { failover, type FailoverOptions } from "./failover.ts";
export { fullMesh, type FullMeshOptions } from "./full_mesh.ts";
export { type LinuxEndpoint, linuxEndpoints, type LinuxEndpointsOptions } from "./linux_endpoints.ts";
export { ndiffports, type NdiffportsOptions } from "./ndiffports.ts";
export { type RetryOptions } from "./pairs.ts";
export { passive } from "./passive.ts";
