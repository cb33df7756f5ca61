import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../statistics/intervals.ts';
import { ask, emptyDatabase } from '../lib/database.ts';
import { closedLoop, demandSound } from '../lib/load.ts';
import { type Benchmark, once, type Options, type Result } from '../lib/results/result.ts';
import { Line } from '../lib/sales/line.ts';
import { OurServer } from '../lib/server.ts';
import { Holds, QUEUE } from './holds.ts';
import { addPaidOrders } from './paid-orders.ts';

const ORDERS = 10_000;
const SEATS = 300_000;
const CONNECTIONS = 32;
const LIMIT_MS = 200_000;

/** Sales go on before, while the orders of a canceled schedule are refunded, and after it. */
async function run({ rounds, seconds }: Options): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  const holds = await Holds.of(line, SEATS);
  const scheduleId = await addPaidOrders(ORDERS);
  const server = await OurServer.start({ ...QUEUE, ROLE: 'all', INVARIANT_CHECK_INTERVAL_SECONDS: 3600 });
  const sell = async (): Promise<number> => {
    const load = { file: holds.file, wrap: false, first: holds.next, connections: CONNECTIONS };
    const answered = await closedLoop({ ...load, port: server.port, seconds });
    demandSound(answered);
    holds.next = answered.used;
    return answered.requests / answered.seconds;
  };
  const sellFor = async (count: number): Promise<number[]> => {
    const rates: number[] = [];
    while (rates.length < count) rates.push(await sell());
    return rates;
  };

  await sell(); // warm
  const before = await sellFor(rounds);
  await cancel(scheduleId);
  const during: number[] = [];
  const startedAt = performance.now();
  let state = await progressOf(scheduleId);
  while (state.seconds === undefined) {
    if (performance.now() - startedAt > LIMIT_MS) throw new Error(`${state.left} orders are left.`);
    const rate = await sell();
    state = await progressOf(scheduleId);
    if (state.seconds === undefined) during.push(rate); // else it was over meanwhile
    await sleep(0);
  }
  const after = await sellFor(rounds);
  await server.stop();
  await line.close();
  if (state.left > 0) throw new Error(`${state.left} orders were not refunded.`);

  const usual = median([...before, ...after]);
  const details = { before, during, after };
  const perSecond = (rates: number[]): string => Math.round(median(rates)).toLocaleString('en');
  return [
    once('cancellation', state.seconds, {
      unit: 's',
      target: { atMost: 60 },
      counted: `all ${ORDERS.toLocaleString('en')} orders refunded`,
    }),
    {
      ...once('cancellation-loss', 1 - median(during) / usual, {
        unit: '',
        target: { atMost: 0.1 },
        counted: 'share of the sales per second that is lost meanwhile',
        notes: [
          `holds per second: before ${perSecond(before)}, during ${perSecond(during)}, after ${perSecond(after)}; API and worker in one process`,
        ],
      }),
      rounds: details,
    },
  ];
}

/** As the organizer's request does (src/modules/organizer/cancellation). */
async function cancel(scheduleId: number): Promise<void> {
  await ask(`UPDATE concert_schedule SET state = 'CANCELED' WHERE id = ${scheduleId}`);
  await ask(`INSERT INTO schedule_cancellation (schedule_id, order_count) VALUES (${scheduleId}, ${ORDERS})`);
}

async function progressOf(scheduleId: number): Promise<{ seconds: number | undefined; left: number }> {
  const [row] = await ask<{ seconds: number | bigint | null; left: number | bigint }>(`
    SELECT TIMESTAMPDIFF(MICROSECOND, j.started_at, j.finished_at) / 1000000 AS seconds,
           (SELECT COUNT(*) FROM orders o WHERE o.schedule_id = j.schedule_id AND o.status <> 'CANCELED') AS \`left\`
      FROM schedule_cancellation j WHERE j.schedule_id = ${scheduleId}`);
  return { seconds: row?.seconds == null ? undefined : Number(row.seconds), left: Number(row?.left) };
}

export const cancellation: Benchmark = {
  names: ['cancellation', 'cancellation-loss'],
  about: 'the refund of 10,000 orders of a canceled schedule, and what it costs the sales meanwhile',
  run,
};
