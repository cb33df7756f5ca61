import { median, type Step, timelineOf } from '../../../lab/k8s/load/timeline.ts';
import { answered, type ClusterSample, type PodSample } from '../../../lab/k8s/watch.ts';

/** The step comes at second 10 and ends at second 40; times of the samples are seconds of this story. */
const FROM_MS = 1_700_000_000_000;
const ms = (second: number): number => FROM_MS + second * 1000;
const SERVED = 'http_request_duration_seconds_count{method="GET",route="/v1/api/concerts/seat",status="200"}';
const PROBED = 'http_request_duration_seconds_count{method="GET",route="/health/ready",status="200"}';

const pod = (name: string, readyAt?: number, requests = 0, isLeaving = false): PodSample => ({
  name,
  isLeaving,
  scheduledAt: ms(readyAt === undefined ? 20 : readyAt - 3),
  startedAt: readyAt && ms(readyAt - 2),
  readyAt: readyAt && ms(readyAt),
  metrics: { [SERVED]: requests, [PROBED]: 5 },
});
const sample = (second: number, desired: number, ...pods: PodSample[]): ClusterSample => ({
  at: ms(second),
  desired,
  pods,
});

const old = pod('old', 3, 100);
const STORY = [
  sample(9, 1, old),
  sample(11, 1, old),
  sample(18, 2, old),
  sample(20, 2, old, pod('new')),
  sample(24, 2, old, pod('new', 23)),
  sample(26, 2, old, pod('new', 23, 7)),
  sample(50, 1, old, pod('new', 23, 9)),
  sample(55, 1, old, pod('new', 23, 9, true)),
];
const step = (p99: [number, number][]): Step => ({
  startMs: ms(10),
  endMs: ms(40),
  target: 2,
  objectiveMs: 200,
  recordedFromMs: FROM_MS,
  p99,
  signal: ({ at }) => (at >= ms(11) ? 3 : 1),
});

const p99 = (breaches: number[]): [number, number][] =>
  Array.from({ length: 31 }, (_, i) => [10 + i, breaches.includes(10 + i) ? 900 : 20]);

describe('the timeline of a step of load', () => {
  it('tells when each thing came, in seconds after the step', () => {
    expect(timelineOf(STORY, step(p99([12, 13, 27])))).toEqual({
      crossed: 1,
      desired: 8,
      scheduled: 20 - 10,
      started: 11,
      ready: 13,
      firstRequest: 16,
      restored: 18,
      mostPods: 2,
      scaledIn: 15,
    });
  });

  it('counts a probe as no request', () => {
    expect(answered({ metrics: { [PROBED]: 9, [SERVED]: 2 } })).toBe(2);
  });

  it('knows what did not come', () => {
    const nothing = STORY.slice(0, 2);
    const { desired, ready, firstRequest, restored } = timelineOf(nothing, step(p99([38])));
    expect({ desired, ready, firstRequest, restored }).toEqual({});
  });

  it('says 0 where the objective was kept all the time', () => {
    expect(timelineOf(STORY, step(p99([])))).toMatchObject({ restored: 0 });
  });
});

describe('the median of runs', () => {
  it('is a value that was measured', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2);
  });
  it('is none where most runs had none', () => {
    expect(median([undefined, undefined, 3])).toBeUndefined();
    expect(median([undefined, 3])).toBe(3);
  });
});
