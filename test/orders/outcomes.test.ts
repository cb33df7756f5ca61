import { Metrics } from '../../src/platform/observability/metrics';
import { connectRedis } from '../../src/platform/redis/redis';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { HoldWriter } from '../../src/modules/orders/holds/hold-writer';
import { BalanceService } from '../../src/modules/accounts/service';
import { at } from '../support/at';
import { type Buyer, outcome } from '../support/clients/buyer';
import { testConfig } from '../support/config';
import { useService } from '../support/suite';

const LIMIT = 2;

/** What a buyer, an operator and a consumer of events get of holds and payments. */
describe('the outcome of a sale', () => {
  const app = useService({ MAX_SEATS_PER_USER: LIMIT });

  const said = (answer: { body: unknown }): string | undefined =>
    (answer.body as { exception?: { message: string } | null }).exception?.message;

  async function metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const found = await app.service.container.resolve(Metrics).registry.getSingleMetric(name)?.get();
    const isAsked = (one: Record<string, unknown>): boolean =>
      Object.entries(labels).every(([label, value]) => one[label] === value);
    return found?.values.find((one) => isAsked(one.labels))?.value ?? 0;
  }
  const holds = (result: string): Promise<number> => metric('concert_seat_holds_total', { result });

  const events = (userId: number): Promise<{ topic: string; key: string; payload: string }[]> =>
    app.admin.query(
      `SELECT topic, partition_key AS \`key\`, payload FROM outbox
        WHERE topic LIKE '%-notification' AND topic NOT LIKE 'test-%' AND JSON_VALUE(payload, '$.userId') = ? ORDER BY id`,
      [userId],
    );

  it('of a hold is counted, and makes an event', async () => {
    const { id, title, seats } = await app.given.scheduleWithSeats(2);
    const before = await holds('held');
    const buyer = await app.buyer();
    const answer = await buyer.reserve(id, at(seats, 1).id);
    const { reservationId } = (answer.body as { data: { reservationId: number } }).data;
    expect(answer.body).toMatchObject({ data: { seatStatus: 'TEMP_RESERVED' } });
    expect(await holds('held')).toBe(before + 1);
    const [row] = await app.admin.query<{ until: Date }>(
      'SELECT held_until AS until FROM reservation WHERE id = ?',
      [reservationId],
    );
    const [event] = await events(buyer.userId);
    expect(event).toMatchObject({ topic: 'reservation-notification', key: String(reservationId) });
    expect(JSON.parse(event?.payload ?? '')).toEqual({
      reservationId,
      userId: buyer.userId,
      concertTitle: title,
      seatPosition: 2,
      heldUntil: row?.until.toISOString(),
    });
  });

  it('of a payment is counted, and makes an event', async () => {
    const { id, title, seats } = await app.given.scheduleWithSeats(1, { amount: 70 });
    const before = [
      await metric('concert_ticket_sales_total'),
      await metric('concert_ticket_revenue_krw_total'),
    ];
    const buyer = await app.buyer(100);
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    expect((await buyer.pay(reservationId)).body).toMatchObject({
      data: { paymentAmount: 70, seatStatus: 'RESERVED', queueStatus: 'DONE' },
    });
    expect([
      await metric('concert_ticket_sales_total'),
      await metric('concert_ticket_revenue_krw_total'),
    ]).toEqual([at(before, 0) + 1, at(before, 1) + 70]);
    expect((await buyer.check()).body).toMatchObject({ data: { status: 'DONE' } });
    const event = (await events(buyer.userId)).at(-1);
    expect(event).toMatchObject({ topic: 'payment-notification', key: String(reservationId) });
    expect(JSON.parse(event?.payload ?? '')).toEqual({
      reservationId,
      userId: buyer.userId,
      paymentAmount: 70,
      concertTitle: title,
      seatPosition: 1,
    });
    expect(
      await app.admin.query(
        `SELECT p.amount, p.status, h.kind, h.amount AS taken FROM payment p JOIN payment_history h ON h.payment_id = p.id
          WHERE p.reservation_id = ? AND p.user_id = ?`,
        [reservationId, buyer.userId],
      ),
    ).toEqual([{ amount: 70, status: 'DONE', kind: 'PAYMENT', taken: -70 }]);
  });

  it('keeps a holder from being idle as long as the hold lasts', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    await (await app.buyer()).hold(id, at(seats, 0).id);
    const redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
    const [, until] = await redis.zrevrange(queueKeys(app.queueId).idle, 0, 0, 'WITHSCORES');
    const [seconds] = await redis.time();
    redis.disconnect();
    expect(Number(until) / 1000 - Number(seconds)).toBeGreaterThan(200); // more than QUEUE_IDLE_TIMEOUT_SECONDS
    expect(Number(until) / 1000 - Number(seconds)).toBeLessThan(310);
  });

  it('says why a seat cannot be reserved', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const [one, other] = [at(seats, 0).id, at(seats, 1).id];
    const begun = await app.given.scheduleWithSeats(1, { startsInSeconds: -1 });
    const [owner, late] = [await app.buyer(100), await app.buyer()];
    const refused = await holds('refused');
    const first = await owner.hold(id, one);
    expect(said(await late.reserve(id, one))).toBe(`Seat ${one} cannot be reserved: somebody else has it.`);
    const second = await owner.hold(id, other);
    expect(said(await late.reserve(id, other))).toBe(
      `Seat ${other} cannot be reserved: somebody else has it.`,
    );
    expect(await holds('refused')).toBe(refused + 2);
    expect(said(await late.reserve(begun.id, at(begun.seats, 0).id))).toBe(
      `Schedule ${begun.id} has begun: its seats cannot be reserved any more.`,
    );
    expect(said(await late.reserve(999_999_999, one))).toBe('Schedule 999999999 does not exist.');
    expect(said(await late.reserve(id, 999_999_999))).toBe(
      `Seat 999999999 of schedule ${id} does not exist.`,
    );
    expect(await holds('refused')).toBe(refused + 2); // those are no contest for a seat
    await owner.pay(first);
    await owner.enter();
    await owner.pay(second);
    const answer = await late.reserve(id, one);
    expect([outcome(answer), said(answer)]).toEqual(['409 002', `Schedule ${id} is sold out.`]);
  });

  it('says of whose line a concert is', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    await app.admin.execute(
      "UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = 'elsewhere' WHERE d.id = ?",
      [id],
    );
    const answer = await (await app.buyer()).reserve(id, at(seats, 0).id);
    expect([outcome(answer), said(answer)]).toEqual([
      '403 403',
      'This concert has its own queue: ask for a token with queueId elsewhere.',
    ]);
  });

  it('gives one buyer MAX_SEATS_PER_USER seats of a schedule and no more, also at once', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(8);
    const limited = await holds('limited');
    const buyer = await app.buyer();
    const answers = await Promise.all(seats.map((seat) => buyer.reserve(id, seat.id)));
    const refusals = answers.filter(({ status }) => status === 409);
    expect(refusals).toHaveLength(seats.length - LIMIT);
    expect(new Set(refusals.map(said))).toEqual(
      new Set([`You have ${LIMIT} seats of this schedule: that is the most that one buyer may have.`]),
    );
    expect(await holds('limited')).toBe(limited + seats.length - LIMIT);
  });

  it('is 004 when each attempt finds the seat free and cannot take it: the attempts are limited', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const take = jest
      .spyOn(app.service.container.resolve(HoldWriter), 'reserveSeats')
      .mockResolvedValue(false);
    expect(outcome(await (await app.buyer()).reserve(id, at(seats, 0).id))).toBe('409 004');
    expect(take).toHaveBeenCalledTimes(2);
    take.mockRestore();
  });

  it('says why a payment is refused, and takes nothing', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 50 });
    const [buyer, stranger] = [await app.buyer(80), await app.buyer(80)];
    const first = await buyer.hold(id, at(seats, 0).id);
    const second = await buyer.hold(id, at(seats, 1).id);
    expect(said(await stranger.pay(first))).toBe(`Reservation ${first} is not yours.`);
    expect(said(await stranger.pay(999_999_999))).toBe('Reservation 999999999 does not exist.');
    expect(outcome(await buyer.pay(first))).toBe('200');
    await buyer.enter();
    const poor = await buyer.pay(second);
    expect([outcome(poor), said(poor)]).toEqual([
      '409 005',
      'The balance is too small for this reservation: charge it first.',
    ]);
    expect(said(await buyer.pay(first))).toBe(`Reservation ${first} is paid already.`);
    await app.given.holdIsPast(second);
    expect(said(await buyer.pay(second))).toBe(`The hold of reservation ${second} has ended: reserve again.`);
    expect(await balanceOf(buyer)).toBe(30);
  });

  const balanceOf = async (buyer: Buyer): Promise<unknown> =>
    ((await buyer.amount()).body as { data: { amount: number } }).data.amount;

  it('of a charge is the balance, counted; what it cannot hold is refused', async () => {
    const before = await metric('concert_balance_topups_total');
    const buyer = await app.buyer(5);
    expect((await buyer.charge(10)).body).toMatchObject({ data: { amount: 15 } });
    expect(await metric('concert_balance_topups_total')).toBe(before + 1);
    await app.admin.execute('UPDATE member SET balance = ? WHERE id = ?', [
      Number.MAX_SAFE_INTEGER - 5,
      buyer.userId,
    ]);
    const refusal = await buyer.charge(6);
    expect([outcome(refusal), said(refusal)]).toEqual([
      '409 409',
      'The balance cannot hold that much: spend some of it first.',
    ]);
    expect(await metric('concert_balance_topups_total')).toBe(before + 1);
    await app.admin.execute('UPDATE member SET balance = 15 WHERE id = ?', [buyer.userId]);
    expect(await balanceOf(buyer)).toBe(15);
  });

  it('of a question for a stranger’s balance is 404', async () => {
    const balances = app.service.container.resolve(BalanceService);
    await expect(balances.findBalance(999_999_999)).rejects.toMatchObject({
      code: '404',
      message: 'User 999999999 does not exist.',
    });
  });
});

describe('without MAX_SEATS_PER_USER', () => {
  const app = useService({ MAX_SEATS_PER_USER: 0 });

  it('one buyer may have them all', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(3);
    const buyer = await app.buyer();
    for (const seat of seats) expect(outcome(await buyer.reserve(id, seat.id))).toBe('200');
  });
});
