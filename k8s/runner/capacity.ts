import { readFileSync } from 'node:fs';
import type { Capacity } from '../../k6/lib/capacity.ts';
import { RunFolder } from '../../k6/runner/paths.ts';
import type { Bench } from './experiment.ts';
import { type Manifest, readManifest, valuesOf } from './manifest.ts';
import { median } from './timeline.ts';

export interface Measured extends Manifest {
  /** Requests a second with p99 ≤ 200 ms, each run's. */
  rates: number[];
  /** Their median. */
  rate: number;
  /** Median p99 at that rate, ms. */
  p99Ms: number;
}

/**
 * The highest rate that the pods of k8s/experiments/<name>.yaml hold within the objective (k6/breakpoint.ts), as many
 * times as the experiment runs.
 */
export async function capacityOf(bench: Bench, file: string): Promise<Measured> {
  const manifest = readManifest(file, bench.factor);
  const capacities: Capacity[] = [];
  const cores = manifest.size.cpu * manifest.pods.min;
  const step = Math.max(50, Math.round((cores * 1000) / 50) * 50);
  const variables = {
    ...{
      START_RATE: step,
      STEP_RATE: Math.round(step / 4),
      MAX_RATE: step * 12,
      STEP_DURATION: '6s',
      VUS: 500,
    },
    ...bench.variables,
  };
  for (let n = 1; n <= bench.runs; n++) {
    const name = `${file}-${n}`;
    const load = { scenario: 'breakpoint', variables };
    const { findings } = await bench.run({ name, values: valuesOf(manifest), load });
    const { summary } = new RunFolder(findings.meta.id);
    const { capacity } = JSON.parse(readFileSync(summary, 'utf8')) as { capacity: Capacity };
    bench.note(`${name}: ${JSON.stringify(capacity)}`);
    capacities.push(capacity);
  }
  const rates = capacities.map(({ rate }) => rate);
  return {
    ...manifest,
    rates,
    rate: median(rates) ?? 0,
    p99Ms: median(capacities.map(({ p99Ms }) => p99Ms)) ?? 0,
  };
}

export const perThousand = (amount: number, rate: number): string =>
  rate === 0 ? '–' : ((amount * 1000) / rate).toFixed(2);
