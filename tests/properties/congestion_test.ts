import type { AckSample, CongestionController, CongestionGroup, Env, LossKind, Plugin } from "../../core/plugin.ts";
import { lia, newReno } from "../../congestion/mod.ts";
import { congestionProperties, testCongestion } from "../kit/mod.ts";
import { testRefutations } from "./refute.ts";

testCongestion(newReno());
testCongestion({ ...newReno({ initialWindow: 1, pacing: false }), name: "new-reno from one segment, unpaced" });
testCongestion(lia(), { coupled: true });

/** NewReno, of which `change` replaces parts. */
function broken(
  change: (sound: CongestionController, env: Env) => Partial<CongestionController>,
): Plugin<CongestionGroup> {
  return {
    name: "broken",
    create(env) {
      const group = newReno().create(env);
      return {
        join(view) {
          const sound = group.join(view);
          return Object.setPrototypeOf(change(sound, env), forward(sound));
        },
        leave: (view) => group.leave(view),
      };
    },
  };
}

function forward(sound: CongestionController): CongestionController {
  return {
    get cwnd(): number {
      return sound.cwnd;
    },
    get ssthresh(): number {
      return sound.ssthresh;
    },
    get pacingRate(): number {
      return sound.pacingRate;
    },
    onSent: (...given) => sound.onSent(...given),
    onAck: (...given) => sound.onAck(...given),
    onLoss: (...given) => sound.onLoss(...given),
    onSpurious: (...given) => sound.onSpurious(...given),
    onRecovered: (...given) => sound.onRecovered?.(...given),
    onIdle: (...given) => sound.onIdle?.(...given),
    onMss: (...given) => sound.onMss?.(...given),
  };
}

/** Passes acknowledgments on with `change` made to them. */
function misread(change: Partial<AckSample>): Plugin<CongestionGroup> {
  return broken((sound) => ({ onAck: (sample, now) => sound.onAck({ ...sample, ...change }, now) }));
}

/** Does not hear of losses of one kind. */
function deafTo(deaf: LossKind): Plugin<CongestionGroup> {
  return broken((sound) => ({
    onLoss(kind, lost, inFlight, now) {
      if (kind !== deaf) sound.onLoss(kind, lost, inFlight, now);
    },
  }));
}

let shared = 0;

testRefutations("congestion", (plugin) => congestionProperties(plugin, { coupled: true }), {
  "throws nothing": broken((sound) => ({
    onIdle() {
      throw new Error(`idle at ${sound.cwnd}`);
    },
  })),
  "keeps the window a whole number of bytes, at least one segment": broken((sound) => ({
    get cwnd(): number {
      return sound.cwnd / 3;
    },
  })),
  "keeps threshold and pacing rate positive": broken((sound) => ({
    get pacingRate(): number {
      return sound.pacingRate * (sound.ssthresh - sound.ssthresh);
    },
  })),
  "lets the window grow only while it holds the sender back": misread({ cwndLimited: true }),
  "lets the window grow only outside recovery": misread({ inRecovery: false }),
  "lets the window grow by no more than was acknowledged": broken((sound) => ({
    onAck: (sample, now) => sound.onAck({ ...sample, acked: 2 * sample.acked }, now),
  })),
  "shrinks the window at every sign of congestion": deafTo("ecn"),
  "leaves one segment beside what is in flight after a timeout": broken((sound) => ({
    onLoss: (_kind, lost, inFlight, now) => sound.onLoss("fast", lost, inFlight, now),
  })),
  "restores the window after a spurious loss": broken(() => ({ onSpurious() {} })),
  "lets the window grow again and again while nothing is lost": misread({ inRecovery: true }),
  "decides alike for the same seed and history": broken((sound) => ({
    onAck(sample, now) {
      if (shared++ % 3 === 0) sound.onAck(sample, now);
    },
  })),
  "gains no more in total than one TCP connection on the best path": newReno(),
});
