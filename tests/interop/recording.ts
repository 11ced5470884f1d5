/**
 * Captures of what passes the devices of a host.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import type { Transport } from "../../mod.ts";
import { captured } from "../../transports/capture.ts";
import { PcapngWriter } from "../../transports/pcapng.ts";

/** Writes down what passes, of any number of devices. */
export class Recording {
  readonly #pieces: Uint8Array[] = [];
  readonly #writer: PcapngWriter = new PcapngWriter((bytes) => void this.#pieces.push(bytes.slice()));

  /** For `NeighbourOptions.between`. */
  readonly between = (transport: Transport, device: number): Transport => {
    return captured(transport, this.#writer, `t${device}`);
  };

  /** All of it so far, as pcapng. */
  get capture(): Uint8Array {
    this.#writer.flush();
    return concat(this.#pieces);
  }
}
