import { aDay, copyOf, type Day } from '../support/rows/day';
import { Scratch } from '../support/rows/scratch';

describe('what the schema refuses, so that no code can do it', () => {
  let scratch: Scratch;
  let day: Day;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
    day = await aDay(scratch);
  });
  afterAll(() => scratch.drop());

  const refusal = async (sql: string): Promise<number | undefined> =>
    scratch.admin.execute(sql).then(
      () => undefined,
      (error: unknown) => (error as { errno?: number }).errno,
    );

  it.each<[string, (day: Day) => string, number]>([
    ['a second live reservation of a seat', ({ sold }) => copyOf(sold.reservationId, 'TEMP_RESERVED'), 1062],
    ['a negative balance', ({ shop }) => `UPDATE member SET balance = -1 WHERE id = ${shop.userId}`, 4025],
    [
      'a hold without an end',
      ({ held }) => `UPDATE concert_seat SET held_until = NULL WHERE id = ${held.seatId}`,
      4025,
    ],
    [
      'a second payment of a reservation',
      ({ sold, shop }) =>
        `INSERT INTO payment (reservation_id, user_id, amount, status) VALUES (${sold.reservationId}, ${shop.userId}, 1, 'DONE')`,
      1062,
    ],
    [
      'a second ledger entry of a payment',
      ({ sold, shop }) =>
        `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id) VALUES (${shop.userId}, 'PAYMENT', -1, 0, ${sold.paymentId})`,
      1062,
    ],
    [
      'a payment that adds money',
      ({ shop }) =>
        `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id) VALUES (${shop.userId}, 'PAYMENT', 1, 0, 4711)`,
      4025,
    ],
    [
      'a ledger entry for nobody',
      () =>
        "INSERT INTO payment_history (user_id, kind, amount, balance_after) VALUES (4711, 'CHARGE', 1, 1)",
      1452,
    ],
    ['the end of a concert with dates', () => 'DELETE FROM concert', 1451],
    [
      'the end of a seat with reservations',
      ({ sold }) => `DELETE FROM concert_seat WHERE id = ${sold.seatId}`,
      1451,
    ],
    [
      'an event written twice under one id',
      () =>
        `INSERT INTO outbox (event_id, topic, partition_key, payload) SELECT event_id, topic, partition_key, payload FROM outbox LIMIT 1`,
      1062,
    ],
  ])('%s', async (_what, sql, errno) => {
    expect(await refusal(sql(day))).toBe(errno);
  });
});
