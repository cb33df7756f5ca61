import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Costs of single operations, measured by `npm run lab -- bench --save`. CPU in microseconds. */
export interface Costs {
  machine: string;
  /** Of the API's process; `pollNew`: of a waiting user whose token it has forgotten and verifies again. */
  api: Record<'pollKnown' | 'pollNew' | 'issue' | 'schedule' | 'seat' | 'hold' | 'payment', number>;
  /** `process`: the work that each process gives a queue's Redis in a second, whatever the polls. */
  redis: Record<'issue' | 'hold' | 'payment' | 'process', number>;
  mariadb: Record<'hold' | 'payment', number>;
  /** Bytes per waiting user: in Redis, and in each process. */
  bytes: { redis: number; process: number };
}

interface Saved {
  machine: string;
  results: {
    name: string;
    measured: { median: number };
    comparison?: {
      ours: { perSecond: number; cpuMicros: number; redisMicros: number; mariadbMicros: number };
    };
  }[];
}

const FILE = join('docs', 'results', 'bench.json');
/** Tokens that a process remembers as verified (src/modules/waiting-room/tokens/token.ts). */
const REMEMBERED = 50_000;

/** Of a poll in a queue of that length, whose users poll any process in turn. */
export const pollMicros = ({ api }: Costs, waiting: number): number =>
  waiting > REMEMBERED ? api.pollNew : api.pollKnown;

/** @throws Error when a benchmark is missing */
export function readCosts(root: string): Costs {
  const { machine, results } = JSON.parse(readFileSync(join(root, FILE), 'utf8')) as Saved;
  const of = (name: string): Saved['results'][number] => {
    const result = results.find((each) => each.name === name);
    if (result === undefined) throw new Error(`${FILE} has no "${name}": npm run lab -- bench --save`);
    return result;
  };
  type Measure = 'perSecond' | 'cpuMicros' | 'redisMicros' | 'mariadbMicros';
  const cost = (name: string, measure: Measure = 'cpuMicros'): number =>
    of(name).comparison?.ours[measure] ?? 0;
  return {
    machine,
    api: {
      pollKnown: cost('check-known'),
      pollNew: cost('check-new'),
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
      // Polls use no store: Redis worked only for the one process, for its snapshots, admission ticks and presence.
      process: cost('check-new', 'redisMicros') * cost('check-new', 'perSecond'),
    },
    mariadb: { hold: cost('reserve', 'mariadbMicros'), payment: cost('payment', 'mariadbMicros') },
    // Measured with a million waiting users.
    bytes: { redis: of('redis-bytes').measured.median, process: of('memory').measured.median },
  };
}
