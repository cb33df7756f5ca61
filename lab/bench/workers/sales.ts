// Holds and payments without HTTP: through our service in this process, or by the bare connector. Each line of JSON on
// stdin is a question (lib/sales.ts), each line on stdout its answer.
import { createInterface } from 'node:readline';
import type { Connection } from 'mariadb';
import type { ActiveUser } from '../../../src/modules/waiting-room/state/session.ts';
import { databaseUrl, dependency, dist } from '../lib/context.ts';
import { connectionOptions } from '../lib/database.ts';
import { itemOf } from '../lib/sales/items.ts';
import { doAlone } from '../lib/sales/one-by-one.ts';
import type { Act, Item, Question, Worked } from '../lib/sales/sales.ts';

/** Connections of the limit; more lanes than these wait for one, as they do in the product's pool. */
const CONNECTIONS = 32;
const mariadb = dependency('mariadb') as typeof import('mariadb');

/** As the product's connections (src/platform/database/database.ts). */
async function connect(): Promise<Connection> {
  return mariadb.createConnection({
    ...connectionOptions(databaseUrl()),
    timezone: '+00:00',
    bigIntAsNumber: true,
    insertIdAsNumber: true,
    decimalAsNumber: true,
    checkNumberRange: true,
    autoJsonMap: false,
    foundRows: true,
    prepareCacheLength: 48,
    initSql: [
      "SET time_zone = '+00:00', innodb_lock_wait_timeout = 2, idle_transaction_timeout = 10",
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ],
  });
}

type Services = Record<Act, (item: Item) => Promise<unknown>> & {
  /** Of the item's seat and those behind it. */
  order: (item: Item, seats: number) => Promise<unknown>;
};

/** The product's services with everything below them, without HTTP, guard and loops. */
async function startServices(): Promise<Services> {
  const { loadConfig } = dist('config/config.js') as typeof import('../../../src/config/config.ts');
  const { createContainer } = dist('container.js') as typeof import('../../../src/container.ts');
  const { Redis } = dist('platform/redis/redis.js') as typeof import('../../../src/platform/redis/redis.ts');
  const { ReservationService } = dist(
    'modules/orders/reservation-service.js',
  ) as typeof import('../../../src/modules/orders/reservation-service.ts');
  const { WaitingRoomRegistry } = dist(
    'modules/waiting-room/registry.js',
  ) as typeof import('../../../src/modules/waiting-room/registry.ts');
  const { PaymentService } = dist(
    'modules/payments/service.js',
  ) as typeof import('../../../src/modules/payments/service.ts');
  const { OrderService } = dist(
    'modules/orders/order-service.js',
  ) as typeof import('../../../src/modules/orders/order-service.ts');
  const config = loadConfig();
  const container = createContainer(config);
  await container.resolve(Redis).connect();
  const { main } = container.resolve(WaitingRoomRegistry);
  await main.refresh();
  const reservations = container.resolve(ReservationService);
  const payments = container.resolve(PaymentService);
  const orders = container.resolve(OrderService);
  const userOf = ({ userId, seq }: Item): ActiveUser => ({
    userId,
    seq,
    gen: main.snapshot.gen,
    queueId: config.QUEUE_ID,
  });
  const reserve = (item: Item): Promise<unknown> =>
    reservations.hold(userOf(item), item.scheduleId, item.seatId, undefined);
  return {
    reserve,
    order: (item, seats) =>
      orders.create(userOf(item), {
        scheduleId: item.scheduleId,
        seatIds: Array.from({ length: seats }, (_, i) => item.seatId + i),
      }),
    payment: (item) => payments.pay(userOf(item), item.reservationId, undefined),
    refusal: (item) => demandTaken(reserve(item)),
  };
}

/** @throws unless somebody else has the seat (004) */
async function demandTaken(hold: Promise<unknown>): Promise<void> {
  const code = await hold.then(
    () => 'a hold',
    (error: unknown) => (error as { code?: string }).code,
  );
  if (code !== '004') throw new Error(`Instead of 004: ${code}`);
}

/** Does items one after the other on each of `atOnce` lanes, until the time or the items are at an end. */
async function work(
  { from, to, seconds, atOnce, seats = 1 }: Question,
  act: (index: number) => Promise<unknown>,
): Promise<Worked> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const latencies: number[] = [];
  let [next, refused] = [from, 0];
  const lane = async (): Promise<void> => {
    while (performance.now() < endsAt && next < to) {
      const sentAt = performance.now();
      const index = next;
      next += seats;
      await act(index).catch((error: unknown) => {
        refused++;
        process.stderr.write(`${String(error)}\n`);
      });
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  latencies.sort((a, b) => a - b);
  const percentile = (p: number): number => latencies[Math.floor(latencies.length * p)] ?? 0;
  return {
    requests: latencies.length,
    seconds: (performance.now() - startedAt) / 1000,
    refused,
    broken: 0,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    used: next,
    exhausted: next >= to,
  };
}

/** Connections that are lent to one item at a time. */
class Lent {
  private readonly free: Connection[];
  private readonly waiting: ((connection: Connection) => void)[] = [];

  constructor(connections: Connection[]) {
    this.free = connections;
  }

  async use(work: (connection: Connection) => Promise<void>): Promise<void> {
    const connection =
      this.free.pop() ?? (await new Promise<Connection>((resolve) => this.waiting.push(resolve)));
    try {
      await work(connection);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free.push(connection);
      else next(connection);
    }
  }
}

let services: Promise<Services> | undefined;
let connections: Promise<Connection[]> | undefined;

async function answer(question: Question): Promise<Worked> {
  const { act } = question;
  if (question.do === 'raw') {
    connections ??= Promise.all(Array.from({ length: CONNECTIONS }, connect));
    const lent = new Lent([...(await connections)]);
    return work(question, (index) => lent.use((connection) => doAlone(connection, act, itemOf(act, index))));
  }
  services ??= startServices();
  const { [act]: one, order } = await services;
  const { seats } = question;
  return work(question, (index) => {
    const item = itemOf(act, index);
    return seats === undefined ? one(item) : order(item, seats);
  });
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Question))}\n`);
  process.exit(0); // connections are open
}

void main();
