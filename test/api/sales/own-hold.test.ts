import { randomUUID } from 'node:crypto';
import type { Response } from 'supertest';
import { OrderMetrics } from '../../../src/modules/orders/metrics';
import { at } from '../../support/at';
import { type Buyer, outcome, tally } from '../../support/clients/buyer';
import { expectInvariants } from '../../support/invariants';
import { useService } from '../../support/suite';

const LIMIT = 2;

describe('reserving a seat that one holds oneself', () => {
  const app = useService({ MAX_SEATS_PER_USER: LIMIT });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  interface Hold {
    reservationId: number;
  }
  const dataOf = (answer: Response): Hold => (answer.body as { data: Hold }).data;

  const eventsOf = async ({ userId }: Buyer): Promise<number> =>
    (await app.admin.query("SELECT id FROM outbox WHERE JSON_VALUE(payload, '$.userId') = ?", [userId]))
      .length;

  const reservationsOf = ({ userId }: Buyer): Promise<{ id: number; held_until: Date }[]> =>
    app.admin.query('SELECT id, held_until FROM reservation WHERE user_id = ? ORDER BY id', [userId]);

  async function holds(result: string): Promise<number> {
    const { values } = await app.service.container.resolve(OrderMetrics).holds.get();
    return values.find(({ labels }) => labels.result === result)?.value ?? 0;
  }

  it.each([
    ['without keys', undefined, undefined],
    ['with a key each', randomUUID(), randomUUID()],
    ['with a key the second time', undefined, randomUUID()],
  ])('is answered with the same hold, %s', async (_name, firstKey, secondKey) => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [buyer, seatId] = [await app.buyer(), at(seats, 0).id];
    const before = [await holds('held'), await holds('repeated'), await holds('refused')];
    const first = await buyer.reserve(id, seatId, firstKey);
    const [row] = await reservationsOf(buyer);
    const again = await buyer.reserve(id, seatId, secondKey);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers['idempotency-replayed']).toBeUndefined(); // it was worked on
    expect(await reservationsOf(buyer)).toEqual([row]); // not prolonged
    expect(await eventsOf(buyer)).toBe(1);
    const after = [await holds('held'), await holds('repeated'), await holds('refused')];
    expect(after.map((count, i) => count - at(before, i))).toEqual([1, 1, 0]);
  });

  it('is said to be the own hold when other seats are wanted with it, and the others’ are named first', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(3);
    const [own, free, taken] = [at(seats, 0).id, at(seats, 1).id, at(seats, 2).id];
    const [buyer, rival] = [await app.buyer(), await app.buyer()];
    await buyer.hold(id, own);
    await rival.hold(id, taken);
    const want = async (...seatIds: number[]): Promise<string> => {
      const answer = await buyer.order({ scheduleId: id, seatIds });
      const { exception } = answer.body as { exception: { code: string; message: string } };
      return `${exception.code} ${exception.message}`;
    };
    expect(await want(own, free)).toBe(
      `004 You hold seat ${own} in another order: pay or release it, or leave it out.`,
    );
    const one = await app.buyer();
    expect(outcome(await one.order({ scheduleId: id, seatIds: [free] }))).toBe('200');
    expect(await want(own, taken)).toBe(`004 Seat ${taken} cannot be reserved: somebody else has it.`);
  });

  it('is one hold when its requests come at the same time', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [buyer, rival] = [await app.buyer(), await app.buyer()];
    const seatId = at(seats, 0).id;
    const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.reserve(id, seatId)));
    expect(tally(answers)).toEqual({ '200': 20 });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await reservationsOf(buyer)).toHaveLength(1);
    expect(await eventsOf(buyer)).toBe(1);
    expect(outcome(await rival.reserve(id, seatId))).toBe('409 004');
  });

  it('counts as no further seat of MAX_SEATS_PER_USER', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(LIMIT + 1);
    const buyer = await app.buyer();
    const first = await buyer.reserve(id, at(seats, 0).id);
    await buyer.reserve(id, at(seats, 1).id);
    expect((await buyer.reserve(id, at(seats, 0).id)).body).toEqual(first.body);
    expect(outcome(await buyer.reserve(id, at(seats, 2).id))).toBe('409 409');
  });

  it('is answered with the hold although the limit has been lowered since', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(LIMIT + 2);
    const buyer = await app.buyer();
    const holdsOfMore: Hold[] = [];
    for (const seat of seats.slice(0, LIMIT)) holdsOfMore.push(dataOf(await buyer.reserve(id, seat.id)));
    const [more, last] = [at(seats, LIMIT).id, at(seats, LIMIT + 1).id];
    const rival = await app.buyer();
    const moreHeld = await rival.hold(id, more);
    await app.admin.execute('UPDATE reservation SET user_id = ? WHERE id = ?', [buyer.userId, moreHeld]);
    try {
      expect(dataOf(await buyer.reserve(id, more)).reservationId).toBe(moreHeld);
      expect(outcome(await buyer.reserve(id, last))).toBe('409 409');
    } finally {
      await app.admin.execute('UPDATE reservation SET user_id = ? WHERE id = ?', [rival.userId, moreHeld]);
    }
  });

  it('is a new hold when the old one has passed', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [buyer, seatId] = [await app.buyer(), at(seats, 0).id];
    const first = await buyer.hold(id, seatId);
    await app.given.holdIsPast(first);
    const second = await buyer.hold(id, seatId);
    expect(second).not.toBe(first);
    expect(await eventsOf(buyer)).toBe(2);
  });

  it('is answered with the hold although the schedule has begun, because it can still be paid', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [buyer, seatId] = [await app.buyer(), at(seats, 0).id];
    const first = await buyer.reserve(id, seatId);
    await app.admin.execute(
      'UPDATE concert_schedule SET starts_at = NOW(3) - INTERVAL 1 SECOND WHERE id = ?',
      [id],
    );
    expect((await buyer.reserve(id, seatId)).body).toEqual(first.body);
  });

  it('is 004 when the seat is paid', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const buyer = await app.buyer(100);
    await buyer.pay(await buyer.hold(id, at(seats, 0).id));
    await buyer.enter();
    await buyer.hold(id, at(seats, 1).id); // as many as one may have
    expect(outcome(await buyer.reserve(id, at(seats, 0).id))).toBe('409 004');
  });

  it('is 404 under another schedule', async () => {
    const [one, other] = [await app.given.scheduleWithSeats(1), await app.given.scheduleWithSeats(1)];
    const buyer = await app.buyer();
    await buyer.hold(one.id, at(one.seats, 0).id);
    expect(outcome(await buyer.reserve(other.id, at(one.seats, 0).id))).toBe('404 404');
  });
});
