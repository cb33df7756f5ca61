import { addSeats, addUsers, emptyDatabase, SEATS_PER_SCHEDULE } from '../lib/database.ts';
import { type Benchmark, type Options, ratioResult, type Result } from '../lib/results/result.ts';
import { alternate, compare, type Kinds, measure, type Round } from '../lib/results/rounds.ts';
import { FIRST_USER, RESERVING } from '../lib/sales/items.ts';
import { Line } from '../lib/sales/line.ts';
import type { Question } from '../lib/sales/sales.ts';
import { SalesWorker } from '../lib/sales/worker.ts';
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
  const [service, raw] = [new SalesWorker(QUEUE), new SalesWorker(QUEUE)];
  let [next, to] = [0, FIRST_SEATS];
  /** A request is a seat: what four of them cost together is comparable. */
  const ask =
    (worker: SalesWorker, how: Pick<Question, 'do' | 'seats'>) =>
    (seconds: number): Promise<Round> =>
      measure(worker.pid, async () => {
        const seats = how.seats ?? 1;
        const from = Math.ceil(next / seats) * seats;
        const question: Question = { act: 'reserve', from, to, seconds, atOnce: AT_ONCE, ...how };
        const answered = await worker.ask(question);
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
  await Promise.all([service.stop(), raw.stop()]);
  await line.close();
  const result = (name: string, ours: Round[]): Result =>
    ratioResult(
      name,
      compare(ours, limit),
      { ours, limit },
      {
        by: { what: 'rates', why: 'seats a second' },
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
