import type {
  AckSample,
  CongestionController,
  CongestionGroup,
  Env,
  LossKind,
  Plugin,
  SubflowView,
} from "../../core/plugin.ts";
import { newReno } from "../../congestion/mod.ts";
import { congestionProperties, fakeAck } from "../kit/mod.ts";
import { testRefutations } from "./refute.ts";
import { drawAlike } from "./runs.ts";

drawAlike();

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

/** NewReno that does something more for each acknowledgment, with all subflows that ever joined. */
function busy(onAck: (views: readonly SubflowView[]) => void): Plugin<CongestionGroup> {
  return {
    name: "busy",
    create(env) {
      const views: SubflowView[] = [];
      const group = broken((sound) => ({
        onAck(sample, now) {
          onAck(views);
          sound.onAck(sample, now);
        },
      })).create(env);
      return {
        join(view) {
          views.push(view);
          return group.join(view);
        },
        leave: (view) => group.leave(view),
      };
    },
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

testRefutations("congestion", (plugin) => congestionProperties(plugin, { mostGain: 1, share: [0.8, 1.25] }), {
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
  "gains no more in total than it may, measured by one TCP connection on the best path": newReno(),
  "takes its share beside a TCP connection at one bottleneck with two subflows": newReno(),
  "keeps the window within the initial one, or four segments, and all that was ever acknowledged": broken((sound) => ({
    onSpurious(now) {
      sound.onSpurious(now);
      sound.onAck(fakeAck(3000), now);
    },
  })),
  "survives any events in any order": broken((sound) => {
    let step = 1;
    return {
      get cwnd(): number {
        return sound.cwnd + (step > 0 ? 0 : 0.5);
      },
      onAck(sample, now) {
        step = sample.rtt / sample.acked;
        sound.onAck(sample, now);
      },
    };
  }),
  "looks at each subflow a few times for an acknowledgment, however many came before": busy((views) => {
    for (const view of views) views.filter((other) => other.srtt < view.srtt && other.usable);
  }),
  "allocates next to nothing for an acknowledgment": busy((views) => views.map(({ srtt }) => ({ srtt }))),
});
