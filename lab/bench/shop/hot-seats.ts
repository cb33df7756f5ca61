import { addHolds, addSeats, addUsers, emptyDatabase } from '../lib/database.ts';
import { type Benchmark, type Options, ratioResult, type Result } from '../lib/results/result.ts';
import { alternate, compare, coresIn, measure, type Round } from '../lib/results/rounds.ts';
import { FIRST_USER, HOT_SEATS, RESERVING } from '../lib/sales/items.ts';
import { Line } from '../lib/sales/line.ts';
import { STATEMENTS } from '../lib/sales/one-by-one.ts';
import type { Question } from '../lib/sales/sales.ts';
import { SalesWorker } from '../lib/sales/worker.ts';
import { QUEUE } from './holds.ts';

/** All buyers at once, each for one of few seats which others hold: refusals a second by the service and by the limit. */
async function run(options: Options): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  await addUsers(FIRST_USER, RESERVING + HOT_SEATS);
  await addSeats(0, HOT_SEATS);
  await addHolds(0, HOT_SEATS, FIRST_USER + RESERVING);
  const [service, raw] = [new SalesWorker(QUEUE), new SalesWorker(QUEUE)];
  let next = 0;
  const ask =
    (worker: SalesWorker, how: Question['do']) =>
    (seconds: number): Promise<Round> =>
      measure(worker.pid, async () => {
        const range = { from: next, to: Number.MAX_SAFE_INTEGER, seconds, atOnce: RESERVING };
        const answered = await worker.ask({ do: how, act: 'refusal', ...range });
        next = answered.used;
        return answered;
      });
  const kinds = { ours: ask(service, 'service'), limit: ask(raw, 'raw') };
  const rounds = await alternate(kinds, options);
  await Promise.all([service.stop(), raw.stop()]);
  await line.close();
  const compared = compare(rounds.ours, rounds.limit);
  const notes = [
    `limit: one transaction of ${STATEMENTS.refusal} statements each, BEGIN and ROLLBACK included`,
    `cores in use by the service: ${coresIn(compared.ours)}; by the limit: ${coresIn(compared.limit)}`,
  ];
  const by = { what: 'rates' as const, why: 'process and MariaDB wait for each other' };
  return [ratioResult('hot-seats', compared, rounds, { atLeast: 3, notes, by })];
}

export const hotSeats: Benchmark = {
  names: ['hot-seats'],
  about: 'refusals: 2,000 buyers at once of 100 seats that others hold, against one transaction each',
  run,
};
