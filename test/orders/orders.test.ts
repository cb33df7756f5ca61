import { randomUUID } from 'node:crypto';
import type { Response } from 'supertest';
import type { Order } from '../../src/modules/orders/order-schema';
import { at } from '../support/at';
import { type Buyer, type OrderAct, outcome, tally } from '../support/clients/buyer';
import { expectInvariants } from '../support/invariants';
import { useService } from '../support/suite';
import { until } from '../support/wait';

describe('orders', () => {
  const app = useService({ MAX_SEATS_PER_USER: 4, HOLD_EXTENSION_SECONDS: 60 });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  const order = (answer: Response): Order => (answer.body as { data: Order }).data;
  const said = (answer: Response): string =>
    (answer.body as { exception: { message: string } }).exception.message;

  const idsOf = (seats: { id: number }[]): number[] => seats.map(({ id }) => id);
  const statusesOf = async (scheduleId: number): Promise<string[]> => {
    const sql = 'SELECT status FROM concert_seat WHERE schedule_id = ? ORDER BY position';
    return (await app.admin.query<{ status: string }>(sql, [scheduleId])).map(({ status }) => status);
  };
  const balanceOf = async ({ userId }: Buyer): Promise<number | undefined> =>
    (await app.admin.query<{ balance: number }>('SELECT balance FROM member WHERE id = ?', [userId]))[0]
      ?.balance;
  const refundable = (scheduleId: number, seconds: number): Promise<unknown> =>
    app.admin.execute(
      'UPDATE concert_schedule SET refundable_until = NOW(3) + INTERVAL ? SECOND WHERE id = ?',
      [seconds, scheduleId],
    );

  it('sells a couple two seats: held, paid and listed as one', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(3, { amount: 70 });
    const buyer = await app.buyer(200);
    const held = order(await buyer.order({ scheduleId: id, seatIds: [at(seats, 1).id, at(seats, 0).id] }));
    expect(held).toMatchObject({
      status: 'HELD',
      totalAmount: 140,
      seats: [{ position: 1 }, { position: 2 }],
    });
    const paid = await buyer.actOn(held.orderId, 'payment');
    expect(paid.body).toMatchObject({ data: { paymentAmount: 140, status: 'PAID', queueStatus: 'DONE' } });
    expect(await balanceOf(buyer)).toBe(60);
    expect(await statusesOf(id)).toEqual(['RESERVED', 'RESERVED', 'AVAILABLE']);
    const listed = (await buyer.get('/v1/api/orders')).body as { data: Order[] }; // the session is over
    expect(listed.data).toMatchObject([{ orderId: held.orderId, status: 'PAID' }]);
    expect(order(await buyer.get(`/v1/api/orders/${held.orderId}`))).toMatchObject({ totalAmount: 140 });
    const events = await app.admin.query(
      "SELECT id FROM outbox WHERE topic NOT LIKE 'test-%' AND JSON_VALUE(payload, '$.userId') = ?",
      [buyer.userId],
    );
    expect(events).toHaveLength(4); // one per seat and act
  });

  it('holds all seats or none, and names those that are gone', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(4);
    const [rival, buyer] = [await app.buyer(), await app.buyer()];
    await rival.hold(id, at(seats, 1).id);
    const refused = await buyer.order({ scheduleId: id, seatIds: idsOf(seats) });
    expect(outcome(refused)).toBe('409 004');
    expect(said(refused)).toBe(`Seat ${at(seats, 1).id} cannot be reserved: somebody else has it.`);
    expect(await statusesOf(id)).toEqual(['AVAILABLE', 'TEMP_RESERVED', 'AVAILABLE', 'AVAILABLE']);
  });

  it('gives overlapping parties of four whole orders only', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(12);
    const buyers = await app.buyers(30);
    const parties = buyers.map((buyer, i) =>
      buyer.order({ scheduleId: id, seatIds: [0, 1, 2, 3].map((n) => at(seats, (i * 2 + n) % 12).id) }),
    );
    const answers = await Promise.all(parties);
    const held = answers.filter(({ status }) => status === 200).map(order);
    expect(held.length).toBeGreaterThanOrEqual(2);
    expect(held.length + (tally(answers)['409 004'] ?? 0)).toBe(30);
    expect(new Set(held.flatMap((each) => each.seats.map(({ seatId }) => seatId))).size).toBe(
      held.length * 4,
    );
  });

  it('answers the same order to one who holds those seats, and again by its key', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const [buyer, key, body] = [await app.buyer(), randomUUID(), { scheduleId: id, seatIds: idsOf(seats) }];
    const first = await buyer.order(body, key);
    expect((await buyer.order(body)).body).toEqual(first.body);
    const replay = await buyer.order(body, key);
    expect([replay.body, replay.headers['idempotency-replayed']]).toEqual([first.body, 'true']);
    expect(outcome(await buyer.actOn(order(first).orderId, 'payment', key))).toBe('422 422');
  });

  it('keeps the session while another order is held, and ends it with the last one', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(3, { amount: 10 });
    const buyer = await app.buyer(100);
    const orders: Order[] = [];
    for (const seat of seats) orders.push(order(await buyer.order({ scheduleId: id, seatIds: [seat.id] })));
    const paid = await buyer.actOn(at(orders, 0).orderId, 'payment');
    expect(paid.body).toMatchObject({ data: { queueStatus: 'PROGRESS' } });
    expect((await buyer.check()).body).toMatchObject({ data: { status: 'PROGRESS' } });
    const again = await buyer.actOn(at(orders, 1).orderId, 'payment');
    expect(again.body).toMatchObject({ data: { queueStatus: 'PROGRESS' } });
    expect((await buyer.release(at(orders, 2).orderId)).status).toBe(200);
    expect((await buyer.check()).body).toMatchObject({ data: { status: 'DONE' } });
  });

  it('ends the session of a user who has paid when the other hold lapses', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const buyer = await app.buyer(100);
    const first = order(await buyer.order({ scheduleId: id, seatIds: [at(seats, 0).id] }));
    const lapsing = order(await buyer.order({ scheduleId: id, seatIds: [at(seats, 1).id] }));
    const paid = await buyer.actOn(first.orderId, 'payment');
    expect(paid.body).toMatchObject({ data: { queueStatus: 'PROGRESS' } });
    await app.given.holdIsPast(at(lapsing.seats, 0).reservationId);
    await until('the session is over', async () => {
      const { data } = (await buyer.check()).body as { data: { status: string } };
      return data.status === 'DONE';
    });
  });

  it('frees the seats of a released order at once, and releases nothing twice', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const [buyer, rival] = [await app.buyer(), await app.buyer()];
    const { orderId } = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    expect(outcome(await rival.release(orderId))).toBe('403 403');
    expect(order(await buyer.release(orderId))).toMatchObject({ status: 'CANCELED' });
    expect(outcome(await buyer.release(orderId))).toBe('409 HOLD_ENDED');
    expect(outcome(await buyer.actOn(orderId, 'payment'))).toBe('409 HOLD_ENDED');
    expect((await rival.order({ scheduleId: id, seatIds: idsOf(seats) })).status).toBe(200);
  });

  it('prolongs a hold once, also when it is asked for many times at once', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const buyer = await app.buyer();
    const held = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => buyer.actOn(held.orderId, 'extension')),
    );
    expect(tally(answers)).toEqual({ '200': 1, '409 ALREADY_EXTENDED': 5 });
    const now = order(await buyer.get(`/v1/api/orders/${held.orderId}`));
    expect(now.extended).toBe(true);
    expect(Date.parse(now.reservedUntil) - Date.parse(held.reservedUntil)).toBe(60_000);
    const rows = await app.admin.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM orders o JOIN reservation r ON r.order_id = o.id AND r.held_until = o.held_until
         JOIN concert_seat s ON s.id = r.seat_id AND s.held_until = o.held_until WHERE o.id = ?`,
      [held.orderId],
    );
    expect(rows).toEqual([{ n: 2 }]);
  });

  it('gives the money back for tickets that are returned in time, once', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 40 });
    const [buyer, stranger] = [await app.buyer(100), await app.buyer()];
    const { orderId } = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    expect(outcome(await buyer.actOn(orderId, 'cancellation'))).toBe('409 NOT_REFUNDABLE');
    await buyer.actOn(orderId, 'payment');
    expect(outcome(await buyer.actOn(orderId, 'cancellation'))).toBe('409 NOT_REFUNDABLE'); // takes no ticket back
    await refundable(id, 3600);
    expect(outcome(await stranger.actOn(orderId, 'cancellation'))).toBe('403 403');
    const answers = await Promise.all(Array.from({ length: 5 }, () => buyer.actOn(orderId, 'cancellation')));
    expect(tally(answers)).toEqual({ '200': 1, '409 NOT_REFUNDABLE': 4 });
    expect(await balanceOf(buyer)).toBe(100);
    expect(await statusesOf(id)).toEqual(['AVAILABLE', 'AVAILABLE']);
    const ledger = await app.admin.query(
      `SELECT h.kind, h.amount, h.balance_after AS after, p.status FROM payment_history h
         JOIN payment p ON p.id = h.payment_id WHERE h.user_id = ? ORDER BY h.id`,
      [buyer.userId],
    );
    expect(ledger).toEqual([
      { kind: 'PAYMENT', amount: -80, after: 20, status: 'CANCELED' },
      { kind: 'REFUND', amount: 80, after: 100, status: 'CANCELED' },
    ]);
    const events = await app.admin.query(
      `SELECT JSON_VALUE(payload, '$.refundAmount') AS amount, JSON_VALUE(payload, '$.canceledBy') AS canceledBy
         FROM outbox WHERE topic = 'refund-notification' AND JSON_VALUE(payload, '$.orderId') = ? ORDER BY id`,
      [orderId],
    );
    expect(events).toEqual([
      { amount: '40', canceledBy: 'buyer' },
      { amount: '40', canceledBy: 'buyer' },
    ]);
    expect((await stranger.order({ scheduleId: id, seatIds: idsOf(seats) })).status).toBe(200);
  });

  it('marks the replay of each act on an order, and does it once', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const buyer = await app.buyer(500);
    const twice = async (what: OrderAct, orderId: number): Promise<void> => {
      const [first, second] = [
        await buyer.actOn(orderId, what, `${what}-${orderId}`),
        await buyer.actOn(orderId, what, `${what}-${orderId}`),
      ];
      expect([what, outcome(first), first.headers['idempotency-replayed']]).toEqual([what, '200', undefined]);
      expect([what, second.text, second.headers['idempotency-replayed']]).toEqual([what, first.text, 'true']);
    };
    await refundable(id, 3600);
    const other = await app.given.scheduleWithSeats(1);
    await buyer.order({ scheduleId: other.id, seatIds: idsOf(other.seats) }); // keeps the session
    const { orderId } = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    for (const what of ['extension', 'payment', 'cancellation'] as const) await twice(what, orderId);
    expect(await balanceOf(buyer)).toBe(500);
  });

  it('gives nothing back when it is too late', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 40 });
    const buyer = await app.buyer(100);
    const { orderId } = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    await buyer.actOn(orderId, 'payment');
    await refundable(id, -1);
    expect(outcome(await buyer.actOn(orderId, 'cancellation'))).toBe('409 NOT_REFUNDABLE');
    expect(await balanceOf(buyer)).toBe(60);
  });

  it('sells free tickets and takes them back', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 0 });
    const buyer = await app.buyer();
    await refundable(id, 3600);
    const { orderId } = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    expect((await buyer.actOn(orderId, 'payment')).body).toMatchObject({ data: { paymentAmount: 0 } });
    expect(order(await buyer.actOn(orderId, 'cancellation'))).toMatchObject({ status: 'CANCELED' });
  });

  it('ends an order whose hold has expired as a whole', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const [buyer, rival] = [await app.buyer(), await app.buyer()];
    const held = order(await buyer.order({ scheduleId: id, seatIds: idsOf(seats) }));
    await app.admin.execute(
      `UPDATE orders o JOIN reservation r ON r.order_id = o.id JOIN concert_seat s ON s.id = r.seat_id
          SET o.held_until = NOW(3) - INTERVAL 1 SECOND,
              r.held_until = NOW(3) - INTERVAL 1 SECOND, s.held_until = NOW(3) - INTERVAL 1 SECOND
        WHERE o.id = ?`,
      [held.orderId],
    );
    expect((await rival.reserve(id, at(seats, 1).id)).status).toBe(200);
    expect(order(await buyer.get(`/v1/api/orders/${held.orderId}`))).toMatchObject({ status: 'EXPIRED' });
    expect(outcome(await buyer.actOn(held.orderId, 'payment'))).toBe('409 HOLD_ENDED');
    expect(outcome(await buyer.actOn(held.orderId, 'extension'))).toBe('409 HOLD_ENDED');
  });

  it.each([
    ['neither seats nor best', {}],
    ['both', { seatIds: [1], best: { count: 1 } }],
    ['no seat', { seatIds: [] }],
    ['21 seats', { seatIds: Array.from({ length: 21 }, (_, i) => i + 1) }],
  ])('refuses %s as bad input', async (_what, body) => {
    const buyer = await app.buyer();
    expect(outcome(await buyer.order({ scheduleId: 1, ...body }))).toBe('400 400');
    expect(outcome(await buyer.get('/v1/api/orders/none'))).toBe('400 400');
    expect(outcome(await buyer.get('/v1/api/orders/999999999'))).toBe('404 404');
  });
});
