/**
 * One connection through one simulated bottleneck, watched.
 *
 * @module
 */

import type { CongestionController, CongestionGroup, Plugin, SubflowView } from "../../core/plugin.ts";
import { passive } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { type DuplexOptions, type Link, Network, Simulator, transfer } from "../../sim/mod.ts";

/** What a look at the sender shows. */
export interface Look<Controller> {
  /** Virtual seconds. */
  readonly seconds: number;
  /** The sender's controller. */
  readonly controller: Controller;
  /** The sender's subflow. */
  readonly view: SubflowView;
  /** The link in the direction of the data. */
  readonly link: Link;
}

/** What is to be run. */
export interface BottleneckOptions<Controller> {
  /** Governs the sender. */
  readonly congestion: Plugin<CongestionGroup>;
  /** The link; the way back has no limit. */
  readonly link: DuplexOptions;
  /** Virtual seconds. */
  readonly seconds: number;
  /** Virtual seconds that are not measured. */
  readonly warmUp?: number;
  /** Virtual seconds between two looks; 0.01 by default. */
  readonly every?: number;
  /** Looks. */
  readonly onLook?: (look: Look<Controller>) => void;
}

/** What came of it, after the warm-up. */
export interface BottleneckResult {
  /** Payload bits per second. */
  readonly rate: number;
  /** Mean number of packets that waited. */
  readonly queue: number;
}

/** A transfer that goes on for `seconds`. */
export async function throughBottleneck<Controller extends CongestionController>(
  { congestion, link: linkOptions, seconds, warmUp = 0, every = 0.01, onLook }: BottleneckOptions<Controller>,
): Promise<BottleneckResult> {
  const simulator = new Simulator({ seed: 1 });
  const made: [Controller, SubflowView][] = [];
  const watched: Plugin<CongestionGroup> = {
    name: congestion.name,
    create(env) {
      const group = congestion.create(env);
      return {
        join(view) {
          const controller = group.join(view) as Controller;
          made.push([controller, view]);
          return controller;
        },
        leave: (view) => group.leave(view),
      };
    },
  };
  // The congestion window alone is to say how much is under way.
  const options = { receiveTuning: false };
  const network = new Network(simulator, { scheduler: minRtt(), congestion, pathManager: passive(), options });
  const [client, server] = ["client", "server"].map((name) => network.host(name));
  const { forward } = network.connect(client!, server!, {
    ...linkOptions,
    backward: { rate: Infinity, loss: 0 },
    addresses: ["10.0.0.1", "10.0.0.2"],
  });
  let bytes = 0;
  let queue = 0;
  let looks = 0;
  const timer = simulator.timer((now) => {
    timer.set(now + 1e6 * every);
    const [controller, view] = made[0] ?? [];
    if (controller === undefined || view === undefined) return;
    onLook?.({ seconds: now / 1e6, controller, view, link: forward });
    if (now < 1e6 * warmUp) return;
    queue += forward.queuedPackets;
    looks++;
  });
  timer.set(1e6 * every);
  await simulator.run(() =>
    transfer(simulator, {
      client: client!,
      server: server!,
      direction: "upload",
      duration: 1000 * seconds,
      connection: { congestion: watched },
      onData: (data, now) => {
        if (now >= 1e6 * warmUp) bytes += data.length;
      },
    })
  );
  return { rate: 8 * bytes / (seconds - warmUp), queue: queue / looks };
}
