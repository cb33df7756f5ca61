import { type Comparison, type Round, type Spread, spread } from './rounds.ts';

export interface Options {
  rounds: number;
  seconds: number;
}

/** Result of one benchmark. */
export interface Result {
  name: string;
  measured: Spread;
  unit: string;
  target: { atLeast: number } | { atMost: number } | undefined;
  /** Which of the measurements is `measured`, and why. */
  counted: string;
  comparison?: Comparison;
  /** What else a reader should see. */
  notes: string[];
  /** Everything, for the JSON file. */
  rounds: Record<string, unknown[]>;
}

/** Measures one or more names in one go. */
export interface Benchmark {
  names: string[];
  about: string;
  run(options: Options): Promise<Result[]>;
}

/** A process that had its core for less was not what limited the round. */
const LIMITED_BY_ITS_CORE = 0.9;

/**
 * The result of ours against its limit. Rates count when both processes were limited by their core; else the
 * generator or the machine was the limit in one of them, and the CPU time per request counts.
 * @param by fixes what counts, with the reason
 */
export function ratioResult(
  name: string,
  comparison: Comparison,
  rounds: { ours: Round[]; limit: Round[] },
  options: { atLeast: number | undefined; notes?: string[]; by?: { what: 'rates' | 'CPU'; why: string } },
): Result {
  const { rates, cpu, busy } = comparison;
  const busyPercent = `${Math.round(busy * 100)} %`;
  const { what, why } = options.by ?? {
    what: busy >= LIMITED_BY_ITS_CORE ? 'rates' : 'CPU',
    why: `cores ≥ ${busyPercent} busy`,
  };
  return {
    name,
    measured: what === 'rates' ? rates : cpu,
    unit: '',
    target: options.atLeast === undefined ? undefined : { atLeast: options.atLeast },
    counted: `${what} (${why})`,
    comparison,
    notes: options.notes ?? [],
    rounds,
  };
}

/** A figure that is measured once. */
export function once(
  name: string,
  value: number,
  result: Pick<Result, 'unit' | 'target' | 'counted'> & { notes?: string[] },
): Result {
  return { notes: [], ...result, name, measured: spread([value]), rounds: { [name]: [value] } };
}

/** Whether the measured median reaches the target, and whether its whole interval says the same. */
export interface Verdict {
  reached: boolean;
  certain: boolean;
}

/** @returns undefined when there is no target */
export function verdictOf({ measured, target }: Result): Verdict | undefined {
  if (target === undefined) return undefined;
  const reaches = (value: number): boolean =>
    'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
  const reached = reaches(measured.median);
  const { interval } = measured;
  // What is measured once, such as memory, has no interval to doubt it by.
  if (interval === undefined) return { reached, certain: measured.values.length === 1 };
  return { reached, certain: reaches(interval.low) === reached && reaches(interval.high) === reached };
}
