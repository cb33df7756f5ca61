import { type Interval, intervalOf, median } from '../../../statistics/intervals.ts';
import { cpuMs } from '../cpu.ts';
import { type Answered, demandSound } from '../load.ts';
import { storeCpuMs } from '../stores.ts';

/** One round's measurements. */
export interface Round {
  perSecond: number;
  /** CPU time of the measured process per request, microseconds. */
  cpuMicros: number;
  /** The same of Redis and of MariaDB, what they do for others included; 0: unknown. */
  redisMicros: number;
  mariadbMicros: number;
  /** Share of the round in which the measured process had its core. */
  busy: number;
  p50Ms: number;
  p99Ms: number;
  requests: number;
}

/** Runs a load and reads what CPU time it cost the process. */
export async function measure(pid: number, load: () => Promise<Answered>): Promise<Round> {
  const [before, storesBefore] = [cpuMs(pid), await storeCpuMs()];
  const answered = await load();
  const [used, storesAfter] = [cpuMs(pid) - before, await storeCpuMs()];
  demandSound(answered);
  const { requests, seconds, p50Ms, p99Ms } = answered;
  return {
    perSecond: requests / seconds,
    cpuMicros: (used * 1000) / requests,
    redisMicros: ((storesAfter.redis - storesBefore.redis) * 1000) / requests,
    mariadbMicros: ((storesAfter.mariadb - storesBefore.mariadb) * 1000) / requests,
    busy: used / (seconds * 1000),
    p50Ms,
    p99Ms,
    requests,
  };
}

const WARM_UP_SECONDS = 2;

/** What is measured in turn; each makes one round of the given seconds. */
export type Kinds<K extends string> = Record<K, (seconds: number) => Promise<Round>>;

/**
 * Rounds in turn (a, b, a, b, …) after one of each that does not count: whatever slows the machine for a while slows
 * both, and the ratio of neighbours stays what it is.
 */
export async function alternate<K extends string>(
  kinds: Kinds<K>,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Record<K, Round[]>> {
  const names = Object.keys(kinds) as K[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as Round[]])) as Record<K, Round[]>;
  for (const name of names) await kinds[name](Math.min(seconds, WARM_UP_SECONDS));
  for (let round = 0; round < rounds; round++)
    for (const name of names) measured[name].push(await kinds[name](seconds));
  return measured;
}

export interface Spread {
  median: number;
  /** Of the median, with 95 % confidence; undefined with fewer than six rounds. */
  interval: Interval | undefined;
  /** Of each round. */
  values: number[];
}

export const spread = (values: number[]): Spread => ({
  median: median(values),
  interval: intervalOf(values),
  values,
});

type Costs = Pick<Round, 'perSecond' | 'cpuMicros' | 'redisMicros' | 'mariadbMicros'>;

export interface Comparison {
  /** Ours / limit, of neighbouring rounds. */
  rates: Spread;
  /** CPU per request: limit / ours, of neighbouring rounds. */
  cpu: Spread;
  /** The least share of a round that either process had its core. */
  busy: number;
  ours: Costs;
  limit: Costs;
}

export function compare(ours: Round[], limit: Round[]): Comparison {
  const ratios = (of: (ours: Round, limit: Round) => number): Spread =>
    spread(ours.flatMap((round, i) => (limit[i] ? [of(round, limit[i])] : [])));
  const summary = (rounds: Round[]): Costs => {
    const medianOf = (of: keyof Costs): number => median(rounds.map((round) => round[of]));
    const [perSecond, cpuMicros] = [medianOf('perSecond'), medianOf('cpuMicros')];
    return {
      perSecond,
      cpuMicros,
      redisMicros: medianOf('redisMicros'),
      mariadbMicros: medianOf('mariadbMicros'),
    };
  };
  const medianBusy = (rounds: Round[]): number => median(rounds.map(({ busy }) => busy));
  return {
    rates: ratios((a, b) => a.perSecond / b.perSecond),
    cpu: ratios((a, b) => b.cpuMicros / a.cpuMicros),
    busy: Math.min(medianBusy(ours), medianBusy(limit)),
    ours: summary(ours),
    limit: summary(limit),
  };
}

/** What is left of two cores waits, or belongs to the generator, Redis and whatever else runs. */
export function coresIn({ perSecond, cpuMicros, mariadbMicros }: Comparison['ours']): string {
  const cores = (micros: number): string => ((perSecond * micros) / 1e6).toFixed(2);
  return `${cores(cpuMicros)} process, ${cores(mariadbMicros)} MariaDB`;
}
