import { HISTORY_SIZE } from '../../../src/modules/waiting-room/state/generation';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { QueueRepository } from '../../../src/modules/waiting-room/state/repository';
import type { Database } from '../../../src/platform/database/database';
import { connectRedis } from '../../../src/platform/redis/redis';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { checked } from '../../support/clients/crowd';
import { testConfig, uniqueQueueId } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { undone } from '../../support/rows/undone';
import { startTestService } from '../../support/service';
import { until } from '../../support/wait';

describe('payments as the memory of ended sessions', () => {
  const admin = openAdminDatabase();
  let service: Awaited<ReturnType<typeof startTestService>> | undefined;
  afterEach(() => service?.stop());
  afterAll(() => admin.close());

  describe('the sales of a history', () => {
    const HISTORY = 7 * HISTORY_SIZE;
    const WINDOW_SECONDS = 600;
    /** Orders and reservations do not matter here, and the rows are never committed. */
    const PAYMENTS = `SET STATEMENT foreign_key_checks = 0 FOR
      INSERT INTO payment (order_id, reservation_id, user_id, amount, status, created_at, queue_id, queue_generation, queue_seq)
      SELECT 4e9 + seq, 4e9 + seq, 1, 0, 'DONE', NOW(3) - INTERVAL ? SECOND, ?, ?, seq FROM`;

    it('come in pages, of this queue, this history and this time only, and each of them once', async () => {
      const queueId = uniqueQueueId();
      await undone(admin, async (tx) => {
        const insert = (agoSeconds: number, queue: string, gen: number, seqs: string): Promise<unknown> =>
          tx.execute(`${PAYMENTS} ${seqs}`, [agoSeconds, queue, gen]);
        // The latest first, so that their ids are the lowest; a page ends among those of one moment.
        await insert(10, queueId, HISTORY + 1, 'seq_3001_to_6000');
        await insert(20, queueId, HISTORY, 'seq_1001_to_3000');
        await insert(30, queueId, HISTORY + HISTORY_SIZE - 1, 'seq_1_to_1000');
        await insert(WINDOW_SECONDS + 60, queueId, HISTORY, 'seq_7001_to_7002');
        await insert(10, queueId, HISTORY - 1, 'seq_7003_to_7003');
        await insert(10, queueId, HISTORY + HISTORY_SIZE, 'seq_7004_to_7004');
        await insert(10, `${queueId}x`, HISTORY, 'seq_7005_to_7005');

        const repository = new QueueRepository(tx as unknown as Database);
        const pages: number[][] = [];
        for await (const page of repository.paidSince(queueId, HISTORY + 3, WINDOW_SECONDS)) pages.push(page);
        expect(pages.map(({ length }) => length)).toEqual([5000, 1000]);
        expect(pages.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 6000 }, (_, i) => i + 1));
      });
    });

    it('are empty when nobody has bought', async () => {
      const pages = [];
      for await (const page of new QueueRepository(admin).paidSince(uniqueQueueId(), HISTORY, WINDOW_SECONDS))
        pages.push(page);
      expect(pages.flat()).toEqual([]);
    });
  });

  it('after Redis has lost everything, a token that has paid stays DONE, and its user has one turn behind all others', async () => {
    const given = new Given(admin);
    const QUEUE_ID = uniqueQueueId();
    const start = () => startTestService({ QUEUE_ID, QUEUE_MAX_ACTIVE: 1, MAX_SEATS_PER_USER: 0 });
    service = await start();
    let { url } = service;
    const come = async (userId?: number): Promise<Buyer> =>
      new Buyer(url, userId ?? (await given.user(200))).enter();
    const { id, seats } = await given.scheduleWithSeats(4);
    let taken = 0;
    const buy = async (by: Buyer): Promise<void> => {
      await until('it is the turn', async () => (await checked(by)) === '200 PROGRESS');
      expect(outcome(await by.pay(await by.hold(id, at(seats, taken++).id)))).toBe('200');
    };

    const first = await come();
    await buy(first);
    const others = [await come(), await come()];
    await service.stop(); // no process remembers: what is left is in MariaDB

    const redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
    await redis.del(await redis.keys(`${queueKeys(QUEUE_ID).prefix}*`));
    redis.disconnect();

    service = await start();
    url = service.url;
    const paid = moved(first);
    expect(await checked(paid)).toBe('200 DONE');
    const order: string[] = [];
    const [second, third] = [moved(at(others, 0)), moved(at(others, 1))];
    for (const by of [second, third]) await checked(by);
    const again = await come(first.userId);
    for (const [name, by] of Object.entries({ second, third, again })) {
      const statuses = await Promise.all([second, third, again, paid].map(checked));
      expect(statuses.filter((status) => status === '200 PROGRESS').length).toBeLessThanOrEqual(1);
      expect(statuses[3]).toBe('200 DONE');
      await buy(by);
      order.push(name);
    }
    expect(order).toEqual(['second', 'third', 'again']);
    for (const by of [paid, again]) expect(await checked(by)).toBe('200 DONE');

    function moved({ userId, token }: Buyer): Buyer {
      return Object.assign(new Buyer(url, userId), { token });
    }
  });
});
