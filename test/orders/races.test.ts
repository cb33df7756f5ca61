import { randomUUID } from 'node:crypto';
import type { Response } from 'supertest';
import { IdempotencyRepository } from '../../src/modules/idempotency/repository';
import { Metrics } from '../../src/platform/observability/metrics';
import type { RunningService } from '../../src/service';
import { at } from '../support/at';
import { type Buyer, outcome, tally } from '../support/clients/buyer';
import { expectInvariants } from '../support/invariants';
import { startTestService } from '../support/service';
import { UNHURRIED, useService } from '../support/suite';
import { signal } from '../support/wait';

const METRICS = {
  holds: 'concert_seat_holds_total',
  sales: 'concert_ticket_sales_total',
  won: 'concert_ticket_revenue_krw_total',
  charges: 'concert_balance_topups_total',
  replays: 'concert_idempotent_replays_total',
};

describe('races', () => {
  const app = useService(UNHURRIED);
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  it('sells a seat to exactly one of 200 simultaneous buyers', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const buyers = await app.buyers(200);
    const answers = await Promise.all(buyers.map((buyer) => buyer.reserve(id, at(seats, 0).id)));
    expect(tally(answers)).toEqual({ '200': 1, '409 004': 199 });
    expect(
      await app.admin.query('SELECT COUNT(*) AS n FROM reservation WHERE schedule_id = ?', [id]),
    ).toEqual([{ n: 1 }]);
  });

  it('gives a seat whose hold is past to exactly one of 50', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    await app.given.holdIsPast(await (await app.buyer()).hold(id, at(seats, 0).id));
    const buyers = await app.buyers(50);
    const answers = await Promise.all(buyers.map((buyer) => buyer.reserve(id, at(seats, 0).id)));
    expect(tally(answers)).toEqual({ '200': 1, '409 004': 49 });
  });

  it('gives many seats whose holds are past to their next buyers at once: no deadlock is an error', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(60);
    const buyers = await app.buyers(120);
    // As a transaction it is tried again after a deadlock with an expiry job, which other tests' processes have as well.
    const execute = (sql: string, binds: number[]): Promise<unknown> =>
      app.admin.transaction((tx) => tx.execute(sql, binds));
    for (let round = 0; round < 3; round++) {
      const first = buyers.slice(0, 60).map((buyer, i) => buyer.reserve(id, at(seats, i).id));
      expect(tally(await Promise.all(first))).toEqual({ '200': 60 });
      await execute(
        `UPDATE reservation r JOIN concert_seat s ON s.id = r.seat_id JOIN orders o ON o.id = r.order_id
            SET r.held_until = NOW(3) - INTERVAL 1 SECOND, s.held_until = NOW(3) - INTERVAL 1 SECOND,
                o.held_until = NOW(3) - INTERVAL 1 SECOND
          WHERE r.schedule_id = ? AND r.status = 'TEMP_RESERVED'`,
        [id],
      );
      const next = buyers.slice(60).map((buyer, i) => buyer.reserve(id, at(seats, i).id));
      expect(tally(await Promise.all(next))).toEqual({ '200': 60 });
      await execute(
        `UPDATE reservation r JOIN concert_seat s ON s.id = r.seat_id JOIN orders o ON o.id = r.order_id
            SET r.status = 'CANCELED', s.status = 'AVAILABLE', s.held_until = NULL, o.status = 'EXPIRED'
          WHERE r.schedule_id = ? AND r.status = 'TEMP_RESERVED'`,
        [id],
      );
    }
  });

  it('adds up 50 concurrent charges of one user', async () => {
    const buyer = await app.buyer();
    const answers = await Promise.all(Array.from({ length: 50 }, () => buyer.charge(1000)));
    expect(tally(answers)).toEqual({ '200': 50 });
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 50_000 } });
    const balances = await app.admin.query<{ b: number }>(
      'SELECT balance_after AS b FROM payment_history WHERE user_id = ? ORDER BY id',
      [buyer.userId],
    );
    expect(balances.map(({ b }) => b)).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 1000));
  });

  it('takes the money once for 20 concurrent payments of one reservation', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 300 });
    const buyer = await app.buyer(10_000);
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.pay(reservationId)));
    const counts = tally(answers);
    expect(counts['200']).toBe(1);
    expect((counts['409 409'] ?? 0) + (counts['403 003'] ?? 0)).toBe(19); // paid already, or the turn is over by now
    expect(await app.admin.query('SELECT balance FROM member WHERE id = ?', [buyer.userId])).toEqual([
      { balance: 9700 },
    ]);
    expect(
      await app.admin.query('SELECT COUNT(*) AS n FROM payment WHERE reservation_id = ?', [reservationId]),
    ).toEqual([{ n: 1 }]);
  });

  it('does not spend a balance twice on two seats', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 100 });
    const buyer = await app.buyer(150);
    const holds = [await buyer.hold(id, at(seats, 0).id), await buyer.hold(id, at(seats, 1).id)];
    const answers = await Promise.all(holds.map((reservationId) => buyer.pay(reservationId)));
    expect(tally(answers)['200']).toBe(1);
    expect(await app.admin.query('SELECT balance FROM member WHERE id = ?', [buyer.userId])).toEqual([
      { balance: 50 },
    ]);
  });

  it('fills a hall without selling a seat twice or leaving one over', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(20, { amount: 5 });
    const buyers = await app.buyers(40, 5);
    await Promise.all(
      buyers.map(async (buyer, i) => {
        for (let n = 0; n < seats.length; n++) {
          const answer = await buyer.reserve(id, at(seats, (i + n) % seats.length).id);
          if (answer.status !== 200) continue;
          const { reservationId } = (answer.body as { data: { reservationId: number } }).data;
          expect((await buyer.pay(reservationId)).status).toBe(200);
          return;
        }
      }),
    );
    expect(
      await app.admin.query(
        `SELECT COUNT(*) AS sales, COUNT(DISTINCT r.seat_id) AS seats, COUNT(DISTINCT r.user_id) AS buyers
           FROM reservation r JOIN payment p ON p.reservation_id = r.id WHERE r.schedule_id = ?`,
        [id],
      ),
    ).toEqual([{ sales: 20, seats: 20, buyers: 20 }]);
  });

  describe('an Idempotency-Key of two requests, to a process each', () => {
    let other: Awaited<ReturnType<typeof startTestService>>;
    beforeAll(async () => {
      other = await startTestService({ ...UNHURRIED, QUEUE_ID: app.queueId, QUEUE_MAX_ACTIVE: 10_000 });
    });
    afterEach(() => jest.restoreAllMocks());
    afterAll(() => other.stop());

    /** Sends both so that they are past `recall` before either is answered. @returns first, second */
    async function duplicates(
      buyer: Buyer,
      send: (to: Buyer) => Promise<Response>,
    ): Promise<[Response, Response]> {
      const [firstClaims, secondClaims] = [signal(), signal()];
      const claimsOf = (service: Pick<RunningService, 'container'>, before: () => Promise<unknown>): void => {
        const repository = service.container.resolve(IdempotencyRepository);
        const claim = repository.claim.bind(repository);
        jest.spyOn(repository, 'claim').mockImplementationOnce(async (tx, keys) => {
          await before();
          return claim(tx, keys);
        });
      };
      claimsOf(app.service, () => {
        firstClaims.give();
        return secondClaims.given;
      });
      claimsOf(other, () => {
        secondClaims.give();
        return first;
      });
      const first = send(buyer);
      await firstClaims.given;
      return Promise.all([first, send(buyer.elsewhere(other.url))]);
    }

    /** What both processes have counted of their sales. */
    async function counted(): Promise<Record<string, number>> {
      const counts = Object.fromEntries(Object.keys(METRICS).map((name) => [name, 0]));
      for (const { container } of [app.service, other])
        for (const [name, metric] of Object.entries(METRICS)) {
          const found = await container.resolve(Metrics).registry.getSingleMetric(metric)?.get();
          for (const { value } of found?.values ?? []) counts[name] = (counts[name] ?? 0) + value;
        }
      return counts;
    }

    it.each(['hold', 'payment', 'top-up'])(
      'marks the replay of a concurrent %s and counts the act once, also in the events',
      async (act) => {
        const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
        const [buyer, key] = [await app.buyer(100), randomUUID()];
        const seatId = at(seats, 0).id;
        const reservationId = act === 'payment' ? await buyer.hold(id, seatId) : 0;
        const before = await counted();
        const [first, second] = await duplicates(buyer, async (to) => {
          if (act === 'hold') return to.reserve(id, seatId, key);
          return act === 'payment' ? to.pay(reservationId, key) : to.charge(5, key);
        });
        expect([outcome(first), outcome(second)]).toEqual(['200', '200']);
        expect(second.body).toEqual(first.body);
        const marks = [first, second].map(({ headers }) => headers['idempotency-replayed']);
        expect(marks).toEqual([undefined, 'true']);
        const grown = Object.entries(await counted()).map(([name, n]) => [name, n - (before[name] ?? 0)]);
        expect(Object.fromEntries(grown)).toEqual({
          holds: act === 'hold' ? 1 : 0,
          sales: act === 'payment' ? 1 : 0,
          won: act === 'payment' ? 10 : 0,
          charges: act === 'top-up' ? 1 : 0,
          replays: 1,
        });
        const events = await app.admin.query(
          "SELECT id FROM outbox WHERE JSON_VALUE(payload, '$.userId') = ?",
          [buyer.userId],
        );
        expect(events).toHaveLength(act === 'hold' ? 1 : act === 'payment' ? 2 : 0);
      },
    );

    it('answers a concurrent duplicate of a refused request with the same refusal, marked', async () => {
      const [buyer, key] = [await app.buyer(), randomUUID()];
      const [first, second] = await duplicates(buyer, async (to) => to.pay(987_654_321, key));
      expect([outcome(first), outcome(second), second.body]).toEqual(['404 404', '404 404', first.body]);
      expect(second.headers['idempotency-replayed']).toBe('true');
    });

    it('is refused with 422 for another body also while its first request is under way', async () => {
      const [buyer, key] = [await app.buyer(), randomUUID()];
      let amount = 0;
      const answers = await duplicates(buyer, async (to) => to.charge(++amount, key));
      expect(answers.map(outcome)).toEqual(['200', '422 422']);
      expect((await buyer.amount()).body).toMatchObject({ data: { amount: 1 } });
    });
  });
});
