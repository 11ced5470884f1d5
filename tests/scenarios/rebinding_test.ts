/**
 * Translators that give out new ports in mid-connection: each costs a subflow and not the connection.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { SYN } from "../../core/wire/tcp.ts";
import type { Frame } from "../../sim/frame.ts";
import type { BoxDirection, BoxFunction } from "../../sim/middlebox/mod.ts";
import { bothWays, type PathOptions, TWO_PATHS, World } from "../harness/mod.ts";

/** A translator of ports alone that forgets when it is told to. */
class Translator {
  /** Times at which it forgot, in microseconds. */
  readonly forgotAt: number[] = [];
  readonly #inside = new Map<number, number>();
  readonly #outside = new Map<number, number>();
  #next = 1024;

  readonly box: BoxFunction = (frame: Frame, direction: BoxDirection): boolean => {
    const { view, start } = frame;
    const at = direction === "forward" ? start : start + 2;
    const known = (direction === "forward" ? this.#outside : this.#inside).get(view.getUint16(at));
    if (known === undefined && direction === "backward") return false;
    view.setUint16(at, known ?? this.#bind(view.getUint16(at)));
    frame.reseal();
    return true;
  };

  forget(now: number): void {
    this.forgotAt.push(now);
    this.#inside.clear();
    this.#outside.clear();
  }

  #bind(inside: number): number {
    this.#outside.set(inside, this.#next);
    this.#inside.set(this.#next, inside);
    return this.#next++;
  }
}

function behind(path: PathOptions): { readonly path: PathOptions; readonly translator: Translator } {
  const translator = new Translator();
  return { translator, path: { ...path, boxes: [translator.box] } };
}

for (const direction of ["up", "down"] as const) {
  Deno.test(`new ports in mid-connection, data ${direction}: joined again at once, over and over`, () => {
    const { translator, path } = behind({ ...TWO_PATHS[0]!, ...bothWays(4, 20), keepAlive: 15e6 });
    const world = new World({ paths: [path] });
    const joins: number[] = [];
    world.filter = ({ header, direction, now }) => {
      if (direction === "up" && header.flags & SYN) joins.push(now);
    };
    const data = world.bytes(10_000_000, direction);
    const [sends, expects] = [{ sends: data }, { expects: data }];
    const running = direction === "up" ? world.transfer(sends, expects) : world.transfer(expects, sends);
    for (let i = 1; i <= 12; i++) {
      world.simulator.at(1500 * i, () => translator.forget(world.simulator.now()));
    }
    world.settle();
    running.assertDone();
    const waits = translator.forgotAt.map((at) => joins.find((join) => join > at)! - at);
    // What the client sends waits in the queue of its link and is answered by a reset; when it only receives, it asks once
    // data stops coming.
    const most = direction === "up" ? 500_000 : 1_000_000;
    assert(Math.max(...waits.slice(0, 8)) < most, `joined again after ${waits} µs`);
    // From then on the server takes its old subflows for alive until it has asked them, and refuses more.
    assert(Math.max(...waits) < most + 3_000_000, `joined again after ${waits} µs`);
  });
}

Deno.test("a translator forgets an idle connection: whoever speaks next is heard", () => {
  for (const direction of ["up", "down"] as const) {
    const { translator, path } = behind({ ...TWO_PATHS[0]!, keepAlive: 15e6 });
    const world = new World({ paths: [path] });
    const data = world.bytes(5000, direction);
    const sends = { sends: data, writeChunk: 2500, writeEvery: 60_000 };
    const expects = { expects: data, endsAfter: "reading" } as const;
    const running = direction === "up" ? world.transfer(sends, expects) : world.transfer(expects, sends);
    world.simulator.at(40_000, () => translator.forget(world.simulator.now()));
    world.until(59_000);
    assertEquals(running.client.socket.stats().subflowsTotal, 2, "asked within 15 seconds, and joined again");
    world.settle();
    running.assertDone();
  }
});
