import { readFileSync } from 'node:fs';
import type { Capacity } from '../../../k6/lib/capacity.ts';
import { RunFolder } from '../../../k6/runner/paths.ts';
import type { Bench } from '../experiment.ts';
import { type Manifest, valuesOf } from '../cluster/manifest.ts';
import { median } from './timeline.ts';

export interface Measured extends Manifest {
  /** Requests a second with p99 ≤ 200 ms, each run's. */
  rates: number[];
  /** Their median. */
  rate: number;
  /** Median p99 at that rate, ms. */
  p99Ms: number;
}

/** Text above the tables. */
export const CAPACITY =
  'tokens a second (k6/breakpoint.ts, TARGET=token unless another was given) with p99 ≤ 200 ms and ≤ 1 % failed; median of the runs.';

/** What an API pod does most for, so that k6 on the same machine is not what ends first. */
const TARGET = 'token';
/** Of it, requests/s of a core: well below what it carries, and well above. */
const EASY = 1500;
const STEP = 250;
const TOO_MUCH = 8000;

/**
 * The highest rate that the pods hold within the objective (k6/breakpoint.ts), as many times as the experiment runs.
 * Small pods compile their code slowly: they are warmed up for longer than a step.
 */
export async function capacityOf(bench: Bench, manifest: Manifest): Promise<Measured> {
  const capacities: Capacity[] = [];
  const cores = manifest.size.cpu * manifest.pods.min;
  const variables = {
    START_RATE: Math.round(cores * EASY),
    STEP_RATE: Math.round(cores * STEP),
    MAX_RATE: Math.round(cores * TOO_MUCH),
    STEP_DURATION: '5s',
    WARM_UP_DURATION: '30s',
    TARGET,
    VUS: 500,
    ...bench.variables,
  };
  for (let n = 1; n <= bench.runs; n++) {
    const name = `${manifest.name}-${n}`;
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
