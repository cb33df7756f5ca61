import { setTimeout as sleep } from 'node:timers/promises';
import { CHECK } from './lib/http.ts';
import { Line } from './lib/sales/line.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import { spread } from './lib/results/rounds.ts';
import { OurServer } from './lib/server.ts';

const WAITERS = 10_000;
/** Admission is closed at first, so that the process is up and idle when it opens. */
const CLOSED_MS = 1000;
const CLOSE_AGAIN_MS = 100;
const QUIET_MS = 500;
const LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 5;
const MOST_ROUNDS = 3;

interface Admission {
  /** From the opening until all are active, by Redis' clock. */
  storeMs: number;
  /** … and until the last one's poll says so. */
  pollMs: number;
  longestBlockMs: number;
}

async function admitAll(env: Record<string, string> = {}): Promise<Admission> {
  const line = await Line.start();
  const waiters = await line.seed({ count: WAITERS, cap: 0 });
  await line.keepClosed(CLOSED_MS);
  const keepClosed = setInterval(() => void line.keepClosed(CLOSED_MS), CLOSE_AGAIN_MS);
  const server = await OurServer.start({ QUEUE_MAX_ACTIVE: WAITERS, ...env });
  await sleep(QUIET_MS);
  clearInterval(keepClosed);
  const opensAtMs = await line.keepClosed(CLOSED_MS);
  await sleep(CLOSED_MS - QUIET_MS);
  let { count, nowMs } = await line.active();
  if (nowMs > opensAtMs || count > 0) throw new Error('Admission did not stay closed.');
  await server.metrics(); // the event loop's longest delay counts from here

  while (count < WAITERS) {
    await sleep(LOOK_EVERY_MS);
    ({ count, nowMs } = await line.active());
    if (nowMs > opensAtMs + LIMIT_MS) throw new Error(`Only ${count} of ${WAITERS} were admitted.`);
  }
  const storeMs = nowMs - opensAtMs;
  const last = waiters.at(-1)?.token ?? '';
  for (;;) {
    const { body } = await server.answerTo(CHECK, { method: 'POST', headers: { Authorization: last } });
    ({ nowMs } = await line.active());
    if (body.includes('PROGRESS')) break;
    if (nowMs > opensAtMs + LIMIT_MS) throw new Error('The poll of the last admitted user does not say so.');
    await sleep(LOOK_EVERY_MS);
  }
  await sleep(QUIET_MS); // the snapshots' refresh after the last admission counts as well
  const longest = (await server.metrics()).get('nodejs_eventloop_lag_max_seconds') ?? Number.NaN;
  await server.stop();
  await line.close();
  return { storeMs, pollMs: nowMs - opensAtMs, longestBlockMs: longest * 1000 };
}

async function run({ rounds }: Options): Promise<Result[]> {
  const admissions: Admission[] = [];
  const withoutLog: Admission[] = [];
  for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
    admissions.push(await admitAll());
    withoutLog.push(await admitAll({ TRANSPARENCY: 'off' }));
  }
  const all = { admissions, withoutLog };
  const silent = spread(withoutLog.map(({ storeMs }) => storeMs)).median;
  const polled = spread(admissions.map(({ pollMs }) => pollMs)).median;
  return [
    {
      name: 'admit-10k',
      measured: spread(admissions.map(({ storeMs }) => storeMs)),
      unit: 'ms',
      target: { atMost: 1000 },
      counted: 'opening to all active',
      notes: [
        `the last one’s poll says so after ${Math.round(polled)} ms`,
        `without the transparency log ${Math.round(silent)} ms`,
      ],
      rounds: all,
    },
    {
      name: 'admit-10k-block',
      measured: spread(admissions.map(({ longestBlockMs }) => longestBlockMs)),
      unit: 'ms',
      target: { atMost: 20 },
      counted: 'longest event-loop delay',
      notes: ['an idle loop reads 10 ms, the timer’s own interval: the block is up to that much shorter'],
      rounds: all,
    },
  ];
}

export const admission: Benchmark = {
  names: ['admit-10k', 'admit-10k-block'],
  about: '10,000 waiting users admitted at once: time, and how long the event loop was blocked',
  run,
};
