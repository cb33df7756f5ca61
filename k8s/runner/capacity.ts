import { readFileSync } from 'node:fs';
import type { Capacity } from '../../k6/lib/capacity.ts';
import { RunFolder } from '../../k6/runner/paths.ts';
import type { Bench } from './experiment.ts';
import { podValues, type PodSize } from './sizes.ts';
import { median } from './timeline.ts';

/** Some API pods, all of one size. */
export interface Setup {
  name: string;
  size: PodSize;
  pods: number;
}

export interface Measured extends Setup {
  /** Requests a second with p99 ≤ 200 ms, each run's. */
  rates: number[];
  /** Their median. */
  rate: number;
  /** Median p99 at that rate, ms. */
  p99Ms: number;
}

/** The highest rate that the setup holds within the objective (k6/breakpoint.ts), several times. */
export async function capacityOf(bench: Bench, setup: Setup): Promise<Measured> {
  const capacities: Capacity[] = [];
  const cores = setup.size.cpu * setup.pods;
  const step = Math.max(50, Math.round((cores * 1000) / 50) * 50);
  const variables = {
    ...{
      START_RATE: step,
      STEP_RATE: Math.round(step / 4),
      MAX_RATE: step * 12,
      STEP_DURATION: '8s',
      VUS: 500,
    },
    ...bench.variables,
  };
  for (let n = 1; n <= bench.runs; n++) {
    const name = `${setup.name}-${n}`;
    await bench.deploy(name, podValues(setup.size, { min: setup.pods, max: setup.pods }));
    const { findings } = await bench.load(name, 'breakpoint', variables);
    const { summary } = new RunFolder(findings.meta.id);
    const { capacity } = JSON.parse(readFileSync(summary, 'utf8')) as { capacity: Capacity };
    bench.note(`${name}: ${JSON.stringify(capacity)}`);
    capacities.push(capacity);
  }
  const rates = capacities.map(({ rate }) => rate);
  return {
    ...setup,
    rates,
    rate: median(rates) ?? 0,
    p99Ms: median(capacities.map(({ p99Ms }) => p99Ms)) ?? 0,
  };
}

export const perThousand = (amount: number, rate: number): string =>
  rate === 0 ? '–' : ((amount * 1000) / rate).toFixed(2);
