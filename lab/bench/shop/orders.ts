import { cores, inBench, redisUrls, secret } from '../lib/context.ts';
import { addSeats, addUsers, emptyDatabase, SEATS_PER_SCHEDULE } from '../lib/database.ts';
import { stop, Worker } from '../lib/processes.ts';
import { type Benchmark, type Options, ratioResult, type Result } from '../lib/results/result.ts';
import { alternate, compare, type Kinds, measure, type Round } from '../lib/results/rounds.ts';
import { FIRST_USER, RESERVING } from '../lib/sales/items.ts';
import { Line } from '../lib/sales/line.ts';
import type { Question, Worked } from '../lib/sales/sales.ts';
import { QUEUE } from './holds.ts';

const AT_ONCE = 64;
const PARTY = 4;
const FIRST_SEATS = 80_000;
const MARGIN = 1.8;

/** Seats a second by orders of one and of four, and by the bare connector, which takes one seat in each transaction. */
async function run(options: Options): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  await addUsers(FIRST_USER, RESERVING);
  await addSeats(0, FIRST_SEATS);
  const env = {
    NODE_ENV: 'production',
    ROLE: 'api',
    TZ: 'UTC',
    REDIS_URL: redisUrls()[0],
    TOKEN_SECRET: secret,
    ...Object.fromEntries(Object.entries(QUEUE).map(([name, value]) => [name, String(value)])),
    LOG_LEVEL: 'error', // the sessions of the service's users are in no queue, which each hold would tell
  };
  const [service, raw] = [1, 2].map(() => new Worker(cores.server, [inBench('workers', 'sales.ts')], env));
  if (service === undefined || raw === undefined) throw new Error('There are no workers.');
  let [next, to] = [0, FIRST_SEATS];
  /** A request is a seat: what four of them cost together is comparable. */
  const ask =
    (worker: Worker, how: Pick<Question, 'do' | 'seats'>) =>
    (seconds: number): Promise<Round> =>
      measure(worker.child.pid, async () => {
        const seats = how.seats ?? 1;
        const from = Math.ceil(next / seats) * seats;
        const question: Question = { act: 'reserve', from, to, seconds, atOnce: AT_ONCE, ...how };
        const answered = (await worker.ask(question)) as Worked;
        next = answered.used;
        return { ...answered, requests: answered.requests * seats };
      });
  const kinds: Kinds<'one' | 'four' | 'limit'> = {
    one: ask(service, { do: 'service', seats: 1 }),
    four: ask(service, { do: 'service', seats: PARTY }),
    limit: ask(raw, { do: 'raw' }),
  };
  const first = await alternate(kinds, { rounds: 1, seconds: 1 });
  const rate = Object.values(first).reduce((sum, [round]) => sum + (round?.perSecond ?? 0), 0);
  const more = rate * (options.rounds + 1) * options.seconds * MARGIN;
  const wanted = to + Math.ceil(more / SEATS_PER_SCHEDULE) * SEATS_PER_SCHEDULE;
  await addSeats(to, wanted);
  [next, to] = [to, wanted];
  const { one, four, limit } = await alternate(kinds, options);
  await Promise.all([stop(service.child), stop(raw.child)]);
  await line.close();
  const result = (name: string, ours: Round[]): Result =>
    ratioResult(
      name,
      compare(ours, limit),
      { ours, limit },
      {
        by: { what: 'rates', why: 'seats a second; MariaDB is the limit of all' },
        atLeast: undefined,
      },
    );
  return [result('orders-1', one), result(`orders-${PARTY}`, four)];
}

export const orders: Benchmark = {
  names: ['orders-1', 'orders-4'],
  about: 'seats by orders of one and of four, against the bare connector with a transaction for each seat',
  run,
};
