import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../load/k6-job.ts';
import type { LoadRun } from '../load/load-run.ts';
import type { Plot } from '../../../k6/runner/plots/series.ts';
import { API, kubectl } from '../cluster/kube.ts';
import { type Bench, type Experiment, seconds } from '../experiment.ts';
import { desiredReplicas, podsOf } from '../cluster/pods.ts';
import { type Manifest, readManifest, valuesOf } from '../cluster/manifest.ts';
import { SIGNALS, type Variant } from './hpa-signals.ts';
import { median, type Step, type Timeline, timelineOf } from '../load/timeline.ts';
import type { ClusterSample } from '../watch.ts';

const OBJECTIVE_MS = 200;
/** Lead time with which a known schedule orders the pods before the opening. */
const AHEAD_SECONDS = 20;
const CALM_WITHIN_SECONDS = 150;
/** A step of load: how long until the autoscaler has answered it, by each signal. */
export const hpa: Experiment = async (bench) => {
  const variables: Load['variables'] = {
    RATE: Math.round(500 * bench.factor),
    STEP_RATE: Math.round(10_000 * bench.factor),
    CALM_DURATION: '20s',
    STEP_DURATION: '60s',
    AFTER_DURATION: '120s',
    VUS: 500,
    ...bench.variables,
  };
  const rows: string[][] = [];
  const plots: Plot[] = [];
  const variants = SIGNALS.filter(({ name }) => bench.only.length === 0 || bench.only.includes(name));
  for (const variant of variants) await demandAdapter(variant);
  for (const variant of variants) {
    const manifest = readManifest(variant.manifest, bench.factor);
    const timelines: Timeline[] = [];
    for (let n = 1; n <= bench.runs; n++) {
      const name = `${variant.name}-${n}`;
      const calmSeconds = parseFloat(String(variables.CALM_DURATION));
      const run = await bench.run({
        name,
        values: valuesOf(manifest),
        load: { scenario: 'step', variables },
        before: () => untilCalm(bench, manifest),
        ...(variant.isAhead && { meanwhile: () => orderAhead(calmSeconds, manifest) }),
      });
      const step = stepOf(run, Number(variables.STEP_RATE), variant, manifest);
      const timeline = timelineOf(run.samples, step);
      timelines.push(timeline);
      if (n === 1) for (const plot of plotsOf(name, run, step)) plots.push(plot); // each run's own report has the others
      bench.note(`${name}: ${JSON.stringify(timeline)}`);
    }
    rows.push([`${variant.name} > ${Number(variant.target(manifest).toFixed(2))}`, ...cellsOf(timelines)]);
  }
  return {
    verdict: `A step from ${variables.RATE} to ${variables.STEP_RATE} requests/s onto one pod of ${bench.factor} cores, which may become four; medians of ${bench.runs} runs.`,
    sections: [
      {
        title: 'After the step',
        note: 'Seconds after the step of load (in: after its end). Kubernetes tells times of pods in whole seconds.',
        table: {
          head: [
            'signal, mean over pods',
            'crossed',
            'wanted',
            'scheduled',
            'started',
            'ready',
            'first request',
            'scheduled to first request',
            'started to ready',
            'p99 ≤ 200 ms again',
            'most pods',
            'in',
          ],
          rows,
        },
      },
    ],
    plots,
  };
};

/** @throws Error when nobody tells the autoscaler the signal: it would never scale. */
async function demandAdapter({ name, metrics }: Variant): Promise<void> {
  if (metrics === undefined) return;
  try {
    await kubectl('get', '--raw', `/apis/${metrics}/v1beta1`);
  } catch (error) {
    throw new Error(`The signal ${name} needs a metrics adapter: see k8s/README.md.`, { cause: error });
  }
}

function cellsOf(timelines: Timeline[]): string[] {
  const of = (value: (timeline: Timeline) => number | undefined): string =>
    seconds(median(timelines.map(value)));
  const between = (from: keyof Timeline, to: keyof Timeline): string =>
    of((it) => (it[from] === undefined || it[to] === undefined ? undefined : it[to] - it[from]));
  return [
    of((it) => it.crossed),
    of((it) => it.desired),
    of((it) => it.scheduled),
    of((it) => it.started),
    of((it) => it.ready),
    of((it) => it.firstRequest),
    between('scheduled', 'firstRequest'),
    between('started', 'ready'),
    of((it) => it.restored),
    String(median(timelines.map(({ mostPods }) => mostPods)) ?? '–'),
    of((it) => it.scaledIn),
  ];
}

/** The step began when k6 sent half of its rate for the first time. */
function stepOf(
  { findings }: LoadRun,
  stepRate: number,
  { signal, target }: Variant,
  manifest: Manifest,
): Step {
  const { recording } = findings;
  const rates = recording.get('http_reqs', 'rate')?.points ?? [];
  const loud = rates.filter(([, rate]) => rate >= stepRate / 2);
  const [start, end] = [loud[0]?.[0], loud.at(-1)?.[0]];
  if (start === undefined || end === undefined) throw new Error(`The load never reached ${stepRate / 2}/s.`);
  return {
    startMs: recording.startedAt + (start - 1) * 1000, // a second is recorded at its end
    endMs: recording.startedAt + end * 1000,
    signal,
    target: target(manifest),
    objectiveMs: OBJECTIVE_MS,
    p99: recording.get('http_req_duration', 'p(99)')?.points ?? [],
    recordedFromMs: recording.startedAt,
  };
}

/** The pods of the run before are gone, and the autoscaler has a measurement of the new one: it wants no more than it. */
async function untilCalm({ kube, note }: Bench, { pods }: Manifest): Promise<void> {
  for (let left = CALM_WITHIN_SECONDS; left > 0; left -= 2) {
    if ((await podsOf(kube)).length <= pods.min && (await desiredReplicas(kube)) === pods.min) return;
    await sleep(2000);
  }
  note('the autoscaler is not calm; going on');
}

/** As a CronJob of the operator would do it. k6 needs some seconds to start, so it is a little early. */
async function orderAhead(calmSeconds: number, { pods }: Manifest): Promise<void> {
  const order = (minReplicas: number): Promise<string> =>
    kubectl('patch', 'hpa', API, '--patch', JSON.stringify({ spec: { minReplicas } }));
  await sleep(Math.max(0, calmSeconds - AHEAD_SECONDS) * 1000);
  await order(pods.max);
  await sleep(2 * AHEAD_SECONDS * 1000);
  await order(pods.min);
}

function plotsOf(name: string, { findings, samples }: LoadRun, { startMs }: Step): Plot[] {
  const at = (ms: number): number => (ms - findings.recording.startedAt) / 1000;
  const over = (of: (sample: ClusterSample) => number): [number, number][] =>
    samples
      .map((sample) => [at(sample.at), of(sample)] as [number, number])
      .filter(([second]) => second >= 0);
  const k6 = (metric: string, aggregate: 'p(99)' | 'rate'): [number, number][] =>
    findings.recording.get(metric, aggregate)?.points ?? [];
  return [
    {
      title: `${name}: p99`,
      unit: 'ms',
      series: [
        { name: `p99, step at ${at(startMs).toFixed(0)} s`, points: k6('http_req_duration', 'p(99)') },
      ],
      limit: { value: OBJECTIVE_MS, name: 'objective' },
    },
    {
      title: `${name}: pods`,
      unit: 'count',
      series: [
        { name: 'wanted', points: over(({ desired }) => desired ?? 0) },
        { name: 'there', points: over(({ pods }) => pods.length) },
        {
          name: 'ready',
          points: over(({ pods }) => pods.filter(({ readyAt }) => readyAt !== undefined).length),
        },
      ],
    },
  ];
}
