import type { Series } from '../../../k6/runner/plots/series.ts';
import { answered, type ClusterSample, type PodSample } from '../watch.ts';

/** Events after a step of load, in seconds after it; undefined: the event did not happen. */
export interface Timeline {
  /** The signal, mean over pods, was above its target. */
  crossed: number | undefined;
  /** The autoscaler wanted more pods. */
  desired: number | undefined;
  /** Of the first new pod: given to a node, its container started, ready, first request answered. */
  scheduled: number | undefined;
  started: number | undefined;
  ready: number | undefined;
  firstRequest: number | undefined;
  /** From then on p99 keeps its objective. 0: it always did. */
  restored: number | undefined;
  mostPods: number;
  /** After the load's end: as few pods as before. */
  scaledIn: number | undefined;
}

/** A moment in milliseconds since 1970, and what a signal has to exceed. */
export interface Step {
  startMs: number;
  endMs: number;
  /** Value of the signal for the pods of one sample and the one before. */
  signal: (now: ClusterSample, before: ClusterSample) => number;
  target: number;
  /** k6's p99 of each second; ms over seconds since `recordedFromMs`. */
  p99: Series['points'];
  recordedFromMs: number;
  objectiveMs: number;
}

/** This many seconds in a row must keep the objective before it counts as restored. */
const CALM_SECONDS = 5;

export function timelineOf(samples: ClusterSample[], step: Step): Timeline {
  const { startMs, endMs } = step;
  const after = (ms: number | undefined): number | undefined => ms && (ms - startMs) / 1000;
  const before = samples.filter(({ at }) => at < startMs);
  const old = new Set(before.flatMap(({ pods }) => pods.map(({ name }) => name)));
  const fewest = before.at(-1)?.pods.length ?? 0;
  const wanted = Math.max(fewest, before.at(-1)?.desired ?? 0);
  const during = samples.filter(({ at }) => at >= startMs);
  const first = (is: (sample: ClusterSample, last: ClusterSample) => boolean): number | undefined =>
    during.find((sample, i) => is(sample, during[i - 1] ?? before.at(-1) ?? sample))?.at;
  const isNew = (pod: PodSample): boolean => !old.has(pod.name);
  const ofNewPods = (what: 'scheduledAt' | 'startedAt' | 'readyAt'): number | undefined => {
    const times = during.flatMap(({ pods }) => pods.filter(isNew).flatMap((pod) => pod[what] ?? []));
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  };
  const scaledIn = samples.find(
    ({ at, pods }) => at > endMs && pods.filter(({ isLeaving }) => !isLeaving).length <= fewest,
  )?.at;
  return {
    crossed: after(first((now, last) => step.signal(now, last) > step.target)),
    desired: after(first(({ desired = wanted }) => desired > wanted)),
    scheduled: after(ofNewPods('scheduledAt')),
    started: after(ofNewPods('startedAt')),
    ready: after(ofNewPods('readyAt')),
    firstRequest: after(first(({ pods }) => pods.some((pod) => isNew(pod) && answered(pod) > 0))),
    restored: restoredAfter(step),
    mostPods: during.reduce(
      (most, { pods }) => Math.max(most, pods.filter(({ readyAt }) => readyAt).length),
      0,
    ),
    scaledIn: scaledIn && (scaledIn - endMs) / 1000,
  };
}

function restoredAfter({ startMs, endMs, p99, recordedFromMs, objectiveMs }: Step): number | undefined {
  const seconds = p99
    .map(([at, ms]) => ({ at: (recordedFromMs + at * 1000 - startMs) / 1000, isKept: ms <= objectiveMs }))
    .filter(({ at }) => at >= 0 && at <= (endMs - startMs) / 1000);
  const lastBreach = seconds.findLastIndex(({ isKept }) => !isKept);
  if (lastBreach === -1) return seconds.length === 0 ? undefined : 0;
  const calm = seconds.slice(lastBreach + 1);
  return calm.length < CALM_SECONDS ? undefined : calm[0]?.at;
}

export function median(values: (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0 || sorted.length < values.length / 2) return undefined; // mostly it did not come
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
