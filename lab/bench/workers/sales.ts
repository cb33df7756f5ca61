// Holds and payments without HTTP: through our service in this process, or by the bare connector. Each line of JSON on
// stdin is a question (lib/sales.ts), each line on stdout its answer.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Connection, Prepare } from 'mariadb';
import type { ActiveUser } from '../../../src/modules/waiting-room/service.ts';
import { databaseUrl, dependency, dist } from '../lib/context.ts';
import { connectionOptions } from '../lib/database.ts';
import { itemOf } from '../lib/items.ts';
import type { Act, Item, Question, Slot, Step, Worked } from '../lib/sales.ts';

const CONCURRENCY = 32;
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

type Services = Record<Act, (item: Item) => Promise<unknown>>;

/** The product's services with everything below them, without HTTP, guard and loops. */
async function startServices(): Promise<Services> {
  const { loadConfig } = dist('config/config.js') as typeof import('../../../src/config/config.ts');
  const { createContainer } = dist('container.js') as typeof import('../../../src/container.ts');
  const { Redis } = dist('platform/redis/redis.js') as typeof import('../../../src/platform/redis/redis.ts');
  const { ReservationService } = dist(
    'modules/orders/service.js',
  ) as typeof import('../../../src/modules/orders/service.ts');
  const { WaitingRoomRegistry } = dist(
    'modules/waiting-room/registry.js',
  ) as typeof import('../../../src/modules/waiting-room/registry.ts');
  const { PaymentService } = dist(
    'modules/payments/service.js',
  ) as typeof import('../../../src/modules/payments/service.ts');
  const config = loadConfig();
  const container = createContainer(config);
  await container.resolve(Redis).connect();
  const { main } = container.resolve(WaitingRoomRegistry);
  await main.refresh();
  const reservations = container.resolve(ReservationService);
  const payments = container.resolve(PaymentService);
  const userOf = ({ userId, seq }: Item): ActiveUser => ({
    ...{ userId, seq, gen: main.snapshot.gen, queueId: config.QUEUE_ID },
  });
  return {
    reserve: (item) => reservations.hold(userOf(item), item.scheduleId, item.seatId, undefined),
    payment: (item) => payments.pay(userOf(item), item.reservationId, undefined),
  };
}

/** Listens at the connector while our service does one item. */
async function record(act: (item: Item) => Promise<unknown>, item: Item): Promise<Step[]> {
  const probe = await connect();
  const connector = Object.getPrototypeOf(probe) as Record<string, (...args: unknown[]) => Promise<unknown>>;
  await probe.end();
  const steps: Step[] = [];
  let insertId: unknown;
  const undo: (() => void)[] = [];
  const keepInsertId = (result: unknown): void => {
    const id = (result as { insertId?: unknown } | undefined)?.insertId;
    if (typeof id === 'number' && id > 0) insertId = id;
  };
  const listen = (
    method: string,
    note: (args: unknown[]) => void,
    done: (args: unknown[], result: unknown) => void = (_args, result) => keepInsertId(result),
  ): void => {
    const original = connector[method];
    if (original === undefined) throw new Error(`The connector has no ${method}.`);
    connector[method] = async function (this: unknown, ...args: unknown[]) {
      note(args);
      const result = await original.apply(this, args);
      done(args, result);
      return result;
    };
    undo.push(() => (connector[method] = original));
  };
  listen('beginTransaction', () => steps.push({ kind: 'begin' }));
  listen('commit', () => steps.push({ kind: 'commit' }));
  listen('rollback', () => steps.push({ kind: 'rollback' }));
  const noteStatement = (kind: 'execute' | 'query', sql: unknown, binds: unknown): void => {
    const slots = ((binds ?? []) as unknown[]).map((value) => slotOf(value, item, insertId));
    steps.push({ kind, sql: String(sql), binds: slots });
  };
  listen('query', ([sql, binds]) => noteStatement('query', sql, binds));
  listen(
    'prepare',
    () => undefined,
    ([sql], result) => {
      const statement = result as Prepare;
      const execute = statement.execute.bind(statement);
      statement.execute = async <T>(binds?: unknown): Promise<T> => {
        noteStatement('execute', sql, binds);
        const done = await execute<T>(binds);
        keepInsertId(done);
        return done;
      };
    },
  );
  await act(item);
  for (const restore of undo) restore();
  if (steps.length < 3) throw new Error(`Only ${steps.length} statements were recorded.`);
  return steps;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-/;

function slotOf(value: unknown, item: Item, insertId: unknown): Slot {
  if (typeof value === 'string' && UUID.test(value)) return { of: 'uuid' };
  if (typeof value === 'number') {
    if (value === insertId) return { of: 'insertId' };
    const name = (Object.keys(item) as (keyof Item)[]).find((key) => item[key] === value);
    if (name !== undefined) return { of: name };
  }
  return { value };
}

async function replay(connection: Connection, plan: Step[], item: Item): Promise<void> {
  let insertId = 0;
  const bind = (slot: Slot): unknown => {
    if ('value' in slot) return slot.value;
    if (slot.of === 'uuid') return randomUUID();
    return slot.of === 'insertId' ? insertId : item[slot.of];
  };
  for (const step of plan) {
    if ('sql' in step) {
      const result: unknown = await connection[step.kind](step.sql, step.binds.map(bind));
      const effect = result as { insertId?: number; affectedRows?: number };
      if (effect.affectedRows === 0) throw new Error(`No row was changed by ${step.sql}`);
      if (effect.insertId !== undefined && effect.insertId > 0) insertId = effect.insertId;
    } else if (step.kind === 'begin') await connection.beginTransaction();
    else if (step.kind === 'commit') await connection.commit();
    else await connection.rollback();
  }
}

/** Does items one after the other on each of CONCURRENCY lanes, until the time or the items are at an end. */
async function work(
  { from, to, seconds }: { from: number; to: number; seconds: number },
  act: (index: number, lane: number) => Promise<unknown>,
): Promise<Worked> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const latencies: number[] = [];
  let [next, refused] = [from, 0];
  const lane = async (number: number): Promise<void> => {
    while (performance.now() < endsAt && next < to) {
      const sentAt = performance.now();
      await act(next++, number).catch((error: unknown) => {
        refused++;
        process.stderr.write(`${String(error)}\n`);
      });
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, number) => lane(number)));
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

let services: Promise<Services> | undefined;
let connections: Promise<Connection[]> | undefined;

async function answer(question: Question): Promise<Step[] | Worked> {
  if (question.do === 'raw') {
    connections ??= Promise.all(Array.from({ length: CONCURRENCY }, connect));
    const lanes = await connections;
    return work(question, async (index, number) => {
      const connection = lanes[number];
      if (connection === undefined) throw new Error('no connection');
      const item = itemOf(question.act, index);
      try {
        await replay(connection, question.plan, item);
      } catch (error) {
        await connection.rollback();
        throw error;
      }
    });
  }
  services ??= startServices();
  const act = (await services)[question.act];
  if (question.do === 'record') {
    await act(itemOf(question.act, question.from)); // what only the first one needs is no part of the plan
    return record(act, itemOf(question.act, question.from + 1));
  }
  return work(question, (index) => act(itemOf(question.act, index)));
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Question))}\n`);
  process.exit(0); // connections are open
}

void main();
