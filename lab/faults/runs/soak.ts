import { setTimeout as sleep } from 'node:timers/promises';
import { Opening, POOL, type OpeningOptions, type Verdict } from './opening.ts';
import type { System } from '../system/index.ts';

/** Sizes that must not grow over hours, at one moment. */
export type Sample = Record<string, number>;

export interface SoakResult extends Verdict {
  samples: { atSeconds: number; values: Sample }[];
}

const WARM_UP_SHARE = 0.15;
const SAMPLES = 13;
const MB = 2 ** 20;

/** Waits and leases are over soon, so that what must go by TTL goes within the run. */
const ENV = { QUEUE_MAX_WAIT_SECONDS: '60', QUEUE_SESSION_SECONDS: '30', LOG_LEVEL: 'warn' };

/** Buyers at a steady rate for long, no faults, and a look at everything that might leak. */
export async function soak(options: Omit<OpeningOptions, 'env'>): Promise<SoakResult> {
  const opening = await Opening.begin({ ...options, env: ENV });
  try {
    const samples: SoakResult['samples'] = [];
    const lengthMs = options.seconds * 1000;
    const { history, system } = opening;
    for (let i = 0; i < SAMPLES; i++) {
      const dueMs = lengthMs * (WARM_UP_SHARE + (i / (SAMPLES - 1)) * (1 - WARM_UP_SHARE));
      await sleep(Math.max(0, dueMs - history.nowMs));
      samples.push({
        atSeconds: Math.round(history.nowMs / 1000),
        values: await look(system, opening.workload.visits),
      });
      options.say(`  ${samples.at(-1)?.atSeconds ?? 0} s: ${opening.workload.visits} visits`);
    }
    const phase = { name: 'soak', fromMs: 0, toMs: history.nowMs, faults: [] };
    return { ...(await opening.end([phase])), samples };
  } finally {
    await opening.system.stop();
  }
}

async function look(system: System, visits: number): Promise<Sample> {
  const values: Sample = { visits };
  for (const process of system.product) {
    const { name } = process.child;
    const { rss, heapUsed, external, resources } = await process.held();
    values[`${name} RSS, MB`] = round(rss / MB);
    values[`${name} heap, MB`] = round(heapUsed / MB);
    values[`${name} external, MB`] = round(external / MB);
    values[`${name} timers`] = resources.Timeout ?? 0;
    values[`${name} sockets`] = resources.TCPSocketWrap ?? 0;
  }
  const [row] = await system.mariadb.rows<Sample>(
    `SELECT (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'THREADS_CONNECTED') + 0
              AS 'MariaDB connections',
            (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'PREPARED_STMT_COUNT')
              / (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'THREADS_CONNECTED')
              AS 'statements prepared, per connection',
            (SELECT COUNT(*) FROM reservation WHERE status = 'TEMP_RESERVED') AS 'holds open',
            (SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL) AS 'events undelivered',
            (SELECT COUNT(*) FROM reservation) AS 'rows of reservation',
            (SELECT COUNT(*) FROM payment) AS 'rows of payment',
            (SELECT COUNT(*) FROM payment_history) AS 'rows of payment_history',
            (SELECT COUNT(*) FROM outbox) AS 'rows of outbox',
            (SELECT COUNT(*) FROM notification) AS 'rows of notification',
            (SELECT COUNT(*) FROM idempotency_key) AS 'rows of idempotency_key'`,
  );
  for (const [name, value] of Object.entries(row ?? {})) values[name] = round(value);
  const redis = system.redis.connect();
  try {
    await new Promise((resolve) => redis.once('ready', resolve));
    values['Redis keys'] = await redis.dbsize();
    const info = await redis.info();
    values['Redis memory, MB'] = round(Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0) / MB);
    values['Redis clients'] = Number(/connected_clients:(\d+)/.exec(info)?.[1] ?? 0);
  } finally {
    redis.disconnect();
  }
  return values;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Rows are made by visits: of each table as many for a visit at the end as before. */
const ROWS = /^rows of /;
const API_HEAP = /^api\d+ heap/;
/** From the middle to the end. */
const LEVEL_SHARE = 1.05;
/** And besides, in each thing's own unit: garbage that is not collected yet, a busy moment's connections and buffers. */
const LEVEL_MORE: [RegExp, number][] = [
  [/ RSS, MB$/, 10],
  [/ external, MB$/, 6],
  [/, MB$/, 2],
  [/ sockets$/, POOL],
  [/connections$/, 2 * POOL],
  [/^statements/, 10],
  [/^holds|^events/, 8],
  [ROWS, 0.05],
];
/** What an API process keeps of a visit's token, up to 50,000 of them (src/modules/waiting-room/tokens/token.ts): no leak. */
const TOKEN_MB = 600 / MB;
const COUNTS_MORE = 4;

/** Start, middle and end of each value, and whether it is level: the middle of the last third against that of the second. */
export function soakTable({ samples }: Pick<SoakResult, 'samples'>): {
  heads: string[];
  rows: (string | number)[][];
  grown: string[];
} {
  const third = Math.floor(samples.length / 3);
  const thirds: [Samples, Samples, Samples] = [
    samples.slice(0, third),
    samples.slice(third, 2 * third),
    samples.slice(2 * third),
  ];
  const grown: string[] = [];
  const rows = Object.keys(samples[0]?.values ?? {}).map((name) => {
    const values = thirds.map((part) => (ROWS.test(name) ? perVisit(part, name) : middle(part, name)));
    if (name === 'visits') return [name, ...values, ''];
    const [, half = 0, end = 0] = values;
    const tokens = API_HEAP.test(name)
      ? TOKEN_MB * (middle(thirds[2], 'visits') - middle(thirds[1], 'visits'))
      : 0;
    const more = (LEVEL_MORE.find(([of]) => of.test(name))?.[1] ?? COUNTS_MORE) + tokens;
    const isLevel = end <= half * LEVEL_SHARE + more;
    if (!isLevel) grown.push(name);
    return [ROWS.test(name) ? `${name}, per visit` : name, ...values, isLevel ? 'level' : '**grows**'];
  });
  return { heads: ['what', 'start', 'middle', 'end', ''], rows, grown };
}

type Samples = SoakResult['samples'];

function middle(samples: Samples, name: string): number {
  const sorted = samples.map(({ values }) => values[name] ?? 0).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Rows that a visit added between the first sample and the last one. */
function perVisit(samples: Samples, name: string): number {
  const [first, last] = [samples[0]?.values ?? {}, samples.at(-1)?.values ?? {}];
  const added = (of: string): number => (last[of] ?? 0) - (first[of] ?? 0);
  return Math.round((added(name) / Math.max(1, added('visits'))) * 100) / 100;
}
