/**
 * Network address translators.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import type { BoxFunction } from "./box.ts";
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
 * Translates addresses and ports: what goes forward seems to come from `publicAddress`, and only answers come back. Give the
 * address to the outer side of the box: `connect(box, server, { addresses: [publicAddress, …] })`.
 */
export function translateAddresses(publicAddress: string, options: TranslateOptions = {}): BoxFunction {
  const outside = IpAddress.parse(publicAddress);
  const rebinds = options.rebinds === undefined ? null : new Scope({ ...options.rebinds, count: 1 });
  const byInside = new Map<string, number>();
  const byPort = new Map<number, Inner>();
  let nextPort = FIRST_PORT;
  return (frame, direction, place) => {
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
  };

  function forget(): void {
    byInside.clear();
    byPort.clear();
  }
}
