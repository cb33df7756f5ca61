import type { CancellationView } from '../../src/modules/organizer/cancellation/schema';
import type { OrderDetail, OrderView } from '../../src/modules/organizer/orders/schema';
import { at } from '../support/at';
import { expectInvariants } from '../support/invariants';
import { BALANCE, givenOrders } from '../support/rows/orders';
import { codeOf, dataOf, givenOperator, inDays, OrganizerClient } from '../support/rows/organizer';
import { ServiceProcess } from '../support/servers/process';
import { Scratch } from '../support/rows/scratch';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const PRICE = 100;
const REASON = { reason: 'The singer is ill' };

describe('the refund of an order', () => {
  const app = useService({ MANAGEMENT_PORT: 0, REFUNDS_PER_SECOND: 10_000 });
  let organizer: OrganizerClient;
  let operator: OrganizerClient;
  beforeAll(async () => {
    organizer = await app.operator('admin');
    operator = await app.operator('operator');
  });

  const balances = async (first: number, last: number): Promise<number[]> =>
    (
      await app.admin.query<{ balance: number }>(
        'SELECT DISTINCT balance FROM member WHERE id BETWEEN ? AND ? ORDER BY balance',
        [first, last],
      )
    ).map(({ balance }) => balance);
  /** The events of the refunds of these users, for webhooks and notifications. */
  const refundEvents = async (first: number, last: number): Promise<Record<string, unknown>[]> =>
    (
      await app.admin.query<{ payload: string }>(
        `SELECT payload FROM outbox
          WHERE topic = 'refund-notification' AND JSON_VALUE(payload, '$.userId') BETWEEN ? AND ? ORDER BY id`,
        [first, last],
      )
    ).map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
  const ordersOf = async (query: string): Promise<OrderView[]> =>
    dataOf(await operator.get(`orders?${query}`));

  it('puts the money back, frees the seat, and leaves ledger, audit and invariants in order', async () => {
    const { scheduleId } = await organizer.published({ price: PRICE });
    const { first, last } = await givenOrders(app.admin, scheduleId, 2);
    const [order] = await ordersOf(`userId=${first}`);
    const path = `orders/${order?.orderId ?? 0}`;
    expect(order).toMatchObject({ status: 'PAID', total: PRICE, scheduleId });
    expect((await operator.post(`${path}/refund`, {})).status).toBe(400); // without a reason
    const refunded = dataOf<OrderDetail>(await operator.post(`${path}/refund`, REASON));
    expect(refunded).toMatchObject({ status: 'CANCELED', seats: [{ status: 'CANCELED', amount: PRICE }] });
    expect(await balances(first, first)).toEqual([BALANCE]);
    expect(await balances(last, last)).toEqual([BALANCE - PRICE]);
    const again = await operator.post(`${path}/refund`, REASON);
    expect([again.status, codeOf(again)]).toEqual([409, '409']);
    expect(dataOf(await operator.get(`audit?subject=order:${order?.orderId ?? 0}`))).toMatchObject([
      {
        act: 'order.refund',
        ...REASON,
        before: { status: 'PAID' },
        after: { status: 'CANCELED', total: PRICE },
      },
    ]);
    const { seatId, reservationId, position } = at(refunded.seats, 0);
    expect(await refundEvents(first, first)).toEqual([
      {
        reservationId,
        orderId: order?.orderId,
        userId: first,
        refundAmount: PRICE,
        concertTitle: 'Given',
        seatPosition: position,
        canceledBy: 'operator',
      },
    ]);
    const buyer = await app.buyer(PRICE);
    expect((await buyer.pay(await buyer.hold(scheduleId, seatId))).status).toBe(200);
    await expectInvariants();
  });

  it('happens once, however many ask for it at once', async () => {
    const { scheduleId } = await organizer.published({ price: PRICE });
    const { first } = await givenOrders(app.admin, scheduleId, 1);
    const [order] = await ordersOf(`userId=${first}`);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => operator.post(`orders/${order?.orderId ?? 0}/refund`, REASON)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(409)]);
    expect(await balances(first, first)).toEqual([BALANCE]);
  });

  it('releases an order that is held and not paid', async () => {
    const { scheduleId } = await organizer.published({ price: PRICE });
    const { first } = await givenOrders(app.admin, scheduleId, 1, 'HELD');
    const [order] = await ordersOf(`userId=${first}&status=HELD`);
    expect(dataOf(await operator.post(`orders/${order?.orderId ?? 0}/refund`, REASON))).toMatchObject({
      status: 'CANCELED',
    });
    expect(await balances(first, first)).toEqual([BALANCE]);
  });

  it('can be looked for by user, schedule and status, page by page', async () => {
    const { scheduleId } = await organizer.published({ rows: 11, seatsPerRow: 10, price: PRICE });
    await givenOrders(app.admin, scheduleId, 105);
    const page = await ordersOf(`scheduleId=${scheduleId}&status=PAID`);
    expect(page).toHaveLength(100);
    const rest = await ordersOf(`scheduleId=${scheduleId}&before=${at(page, 99).orderId}`);
    expect(rest).toHaveLength(5);
    expect(await ordersOf(`scheduleId=${scheduleId}&status=EXPIRED`)).toEqual([]);
    expect((await operator.get('orders?status=SOLD')).status).toBe(400);
    expect((await operator.get('orders/999999999')).status).toBe(404);
    expect((await operator.post('orders/999999999/refund', REASON)).status).toBe(404);
  });

  it('is that of all orders when their schedule is canceled, and of nobody else', async () => {
    const { scheduleId, etag } = await organizer.published({ rows: 10, seatsPerRow: 10, price: PRICE });
    const other = await organizer.published({ price: PRICE });
    const paid = await givenOrders(app.admin, scheduleId, 60);
    const held = await givenOrders(app.admin, scheduleId, 7, 'HELD');
    const elsewhere = await givenOrders(app.admin, other.scheduleId, 1);
    const path = `schedules/${scheduleId}/cancellation`;
    expect((await organizer.get(path)).status).toBe(404);
    expect((await organizer.post(path, {})).status).toBe(400);
    const begun = dataOf<CancellationView>(await organizer.post(path, REASON));
    expect(begun).toMatchObject({ orders: 67 });
    const done = await until('it is done', async () => {
      const view = dataOf<CancellationView>(await organizer.get(path));
      return view.state === 'DONE' && view;
    });
    expect(done).toMatchObject({ orders: 67, remaining: 0, failed: 0 });
    expect(await balances(paid.first, paid.last)).toEqual([BALANCE]);
    expect(await balances(held.first, held.last)).toEqual([BALANCE]);
    expect(await balances(elsewhere.first, elsewhere.last)).toEqual([BALANCE - PRICE]);
    const events = await refundEvents(paid.first, held.last);
    expect(events).toHaveLength(60); // of what was paid, and of nothing else
    expect(events.every(({ canceledBy }) => canceledBy === 'schedule')).toBe(true);
    expect(dataOf(await organizer.post(path, REASON))).toMatchObject({ state: 'DONE' }); // once
    expect((await organizer.patch(`schedules/${scheduleId}`, { opensAt: inDays(1) }, etag)).status).toBe(412);
    const { etag: now } = (await organizer.get(`schedules/${scheduleId}`)).headers as { etag: string };
    expect((await organizer.patch(`schedules/${scheduleId}`, { opensAt: inDays(1) }, now)).status).toBe(409);
    expect((await organizer.post(`schedules/${scheduleId}/publication`, {})).status).toBe(409);
    await expectInvariants();
  });

  it('is made also for a user with several orders, and for a free ticket', async () => {
    const { scheduleId } = await organizer.published({ rows: 2, seatsPerRow: 5, price: 0 });
    const { first, last } = await givenOrders(app.admin, scheduleId, 4);
    const all = [first, first, first, last];
    await app.admin.transaction(async (tx) => {
      for (const [i, userId] of all.entries())
        for (const table of ['orders', 'reservation', 'payment'])
          await tx.execute(`UPDATE ${table} SET user_id = ? WHERE user_id = ?`, [userId, first + i]);
      await tx.execute(
        "UPDATE payment_history SET user_id = ? WHERE kind = 'PAYMENT' AND user_id BETWEEN ? AND ?",
        [first, first + 1, first + 2],
      );
      await tx.execute('UPDATE payment_history SET balance_after = ? WHERE user_id = ?', [BALANCE, first]);
    });
    dataOf(await organizer.post(`schedules/${scheduleId}/cancellation`, REASON));
    await until('it is done', async () => {
      const view = dataOf<CancellationView>(await organizer.get(`schedules/${scheduleId}/cancellation`));
      return view.state === 'DONE';
    });
    const refunds = await app.admin.query<{ userId: number; refunds: number }>(
      "SELECT user_id AS userId, COUNT(*) AS refunds FROM payment_history WHERE kind = 'REFUND' AND user_id BETWEEN ? AND ? GROUP BY user_id",
      [first, last],
    );
    expect(refunds).toEqual([
      { userId: first, refunds: 3 },
      { userId: last, refunds: 1 },
    ]);
    await expectInvariants();
  });
});

describe('a cancellation whose worker is killed', () => {
  const ORDERS = 600;
  const SLOW = 10; // a minute for all, of which the test needs a moment
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
  });
  afterAll(() => scratch.drop());

  it('is carried on by the next worker: every order is refunded once', async () => {
    const env = { ...scratch.env, MANAGEMENT_PORT: 0, REFUNDS_PER_SECOND: SLOW };
    const first = await new ServiceProcess(env).start();
    const { key } = await givenOperator(scratch.admin, 'admin');
    const organizer = new OrganizerClient(first.managementUrl, key);
    const { scheduleId } = await organizer.published({ rows: 30, seatsPerRow: 20, price: PRICE });
    const users = await givenOrders(scratch.admin, scheduleId, ORDERS);
    dataOf(await organizer.post(`schedules/${scheduleId}/cancellation`, REASON));
    const left = async (): Promise<number> =>
      (
        await scratch.admin.query<{ count: number }>(
          "SELECT COUNT(*) AS count FROM orders WHERE status = 'PAID'",
        )
      )[0]?.count ?? 0;
    await until('some are refunded', async () => (await left()) < ORDERS);
    expect(await first.stop('SIGKILL')).toBe('SIGKILL');
    const leftAtDeath = await left();
    expect(leftAtDeath).toBeGreaterThan(0);
    const chunks = await scratch.admin.query<{ orders: number }>(
      'SELECT COUNT(*) AS orders FROM orders WHERE ended_at IS NOT NULL GROUP BY ended_at',
    );
    expect(Math.max(...chunks.map(({ orders }) => orders))).toBeLessThanOrEqual(SLOW); // a turn lasts a second at most

    const second = await new ServiceProcess({ ...env, REFUNDS_PER_SECOND: 10_000 }).start();
    try {
      const again = new OrganizerClient(second.managementUrl, key);
      await until('it is done', async () => {
        const view = dataOf<CancellationView>(await again.get(`schedules/${scheduleId}/cancellation`));
        return view.state === 'DONE';
      });
    } finally {
      await second.stop();
    }
    const [money] = await scratch.admin.query(
      `SELECT MIN(balance) AS least, MAX(balance) AS most,
              (SELECT COUNT(*) FROM payment_history WHERE kind = 'REFUND') AS refunds
         FROM member WHERE id BETWEEN ? AND ?`,
      [users.first, users.last],
    );
    expect(money).toEqual({ least: BALANCE, most: BALANCE, refunds: ORDERS });
    await expectInvariants({ database: scratch.app });
  });
});
