export { Link } from "./link.ts";
export type { LinkOptions, Receiver } from "./link.ts";
export { Simulator } from "./simulator.ts";
export { Frame } from "./frame.ts";
