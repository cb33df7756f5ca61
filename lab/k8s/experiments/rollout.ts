import { drain } from '../cluster/drain.ts';
import type { Experiment, Plan } from '../experiment.ts';
import { valuesOf } from '../cluster/manifest.ts';

const PODS = { size: { cpu: 0.4, memoryMi: 320, workers: 1 }, pods: { min: 2, max: 2 }, hpa: {} };
const SECONDS_EACH = 35;
const DRAIN_SECONDS = 60;

/** Upgrades and a drain in the middle of purchases: how many requests fail. */
export const rollout: Experiment = async (bench) => {
  const values = { ...valuesOf(PODS), config: { QUEUE_MAX_ACTIVE: 10_000 } };
  const variables = {
    RATE: 26,
    DURATION: `${bench.runs * SECONDS_EACH + DRAIN_SECONDS}s`,
    THINK: 1,
    ABANDON_SHARE: 0.05,
    ...bench.variables,
  };
  const done: string[][] = [];
  const timed = async (name: string, act: () => Promise<string>): Promise<void> => {
    const start = Date.now();
    const what = await act();
    done.push([name, what, ((Date.now() - start) / 1000).toFixed(1)]);
    bench.note(`${name}: ${what}`);
  };
  const plan: Plan = {
    name: 'purchases',
    values,
    load: { scenario: 'purchase', variables },
    meanwhile: async () => {
      for (let n = 1; n <= bench.runs; n++)
        await timed(`upgrade ${n}`, async () => {
          await bench.upgrade(plan, { ...values, podAnnotations: { upgrade: String(n) } });
          return 'helm upgrade: migrations, then every pod again';
        });
      await timed('drain', () => drain(bench.kube));
    },
  };
  const { findings, samples } = await bench.run(plan);
  const { figures } = findings;
  const failed = Math.round(figures.failedShare * figures.requests);
  const pods = new Set(samples.flatMap((sample) => sample.pods.map(({ name }) => name)));
  return {
    verdict: `${failed} of ${figures.requests} requests failed in ${bench.runs} upgrades and a drain at ${figures.perSecond.toFixed(0)} requests/s; p99 ${figures.p99Ms.toFixed(0)} ms.`,
    sections: [
      { title: 'What was done', table: { head: ['', '', 'seconds'], rows: done } },
      {
        title: 'Under the load',
        table: {
          head: ['requests', 'failed', 'tickets sold', 'p99 ms', 'max ms', 'API pods that lived'],
          rows: [
            [
              String(figures.requests),
              String(failed),
              String(figures.sold),
              figures.p99Ms.toFixed(0),
              figures.maxMs.toFixed(0),
              String(pods.size),
            ],
          ],
        },
      },
    ],
    plots: [
      {
        title: 'p99',
        unit: 'ms',
        series: [{ name: 'p99', points: findings.recording.get('http_req_duration', 'p(99)')?.points ?? [] }],
      },
      {
        title: 'Requests',
        unit: '/s',
        series: [{ name: 'all', points: findings.recording.get('http_reqs', 'rate')?.points ?? [] }],
      },
    ],
  };
};
