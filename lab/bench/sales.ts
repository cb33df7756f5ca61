import { addHolds, addUsers, addSeats, emptyDatabase, SEATS_PER_SCHEDULE } from './lib/database.ts';
import { PAYMENT, RESERVE, requestText } from './lib/http.ts';
import { FIRST_USER, itemOf, RESERVING } from './lib/sales/items.ts';
import { Line } from './lib/sales/line.ts';
import { closedLoop, writeValues } from './lib/load.ts';
import { type Benchmark, type Options, ratioResult, type Result } from './lib/results/result.ts';
import { alternate, compare, coresIn, type Kinds, measure } from './lib/results/rounds.ts';
import type { Act, Question, Worked } from './lib/sales/sales.ts';
import { SalesWorker } from './lib/sales/worker.ts';
import { STATEMENTS } from './lib/sales/one-by-one.ts';
import { OurServer } from './lib/server.ts';

/** Requests at once. */
const AT_ONCE = 64;
const QUEUE = {
  QUEUE_MAX_ACTIVE: 1_000_000,
  QUEUE_SESSION_SECONDS: 86_400,
  QUEUE_IDLE_TIMEOUT_SECONDS: 86_400,
  MAX_SEATS_PER_USER: process.env.MAX_SEATS_PER_USER ?? 10_000, // counted, but a few buyers take all seats
};
/** For the first, short rounds, which tell how many items the measured ones will need. */
const FIRST_ITEMS = 80_000;
const CALIBRATE_SECONDS = 1;
const WARM_UP_SECONDS = 2;
const MARGIN = 1.6;

/** Seats to hold or holds to pay; each is used once. */
class Supply {
  private readonly act: Act;
  private readonly line: Line;
  private file = '';
  private from = 0;
  to = 0;
  next = 0;

  constructor(act: Act, line: Line) {
    this.act = act;
    this.line = line;
  }

  /** Adds items; what was there and is unused is left aside. */
  async add(count: number): Promise<void> {
    this.from = this.to;
    this.to += Math.ceil(count / SEATS_PER_SCHEDULE) * SEATS_PER_SCHEDULE;
    this.next = Math.max(this.next, this.from);
    await addSeats(this.from, this.to);
    const values = this.act === 'reserve' ? await this.reserves() : await this.payments();
    this.file = writeValues(values);
  }

  /** One HTTP round. */
  async askFor(port: number, seconds: number): Promise<Worked> {
    const { file, next, from } = this;
    const first = next - from;
    const answered = await closedLoop({ file, first, wrap: false, port, connections: AT_ONCE, seconds });
    this.next = from + answered.used;
    return answered;
  }

  private tokens: string[] = [];

  private async reserves(): Promise<string[]> {
    if (this.tokens.length === 0) {
      await addUsers(FIRST_USER, RESERVING);
      this.tokens = await this.admit(RESERVING, FIRST_USER);
    }
    return this.texts((index) => {
      const { scheduleId, seatId } = itemOf('reserve', index);
      const token = this.tokens[index % RESERVING] ?? '';
      return requestText({ path: RESERVE, token, body: { scheduleId, seatId } });
    });
  }

  private async payments(): Promise<string[]> {
    const { from, to } = this;
    await addUsers(FIRST_USER + from, to - from);
    await addHolds(from, to, FIRST_USER);
    const tokens = await this.admit(to - from, FIRST_USER + from);
    return this.texts((index) => {
      const { reservationId } = itemOf('payment', index);
      return requestText({ path: PAYMENT, token: tokens[index - from] ?? '', body: { reservationId } });
    });
  }

  private texts(of: (index: number) => string): string[] {
    return Array.from({ length: this.to - this.from }, (_, i) => of(this.from + i));
  }

  private async admit(count: number, firstUser: number): Promise<string[]> {
    const users = await this.line.seed({ count, cap: QUEUE.QUEUE_MAX_ACTIVE, firstUser });
    return users.map(({ token }) => token);
  }
}

/**
 * The same work three times: over HTTP, by calling the service, and by the bare connector with one transaction each, which
 * is the limit of what does not sell in batches. The target is for the service: like the limit it is one process that
 * calls MariaDB, with no generator on the other core, where MariaDB works as well.
 */
async function compareSales(act: Act, atLeast: number, options: Options): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  const supply = new Supply(act, line);
  await supply.add(FIRST_ITEMS);

  const server = await OurServer.start(QUEUE);
  const [service, raw] = [new SalesWorker(QUEUE), new SalesWorker(QUEUE)];
  const worked = async (worker: SalesWorker, question: Question): Promise<Worked> => {
    const answered = await worker.ask(question);
    supply.next = answered.used;
    return answered;
  };
  const range = (seconds: number): Omit<Question, 'do'> => ({
    act,
    from: supply.next,
    to: supply.to,
    seconds,
    atOnce: AT_ONCE,
  });
  const kinds: Kinds<'ours' | 'limit' | 'service'> = {
    ours: (seconds) => measure(server.pid, () => supply.askFor(server.port, seconds)),
    limit: (seconds) => measure(raw.pid, () => worked(raw, { do: 'raw', ...range(seconds) })),
    service: (seconds) => measure(service.pid, () => worked(service, { do: 'service', ...range(seconds) })),
  };
  const first = await alternate(kinds, { rounds: 1, seconds: CALIBRATE_SECONDS });
  const rate = Object.values(first).reduce((total, [round]) => total + (round?.perSecond ?? 0), 0);
  const { rounds: count, seconds } = options;
  await supply.add(rate * (Math.min(WARM_UP_SECONDS, seconds) + count * seconds) * MARGIN);
  const rounds = await alternate(kinds, options);
  await Promise.all([server.stop(), service.stop(), raw.stop()]);
  await line.close();

  const { ours, limit, service: inService } = rounds;
  const over = {
    by: { what: 'rates' as const, why: 'process and MariaDB wait for each other' },
  };
  const [overHttp, byService] = [compare(ours, limit), compare(inService, limit)];
  const notes = [
    `limit: one transaction of ${STATEMENTS[act]} statements each, BEGIN and COMMIT included`,
    `cores in use over HTTP: ${coresIn(overHttp.ours)}`,
    `cores in use by the service: ${coresIn(byService.ours)}; by the limit: ${coresIn(byService.limit)}`,
  ];
  return [
    ratioResult(act, overHttp, rounds, { ...over, atLeast: undefined, notes }),
    ratioResult(`${act}-service`, byService, { ours: inService, limit }, { ...over, atLeast }),
  ];
}

export const sales: Benchmark[] = [
  {
    names: ['reserve', 'reserve-service'],
    about: 'holds over HTTP and by the service, against the bare connector with one transaction each',
    run: (options) => compareSales('reserve', 5, options),
  },
  {
    names: ['payment', 'payment-service'],
    about: 'payments over HTTP and by the service, against the same',
    run: (options) => compareSales('payment', 4, options),
  },
];
