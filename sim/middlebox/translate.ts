/**
 * Network address translators.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { fillIcmpChecksum } from "../../transports/icmp.ts";
import type { Frame } from "../frame.ts";
import type { BoxDirection, BoxFunction, BoxPlace } from "./box.ts";
import { type BoxScope, Scope } from "./scope.ts";

/** What else {@linkcode translateAddresses} does. */
export interface TranslateOptions {
  /**
   * Forgets what it has given out, once, when the first packet in this scope comes: what goes on from inside comes out of
   * another port, and answers to the old one are dropped. Never by default.
   */
  readonly rebinds?: BoxScope;
}

/** Lowest port that a translator gives out (RFC 4787 section 4.2.1 keeps the well-known ones apart). */
const FIRST_PORT = 1024;

interface Inner {
  readonly address: IpAddress;
  readonly port: number;
}

/**
 * Translates addresses and ports: what goes forward seems to come from `publicAddress`, and only answers come back, ICMP
 * errors among them (RFC 5508). Give the address to the outer side of the box:
 * `connect(box, server, { addresses: [publicAddress, …] })`.
 */
export function translateAddresses(publicAddress: string, options: TranslateOptions = {}): BoxFunction {
  const outside = IpAddress.parse(publicAddress);
  const rebinds = options.rebinds === undefined ? null : new Scope({ ...options.rebinds, count: 1 });
  const byInside = new Map<string, number>();
  const byPort = new Map<number, Inner>();
  let nextPort = FIRST_PORT;
  return Object.assign(translate, { handleError });

  function translate(frame: Frame, direction: BoxDirection, place: BoxPlace): boolean {
    const { view, start } = frame;
    if (direction === "forward") {
      if (rebinds?.covers(frame, direction, place)) forget();
      const inner = { address: frame.source.clone(), port: view.getUint16(start) };
      const key = `${inner.address} ${inner.port}`;
      let port = byInside.get(key);
      if (port === undefined) {
        if (nextPort > 0xffff) return false;
        port = nextPort++;
        byInside.set(key, port);
        byPort.set(port, inner);
      }
      frame.source.copy(outside);
      view.setUint16(start, port);
    } else {
      const inner = byPort.get(view.getUint16(start + 2));
      if (inner === undefined || !frame.destination.equals(outside)) return false;
      frame.destination.copy(inner.address);
      view.setUint16(start + 2, inner.port);
      // From here on the frame is as inside, as the scope knows it; a forgotten port shows with the next one.
      if (rebinds?.covers(frame, direction, place)) forget();
    }
    frame.reseal();
    return true;
  }

  /** What an error quotes is translated back (RFC 5508 section 4.2). */
  function handleError(frame: Frame, direction: BoxDirection): boolean {
    // The end inside has sent what an error that comes back is about, and was to receive what the others are about.
    const quoted = new QuotedEnd(frame, direction === "backward" ? "source" : "destination");
    if (direction === "forward") {
      const port = byInside.get(`${quoted.address} ${quoted.port}`);
      if (port === undefined) return false;
      quoted.replace(outside, port);
    } else {
      const inner = byPort.get(quoted.port);
      if (inner === undefined || !quoted.address.equals(outside)) return false;
      quoted.replace(inner.address, inner.port);
      frame.destination.copy(inner.address);
    }
    if (frame.isIntact) fillIcmpChecksum(frame);
    frame.reseal();
    return true;
  }

  function forget(): void {
    byInside.clear();
    byPort.clear();
  }
}

const ICMP_HEADER_LENGTH = 8;

/** One end of the segment that an ICMP error quotes. */
class QuotedEnd {
  readonly address = new IpAddress();
  readonly port: number;
  readonly #view: DataView;
  readonly #isV4: boolean;
  readonly #addressAt: number;
  readonly #portAt: number;

  constructor({ view, start, source }: Frame, end: "source" | "destination") {
    const at = start + ICMP_HEADER_LENGTH;
    this.#view = view;
    this.#isV4 = source.family === 4;
    const isSource = end === "source";
    this.#addressAt = at + (this.#isV4 ? (isSource ? 12 : 16) : (isSource ? 8 : 24));
    this.#portAt = at + (this.#isV4 ? (view.getUint8(at) & 0x0f) << 2 : 40) + (isSource ? 0 : 2);
    if (this.#isV4) this.address.readV4(view, this.#addressAt);
    else this.address.readV6(view, this.#addressAt);
    this.port = view.getUint16(this.#portAt);
  }

  replace(address: IpAddress, port: number): void {
    if (this.#isV4) address.writeV4(this.#view, this.#addressAt);
    else address.writeV6(this.#view, this.#addressAt);
    this.#view.setUint16(this.#portAt, port);
  }
}
