import { setTimeout as sleep } from 'node:timers/promises';
import { redisUrls } from './lib/context.ts';
import { aroundValue, CHECK } from './lib/http.ts';
import { Line, type Waiter } from './lib/sales/line.ts';
import { closedLoop, writeValues } from './lib/load.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import { alternate, measure, type Round, type Spread, spread } from './lib/results/rounds.ts';
import { OurServer } from './lib/server.ts';

const MANY = 1_000_000;
const FEW = 1000;
/** This many of the million are polled, evenly spread over the line. */
const ASKED = 20_000;
/** Far below saturation: 16 connections that pause 3 ms make about 4,000 requests per second. */
const CONNECTIONS = 16;
const PAUSE_MS = 3;
const MEGABYTE = 1e6;

interface Memory {
  rssMb: number;
  heapMb: number;
}

/** The least of some readings: garbage that waits for its collection is no need. */
async function memoryOf(server: OurServer): Promise<Memory> {
  const least: Memory = { rssMb: Infinity, heapMb: Infinity };
  for (let reading = 0; reading < 8; reading++) {
    await sleep(500);
    const metrics = await server.metrics();
    const of = (name: string): number => (metrics.get(name) ?? Number.NaN) / MEGABYTE;
    least.rssMb = Math.min(least.rssMb, of('process_resident_memory_bytes'));
    least.heapMb = Math.min(least.heapMb, of('nodejs_heap_size_used_bytes'));
  }
  return least;
}

type Ask = (seconds: number, pauseMs?: number) => Promise<Round>;

const asking = (server: OurServer, waiters: Waiter[]): Ask => {
  const polls = {
    file: writeValues(waiters.map(({ token }) => token)),
    ...aroundValue({ path: CHECK, token: 'VALUE' }),
    wrap: true,
  };
  const load = { ...polls, port: server.port, connections: CONNECTIONS };
  return (seconds, pauseMs = PAUSE_MS) =>
    measure(server.pid, () => closedLoop({ ...load, delayMs: pauseMs, seconds }));
};

/** A queue of a million beside a queue of a thousand, each with its own process. */
async function run(options: Options): Promise<Result[]> {
  const [manyUrl, fewUrl] = redisUrls();
  const few = await Line.start(fewUrl);
  const [, ...fewWaiters] = await few.seed({ count: FEW + 1, cap: 1 });
  const ofFew = await OurServer.start({ QUEUE_MAX_ACTIVE: 1, REDIS_URL: fewUrl });

  const many = await Line.start(manyUrl);
  const ofMany = await OurServer.start({ QUEUE_MAX_ACTIVE: 1, REDIS_URL: manyUrl });
  const idle = await memoryOf(ofMany);
  const bytesBefore = await many.info('used_memory');
  const [, ...waiters] = await many.seed({ count: MANY, cap: 1, signEvery: MANY / ASKED });
  await sleep(1000); // what commands have left behind in Redis goes
  const bytes = ((await many.info('used_memory')) - bytesBefore) / MANY;

  const [askMany, askFew] = [asking(ofMany, waiters), asking(ofFew, fewWaiters)];
  for (const ask of [askMany, askFew]) await ask(3, 0); // all tokens are known after this
  const rounds = await alternate({ many: askMany, few: askFew }, options);
  const full = await memoryOf(ofMany);
  await Promise.all([ofMany.stop(), ofFew.stop()]);
  await Promise.all([many.close(), few.close()]);

  return [
    p99Result(rounds),
    memoryResult(idle, full),
    {
      name: 'redis-bytes',
      measured: exactly(bytes),
      unit: 'bytes',
      target: { atMost: 200 },
      counted: 'used_memory per waiter',
      notes: [],
      rounds: { bytes: [bytes] },
    },
  ];
}

function p99Result(rounds: Record<'many' | 'few', Round[]>): Result {
  const ratios = rounds.many.flatMap((round, i) =>
    rounds.few[i] ? [round.p99Ms / rounds.few[i].p99Ms] : [],
  );
  const summary = (of: Round[]): string => {
    const median = (what: 'perSecond' | 'p50Ms' | 'p99Ms'): number =>
      spread(of.map((round) => round[what])).median;
    return `p50 ${median('p50Ms').toFixed(2)} ms, p99 ${median('p99Ms').toFixed(2)} ms at ${Math.round(median('perSecond'))}/s`;
  };
  return {
    name: 'check-p99',
    measured: spread(ratios),
    unit: '',
    target: { atMost: 1.2 },
    counted: 'p99 with 1,000,000 / with 1,000',
    notes: [`1,000,000: ${summary(rounds.many)}`, `1,000: ${summary(rounds.few)}`],
    rounds,
  };
}

function memoryResult(idle: Memory, full: Memory): Result {
  return {
    name: 'memory',
    measured: exactly(full.rssMb - idle.rssMb),
    unit: 'MB',
    target: { atMost: 100 },
    counted: 'RSS above idle',
    notes: [
      `RSS ${Math.round(idle.rssMb)} → ${Math.round(full.rssMb)} MB, heap ${Math.round(idle.heapMb)} → ${Math.round(full.heapMb)} MB, from just started to polled by ${ASKED.toLocaleString('en')} of the million`,
    ],
    rounds: { memory: [idle, full] },
  };
}

const exactly = (value: number): Spread => spread([value]);

export const million: Benchmark = {
  names: ['check-p99', 'memory', 'redis-bytes'],
  about:
    'a line of 1,000,000: latency of polls against a line of 1,000, memory of the process, bytes in Redis',
  run,
};
