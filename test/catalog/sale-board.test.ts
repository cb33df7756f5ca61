import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { saleFactsOf } from '../../src/modules/catalog/sale-board/facts';
import {
  type ClassCount,
  SaleBoardRepository,
  type ScheduleSale,
} from '../../src/modules/catalog/sale-board/repository';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { BoardStore } from '../../src/modules/waiting-room/status/board-store';
import type { QueueStatusReport } from '../../src/modules/waiting-room/status/schema';
import { LOGGER, type Logger } from '../../src/platform/observability/logger';
import { Metrics } from '../../src/platform/observability/metrics';
import { Lease } from '../../src/platform/database/lease';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { useService } from '../support/suite';
import { until } from '../support/wait';

/** Redis is shared with runs at the same time. */
const [SOLD_HERE, NOTHING_HERE] = ['sold', 'nothing'].map(
  (name) => `${name}-${randomBytes(4).toString('hex')}`,
) as [string, string];
const PRICE = 100;

const count = (sale: ClassCount['sale'], free: number, held = 0): Omit<ClassCount, 'queueId'> => ({
  sale,
  free,
  held,
  name: 'R',
  amount: PRICE,
});
const sale = (name: ScheduleSale['sale'], opensAt: Date | null = null): Omit<ScheduleSale, 'queueId'> => ({
  sale: name,
  opensAt,
});

describe('what a queue says of its sale', () => {
  const later = new Date('2030-01-01T00:00:00Z');
  const factsOf = (
    sales: Omit<ScheduleSale, 'queueId'>[],
    counts: Omit<ClassCount, 'queueId'>[] = [],
  ): ReturnType<typeof saleFactsOf> => saleFactsOf(sales, counts, (time) => time.toISOString());
  const left = (seats: number): object[] => [{ name: 'R', amount: PRICE, seats }];

  it('is undefined when the queue sells nothing', () => {
    expect(factsOf([])).toBeUndefined();
  });

  it('is CLOSED when no schedule is on sale or will be', () => {
    expect(factsOf([sale('CLOSED'), sale('CANCELED')])?.state).toBe('CLOSED');
  });

  it('is OPEN as long as one seat is free, a WAITLIST while one is on hold, whatever comes later', () => {
    const sales = [sale('BEFORE', later), sale('OPEN'), sale('CLOSED')];
    expect(factsOf(sales, [count('OPEN', 1), count('BEFORE', 9)])).toEqual({ state: 'OPEN', left: left(1) });
    expect(factsOf(sales, [count('OPEN', 0, 1)])).toEqual({ state: 'WAITLIST', left: left(0) });
  });

  it('is SOLD_OUT when every seat is sold, and NOT_OPEN when a later sale has seats', () => {
    expect(factsOf([sale('OPEN')], [count('OPEN', 0)])).toEqual({ state: 'SOLD_OUT', left: left(0) });
    expect(factsOf([sale('OPEN'), sale('BEFORE', later)], [count('OPEN', 0), count('BEFORE', 5)])).toEqual({
      state: 'NOT_OPEN',
      opensAt: later.toISOString(),
      left: left(5),
    });
  });
});

describe('the status of a queue that sells', () => {
  const app = useService({
    QUEUES: `${SOLD_HERE}=100,${NOTHING_HERE}=100`,
    HOLD_EXPIRY_INTERVAL_MS: 60_000, // a hold that has passed counts as free before its row is changed
  });
  const status = async (queue = SOLD_HERE): Promise<QueueStatusReport> =>
    ((await request(app.url).get(`/v1/api/queues/${queue}/status`)).body as { data: QueueStatusReport }).data;
  const untilSaid = (what: string, facts: Partial<QueueStatusReport>): Promise<unknown> =>
    until(what, async () => {
      const { state, left, opensAt } = await status();
      const said: Partial<QueueStatusReport> = { state, left, opensAt };
      return Object.entries(facts).every(
        ([name, value]) => JSON.stringify(said[name as keyof QueueStatusReport]) === JSON.stringify(value),
      );
    });
  const buyer = async (): Promise<Buyer> => {
    const userId = await app.given.user(PRICE);
    const one = new Buyer(app.url, userId);
    const answer = await request(app.url).post('/v1/api/queue/token').send({ userId, queueId: SOLD_HERE });
    one.token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    return one;
  };

  it('is one of the main queue, whether or not its concerts name it', async () => {
    const { admin, queueId: main } = app;
    const name = `class ${randomBytes(4).toString('hex')}`;
    for (const queueId of [null, main, '']) {
      const { id, title } = await app.given.scheduleWithSeats(2);
      await admin.execute('UPDATE concert_seat SET price_class = ? WHERE schedule_id = ?', [name, id]);
      await admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [queueId, title]);
    }
    const board = app.service.container.resolve(SaleBoardRepository);
    const counts = (await board.counts()).filter((each) => each.name === name);
    expect(counts).toMatchObject([{ queueId: main, sale: 'OPEN', free: 6 }]);
    const own = (await board.sales()).filter(({ queueId, sale }) => queueId === main && sale === 'OPEN');
    expect(own).toHaveLength(1); // other tests' concerts among them
  });

  it('follows the sale from its draft to its end', async () => {
    const { id, title, seats } = await app.given.scheduleWithSeats(2, { amount: PRICE });
    const { admin } = app;
    const left = (free: number): QueueStatusReport['left'] => [
      { name: 'S', amount: PRICE, seats: free },
      { name: 'Gone', amount: 1, seats: 0 },
    ];
    const set = (what: string): Promise<unknown> =>
      admin.execute(`UPDATE concert_schedule SET ${what} WHERE id = ?`, [id]);
    await set("state = 'DRAFT'");
    await admin.execute("UPDATE concert_seat SET price_class = 'S' WHERE schedule_id = ?", [id]);
    await admin.execute("INSERT INTO price_class VALUES (?, 'S', ?), (?, 'Gone', 1)", [id, PRICE, id]);
    await admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [SOLD_HERE, title]);
    expect(await status()).toMatchObject({ state: 'OPEN', left: null });

    await set(
      "state = 'PUBLISHED', opens_at = '2098-01-01 00:00:00', starts_at = '2099-01-01', ends_at = '2099-01-02'",
    );
    await until('not open', async () => (await status()).state === 'NOT_OPEN');
    expect(Date.parse((await status()).opensAt ?? '')).toBe(Date.parse('2098-01-01T00:00:00Z'));
    await set('opens_at = NULL');
    await untilSaid('open with both seats', { state: 'OPEN', opensAt: null, left: left(2) });

    const [first, second] = [await buyer(), await buyer()];
    const reservation = await first.hold(id, at(seats, 0).id);
    await first.pay(reservation);
    await untilSaid('one is sold', { state: 'OPEN', left: left(1) });
    const held = await second.hold(id, at(seats, 1).id);
    await untilSaid('held, not sold out', { state: 'WAITLIST', left: left(0) });
    const holders = async (endingSeconds: number): Promise<unknown> =>
      (await app.service.container.resolve(SaleBoardRepository).holders(endingSeconds)).find(
        ({ queueId }) => queueId === SOLD_HERE,
      );
    expect(await holders(86_400)).toMatchObject({ count: 1, ending: [2] });
    expect(await holders(0)).toMatchObject({ count: 1, ending: [] });
    await app.given.holdIsPast(held);
    await untilSaid('free again', { state: 'OPEN', left: left(1) });
    const third = await buyer();
    await third.pay(await third.hold(id, at(seats, 1).id));
    await untilSaid('sold out', { state: 'SOLD_OUT', left: left(0) });
    await set('closes_at = NOW(3) - INTERVAL 1 SECOND');
    await untilSaid('closed', { state: 'CLOSED', left: [] });
  });

  it('follows the sale also while another queue cannot be reached, and so do the metrics', async () => {
    await app.given.scheduleWithSeats(1); // the main queue sells as well, and comes first
    const { container } = app.service;
    const away = jest
      .spyOn(container.resolve(WaitingRoomRegistry).main, 'admitBySeats')
      .mockRejectedValue(new Error('The node of this queue is away.'));
    const { title } = await app.given.scheduleWithSeats(3, { amount: PRICE });
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [SOLD_HERE, title]);
    await until('it is said', async () => (await status()).state === 'OPEN');
    const { registry } = container.resolve(Metrics);
    const free = new RegExp(`queue="${SOLD_HERE}".* 3$`, 'm');
    await until('the metric has it', async () =>
      free.test(await registry.getSingleMetricAsString('concert_free_seats')),
    );
    away.mockRestore();
  });

  it('is missing where a concert names a queue that does not exist: the worker warns of it', async () => {
    const warn = jest.spyOn(app.service.container.resolve<Logger>(LOGGER), 'warn');
    const queueId = `gone-${randomBytes(4).toString('hex')}`;
    const { title } = await app.given.scheduleWithSeats(1);
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [queueId, title]);
    await until('it is said', () =>
      warn.mock.calls.some(
        ([about, text]: unknown[]) =>
          (about as { queueId?: string }).queueId === queueId && /cannot be sold$/.test(String(text)),
      ),
    );
    warn.mockRestore();
  });

  it('counts in one process only', async () => {
    const lease = new Lease(app.admin, `sale-board of ${app.queueId}`);
    // A process that stands still for longer than its lease gets it again afterwards.
    await until('the service has the lease', async () => {
      const isOurs = await lease.hold();
      await lease.release();
      return !isOurs;
    });
  });

  it('has no counts that are out of date', async () => {
    const boards = app.service.container.resolve(BoardStore);
    await boards.writeSale(NOTHING_HERE, { state: 'SOLD_OUT', left: [] }, 3_600_000);
    await until('it is said', async () => (await status(NOTHING_HERE)).state === 'SOLD_OUT');
    await boards.writeSale(NOTHING_HERE, { state: 'SOLD_OUT', left: [] }, 1);
    await until('it is not said any more', async () => (await status(NOTHING_HERE)).left === null);
    expect((await status(NOTHING_HERE)).state).toBe('OPEN');
  });
});
