import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, podsOf, refusal, render } from '../charts/support';

interface Metric {
  type: string;
  contains: string;
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}
interface Summary {
  state: { testRunDurationMs: number };
  metrics: Record<string, Metric>;
}
const { crossed, merge, textOf } = jest.requireActual<{
  crossed: (merged: Summary) => string[];
  merge: (summaries: Summary[]) => Summary;
  textOf: (merged: Summary, pods: number) => string;
}>('../../scripts/cluster/merge');

const args = async (pods: number): Promise<string[]> => {
  const [pod] = podsOf(await render({ chart: 'k6', values: { pods, influx: { enabled: false } } }));
  return pod?.spec.containers[0]?.args ?? [];
};
const optionOf = (all: string[], name: string): string =>
  all.find((it) => it.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';

/** Mulberry32: the same samples each time. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** As k6 does it, between neighbours. */
function percentile(sorted: number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [below = 0, above = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}

const trend = (samples: number[], names: string[], thresholds: string[]): Metric => {
  const sorted = [...samples].sort((a, b) => a - b);
  const quantiles = names.map((name) => [name, percentile(sorted, Number(name.slice(2, -1)) / 100)]);
  return {
    type: 'trend',
    contains: 'time',
    values: {
      count: samples.length,
      min: sorted[0] ?? 0,
      max: sorted.at(-1) ?? 0,
      med: percentile(sorted, 0.5),
      avg: samples.reduce((sum, it) => sum + it, 0) / samples.length,
      ...(Object.fromEntries(quantiles) as Record<string, number>),
    },
    thresholds: Object.fromEntries(thresholds.map((it) => [it, { ok: true }])),
  };
};
const summary = (metrics: Record<string, Metric>, seconds = 10): Summary => ({
  state: { testRunDurationMs: seconds * 1000 },
  metrics,
});

describe('percentiles of several pods', () => {
  it('are those of all samples, from above, by at most 0.2 % of the samples in the tail', async () => {
    const names = optionOf(await args(3), 'summary-trend-stats')
      .split(',')
      .filter((name) => name.startsWith('p('));
    expect(names.length).toBeGreaterThan(150);
    for (const seed of [1, 2, 3, 4, 5]) {
      const draw = random(seed);
      // Three pods that differ: a quick one, one with a tail, a small slow one.
      const parts = [
        Array.from({ length: 4000 }, () => 5 + draw() * 20),
        Array.from({ length: 3000 }, () => -Math.log(1 - draw()) * 40),
        Array.from({ length: 500 }, () => 100 + draw() * 400),
      ];
      const all = parts.flat().sort((a, b) => a - b);
      const merged = merge(parts.map((part) => summary({ http_req_duration: trend(part, names, []) })));
      const { values } = merged.metrics.http_req_duration as Metric;
      expect(values).toMatchObject({ count: 7500, min: all[0], max: all.at(-1) });
      for (const [name, slack] of [
        ['p(90)', 0.01],
        ['p(95)', 0.01],
        ['p(99)', 0.002],
        ['p(99.9)', 0.002],
      ] as const) {
        const share = Number(name.slice(2, -1)) / 100;
        expect(values[name]).toBeGreaterThanOrEqual(percentile(all, share - 1 / 7500));
        expect(values[name]).toBeLessThanOrEqual(percentile(all, Math.min(1, share + slack)));
      }
    }
  });
});

describe('thresholds of several pods', () => {
  const latency = (ms: number, count: number): Metric =>
    trend(
      Array.from({ length: count }, () => ms),
      ['p(99)'],
      ['p(99)<200'],
    );
  const counter = (count: number, thresholds: string[] = []): Metric => ({
    type: 'counter',
    contains: 'default',
    values: { count, rate: count / 10 },
    thresholds: Object.fromEntries(thresholds.map((it) => [it, { ok: false }])),
  });
  const rate = (passes: number, fails: number): Metric => ({
    type: 'rate',
    contains: 'default',
    values: { passes, fails, rate: passes / (passes + fails) },
    thresholds: { 'rate<0.01': { ok: true } },
  });

  it('are kept by the whole although a part misses one', () => {
    const parts = [
      summary({
        http_req_duration: latency(20, 9990),
        http_req_failed: rate(0, 9990),
        visits: counter(5, ['count>0']),
      }),
      summary({
        http_req_duration: latency(500, 10),
        http_req_failed: rate(10, 0),
        visits: counter(0, ['count>0']),
      }),
    ];
    const merged = merge(parts);
    expect(crossed(merged)).toEqual([]);
    expect(merged.metrics.http_req_failed?.values).toEqual({ passes: 10, fails: 9990, rate: 0.001 });
    expect(textOf(merged, 2)).toContain('all thresholds hold');
  });

  it('are missed by the whole although a part keeps them', () => {
    const parts = [
      summary({ http_req_duration: latency(20, 900), dropped_iterations: counter(0, ['count==0']) }),
      summary({ http_req_duration: latency(500, 100), dropped_iterations: counter(1, ['count==0']) }),
    ];
    expect(crossed(merge(parts))).toEqual(['http_req_duration: p(99)<200', 'dropped_iterations: count==0']);
  });

  it('count for a metric that only one pod has, and are refused when they cannot be understood', () => {
    const only = { queue_position_back: counter(1, ['count==0']) };
    expect(crossed(merge([summary({}), summary(only)]))).toEqual(['queue_position_back: count==0']);
    const odd = { x: counter(1, ['p95 is low']) };
    expect(() => merge([summary(odd)])).toThrow('"p95 is low" is not understood');
  });
});

describe('a Job of several pods', () => {
  const job = async (values: Record<string, unknown>): Promise<Manifest | undefined> =>
    (await render({ chart: 'k6', values })).find(({ kind }) => kind === 'Job');

  it('is indexed, with a part of the whole for each', async () => {
    expect((await job({ pods: 4 }))?.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      backoffLimit: 0,
    });
    const all = await args(4);
    expect(optionOf(all, 'execution-segment-sequence')).toBe('0,1/4,2/4,3/4,1');
    expect(all[0]).toContain('--execution-segment $i/4:$((i + 1))/4');
    expect((await job({}))?.spec).not.toHaveProperty('completionMode');
  });

  it('is another Job for other content or another run, and outlives an upgrade', async () => {
    const name = async (values: Record<string, unknown>): Promise<string | undefined> =>
      (await job(values))?.metadata.name;
    const once = await name({ variables: { RATE: 5 } });
    expect(once).toMatch(/^concert-k6-[0-9a-f]{8}$/);
    expect(await name({ variables: { RATE: 5 } })).toBe(once);
    expect(await name({ variables: { RATE: 6 } })).not.toBe(once);
    expect(await name({ variables: { RATE: 5 }, run: '2' })).not.toBe(once);
    expect((await job({}))?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  it('cannot look for the breakpoint, which no part can see', async () => {
    expect(await refusal('k6', { pods: 2, scenario: 'breakpoint' })).toContain('run it with pods=1');
  });
});

const K6 = process.env.K6;
(K6 === undefined ? it.skip : it)(
  'two parts of a run of k6 are the whole when they are put together',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'merge-'));
    try {
      const script = join(folder, 'run.js');
      writeFileSync(
        script,
        `import exec from 'k6/execution';
       import { Trend, Rate } from 'k6/metrics';
       const took = new Trend('took', true), even = new Rate('even');
       export const options = {
         scenarios: { all: { executor: 'shared-iterations', vus: 4, iterations: 1000 } },
         thresholds: { took: ['p(99)<991', 'max<999'], 'took{half:low}': ['max<500'], even: ['rate>0.4'] },
       };
       export default () => {
         const n = exec.scenario.iterationInTest;
         took.add(n, { half: n < 500 ? 'low' : 'high' });
         even.add(n % 2 === 0);
       };
       export const handleSummary = (data) => ({ [__ENV.SUMMARY]: JSON.stringify(data) });`,
      );
      const all = await args(2);
      const parts = [0, 1].map((i) => {
        const SUMMARY = join(folder, `${i}.json`);
        const options = ['execution-segment-sequence', 'summary-trend-stats'].map(
          (name) => `--${name}=${optionOf(all, name)}`,
        );
        const segment = ['--execution-segment', `${i}/2:${i + 1}/2`];
        spawnSync(
          K6 ?? '',
          ['run', '--quiet', '--no-usage-report', '--address', '', ...options, ...segment, script],
          {
            env: { ...process.env, SUMMARY },
          },
        );
        return JSON.parse(readFileSync(SUMMARY, 'utf8')) as Summary;
      });
      const merged = merge(parts);
      expect(merged.metrics.iterations?.values.count).toBe(1000);
      expect(merged.metrics.took?.values).toMatchObject({ count: 1000, min: 0, max: 999, avg: 499.5 });
      expect(merged.metrics['took{half:low}']?.values).toMatchObject({ count: 500, max: 499 });
      expect(merged.metrics.even?.values).toMatchObject({ passes: 500, fails: 500, rate: 0.5 });
      expect(crossed(merged)).toEqual(['took: max<999']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
