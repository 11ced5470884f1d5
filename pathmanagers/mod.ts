/**
 * Path managers: which subflows exist. Each is a factory whose result goes to `createHost({ pathManager })`.
 *
 * @module
 */

export { fullMesh, type FullMeshOptions } from "./full_mesh.ts";
export { passive } from "./passive.ts";
