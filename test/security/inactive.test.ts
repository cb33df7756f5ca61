import { randomUUID } from 'node:crypto';
import { Database } from '../../src/platform/database/database';
import { LoadShedder } from '../../src/http/limits/shedder';
import { LoadMonitor } from '../../src/modules/waiting-room/admission/load-monitor';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { at } from '../support/at';
import { Buyer, outcome } from '../support/clients/buyer';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';
import { until } from '../support/wait';

/** Tables that requests read or write; background tasks use others at the same time. (words-allow: member) */
const OF_USERS = /\b(member|idempotency_key|concert\w*|orders|reservation|payment\w*)\b/;
/** The directory of users reads its table every ten seconds, without a request. */
const OF_DIRECTORY = /WHERE id > \? ORDER BY id LIMIT/;

describe('a token that is not active', () => {
  const app = useService({
    QUEUE_MAX_ACTIVE: 1,
    QUEUE_IDLE_TIMEOUT_SECONDS: 3600,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
    ROLE: 'api',
  });
  let active: Buyer;
  const waiting: Buyer[] = [];
  let schedule: { id: number; seats: { id: number }[] };
  let observed: jest.SpyInstance;
  const statements: string[] = [];

  const everything = (buyer: Buyer): Promise<string[]> =>
    Promise.all([
      buyer.charge(1, randomUUID()).then(outcome),
      buyer.charge(1).then(outcome),
      buyer.reserve(schedule.id, at(schedule.seats, 0).id, randomUUID()).then(outcome),
      buyer.pay(1, randomUUID()).then(outcome),
      buyer.amount().then(outcome),
      buyer.schedules().then(outcome),
      buyer.seats(schedule.id).then(outcome),
    ]);
  beforeAll(async () => {
    const { container } = app.service;
    schedule = await app.given.scheduleWithSeats(2, { amount: 10 });
    active = await app.buyer(100);
    for (let i = 0; i < 3; i++) waiting.push(await app.buyer());
    const { main } = container.resolve(WaitingRoomRegistry);
    await until('the copy of the queue has all of them', () => main.snapshot.waiting === 3);
    const database = container.resolve(Database);
    for (const method of ['query', 'execute'] as const) {
      const original = database[method].bind(database) as (sql: string, binds?: unknown[]) => never;
      jest.spyOn(database, method).mockImplementation((sql: string, binds?: unknown[]) => {
        if (OF_USERS.test(sql) && !OF_DIRECTORY.test(sql)) statements.push(sql);
        return original(sql, binds);
      });
    }
    const transaction = database.transaction.bind(database);
    jest.spyOn(database, 'transaction').mockImplementation((work) => {
      statements.push('BEGIN');
      return transaction(work);
    });
    observed = jest.spyOn(container.resolve(LoadMonitor), 'recordRequest');
  });
  beforeEach(() => {
    statements.length = 0;
    observed.mockClear();
  });
  afterAll(() => jest.restoreAllMocks());

  it('that waits reaches neither the database nor the controller, whatever it requests', async () => {
    for (const buyer of waiting) expect(new Set(await everything(buyer))).toEqual(new Set(['403 003']));
    expect(statements).toEqual([]);
    expect(observed).not.toHaveBeenCalled();
  });

  it('that waits behind more users than the limit does not even reach Redis', async () => {
    const { main } = app.service.container.resolve(WaitingRoomRegistry);
    jest.spyOn(main.snapshot, 'ageMs', 'get').mockReturnValue(0); // a busy machine may be late to refresh it
    const settle = jest.spyOn(main.entries, 'resolve');
    for (const buyer of waiting.slice(1)) await everything(buyer);
    expect(settle).not.toHaveBeenCalled();
  });

  it('that never came through a queue of this installation gets 001, and a forged one 401', async () => {
    const elsewhere = await startTestService();
    try {
      const stranger = await new Buyer(elsewhere.url, await app.given.user()).enter();
      const here = new Buyer(app.url, stranger.userId);
      here.token = stranger.token;
      expect(new Set(await everything(here))).toEqual(new Set(['403 001']));
      here.token = `${stranger.token.slice(0, -4)}AAAA`;
      expect(new Set(await everything(here))).toEqual(new Set(['401 401']));
    } finally {
      await elsewhere.stop();
    }
    expect(statements).toEqual([]);
    expect(observed).not.toHaveBeenCalled();
  });

  it('but is: its requests reach both', async () => {
    const key = randomUUID();
    expect(outcome(await active.charge(1, key))).toBe('200');
    expect(statements).toContain('BEGIN');
    expect(observed).toHaveBeenCalledTimes(1);
    const again = await active.charge(1, key);
    expect([outcome(again), again.headers['idempotency-replayed']]).toEqual(['200', 'true']);
    expect(observed).toHaveBeenCalledTimes(1); // nothing was done for it
  });

  it('because it has paid gets its own answers again, by one read each, and is no load of the active users', async () => {
    const [heldKey, paidKey] = [randomUUID(), randomUUID()];
    const hold = await active.reserve(schedule.id, at(schedule.seats, 0).id, heldKey);
    const { reservationId } = (hold.body as { data: { reservationId: number } }).data;
    const paid = await active.pay(reservationId, paidKey);
    expect(outcome(paid)).toBe('200');
    statements.length = 0;
    observed.mockClear();
    const enter = jest.spyOn(LoadShedder.prototype, 'enter');
    for (const [again, first] of [
      [await active.pay(reservationId, paidKey), paid],
      [await active.reserve(schedule.id, at(schedule.seats, 0).id, heldKey), hold],
    ] as const) {
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(again.headers['idempotency-replayed']).toBe('true');
    }
    expect(enter).not.toHaveBeenCalled();
    enter.mockRestore();
    const looks = (): number => statements.filter((sql) => sql.includes('idempotency_key')).length;
    expect([looks(), statements.includes('BEGIN')]).toEqual([2, false]);
    expect(outcome(await active.charge(1, randomUUID()))).toBe('403 003');
    expect(outcome(await active.amount())).toBe('403 003');
    expect([looks(), statements.includes('BEGIN')]).toEqual([3, false]);
    expect(observed).not.toHaveBeenCalled();
  });

  it('because it has paid is limited in how much of that it may ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => active.charge(1, randomUUID())));
    const outcomes = new Set(answers.map(outcome));
    expect([...outcomes].filter((each) => !['403 003', '429 429'].includes(each))).toEqual([]);
    expect(observed).not.toHaveBeenCalled();
  });
});
