import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one act costs, measured by `npm run bench -- --save`. CPU in microseconds. */
export interface Costs {
  machine: string;
  /** Of the API's process. */
  api: Record<'poll' | 'issue' | 'schedule' | 'seat' | 'hold' | 'payment', number>;
  redis: Record<'issue' | 'hold' | 'payment', number>;
  mariadb: Record<'hold' | 'payment', number>;
  /** Bytes per waiter: in Redis, and in each process. */
  bytes: { redis: number; process: number };
}

interface Saved {
  machine: string;
  results: {
    name: string;
    measured: { median: number };
    comparison?: { ours: { cpuMicros: number; redisMicros: number; mariadbMicros: number } };
  }[];
}

const FILE = join('docs', 'results', 'bench.json');

/** @throws Error when a benchmark is missing */
export function readCosts(root: string): Costs {
  const { machine, results } = JSON.parse(readFileSync(join(root, FILE), 'utf8')) as Saved;
  const of = (name: string): Saved['results'][number] => {
    const result = results.find((each) => each.name === name);
    if (result === undefined) throw new Error(`${FILE} has no "${name}": npm run bench -- --save`);
    return result;
  };
  const cost = (name: string, store: 'cpuMicros' | 'redisMicros' | 'mariadbMicros' = 'cpuMicros'): number =>
    of(name).comparison?.ours[store] ?? 0;
  return {
    machine,
    api: {
      poll: cost('check-known'),
      issue: cost('issue'),
      schedule: cost('schedule'),
      seat: cost('seat'),
      hold: cost('reserve'),
      payment: cost('payment'),
    },
    redis: {
      issue: cost('issue', 'redisMicros'),
      hold: cost('reserve', 'redisMicros'),
      payment: cost('payment', 'redisMicros'),
    },
    mariadb: { hold: cost('reserve', 'mariadbMicros'), payment: cost('payment', 'mariadbMicros') },
    // Measured with a million waiters.
    bytes: { redis: of('redis-bytes').measured.median, process: of('memory').measured.median },
  };
}
