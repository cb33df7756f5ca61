import { at } from '../../support/at';
import { outcome } from '../../support/clients/buyer';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

describe('holds and payments', () => {
  const app = useService();

  it('gives a second buyer of the same seat 004', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [first, second] = [await app.buyer(), await app.buyer()];
    expect(outcome(await first.reserve(id, at(seats, 0).id))).toBe('200');
    expect(outcome(await second.reserve(id, at(seats, 0).id))).toBe('409 004');
  });

  it('gives a buyer a seat that the hold expiry releases at this very moment', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [first, second] = [await app.buyer(), await app.buyer()];
    const [reservationId, seatId] = [await first.hold(id, at(seats, 0).id), at(seats, 0).id];
    await app.given.holdIsPast(reservationId);
    let answer: Promise<string> | undefined; // sent once, also when a deadlock restarts the transaction
    await app.admin.transaction(async (tx) => {
      await tx.execute(
        `UPDATE reservation r JOIN orders o ON o.id = r.order_id SET r.status = 'CANCELED', o.status = 'EXPIRED'
          WHERE r.id = ?`,
        [reservationId],
      );
      answer ??= second.reserve(id, seatId).then(outcome); // finds the seat taken, then waits for the reservation
      await new Promise((resolve) => setTimeout(resolve, 200));
      await tx.execute(
        "UPDATE concert_seat SET status = 'AVAILABLE', held_until = NULL WHERE id = ? AND held_until <= NOW(3)",
        [seatId],
      );
    });
    expect(await answer).toBe('200');
  });

  it('gives 002 when every seat is sold', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const [buyer, late] = [await app.buyer(10), await app.buyer()];
    await buyer.pay(await buyer.hold(id, at(seats, 0).id));
    expect(outcome(await late.reserve(id, at(seats, 0).id))).toBe('409 002');
  });

  it('refuses a seat under another schedule, an unknown schedule and one that has begun', async () => {
    const [one, other] = [await app.given.scheduleWithSeats(1), await app.given.scheduleWithSeats(1)];
    const begun = await app.given.scheduleWithSeats(1, { startsInSeconds: -1 });
    const buyer = await app.buyer();
    expect(outcome(await buyer.reserve(one.id, at(other.seats, 0).id))).toBe('404 404');
    expect(outcome(await buyer.reserve(999_999_999, at(one.seats, 0).id))).toBe('404 404');
    expect(outcome(await buyer.reserve(begun.id, at(begun.seats, 0).id))).toBe('409 409');
    expect(outcome(await buyer.seats(999_999_999))).toBe('404 404');
    expect((await buyer.seats(begun.id)).body).toMatchObject({ data: [] });
  });

  it('sells a seat whose hold is past to the next buyer at once, and nothing to the first', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const [slow, next] = [await app.buyer(10), await app.buyer(10)];
    const lost = await slow.hold(id, at(seats, 0).id);
    await app.given.holdIsPast(lost);
    const won = await next.hold(id, at(seats, 0).id);
    expect(outcome(await slow.pay(lost))).toBe('409 409');
    expect(outcome(await next.pay(won))).toBe('200');
    expect((await slow.amount()).body).toMatchObject({ data: { amount: 10 } });
  });

  it('refuses payment of an expired hold even if nobody else wants the seat', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const buyer = await app.buyer(10);
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    await app.given.holdIsPast(reservationId);
    expect(outcome(await buyer.pay(reservationId))).toBe('409 409');
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 10 } });
  });

  it('releases seats whose hold has expired', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const buyer = await app.buyer();
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    await app.given.holdIsPast(reservationId);
    const status = async (): Promise<unknown> =>
      (
        await app.admin.query(
          'SELECT r.status AS r, s.status AS s FROM reservation r JOIN concert_seat s ON s.id = r.seat_id WHERE r.id = ?',
          [reservationId],
        )
      )[0];
    await until('the hold is released', async () => !JSON.stringify(await status()).includes('TEMP'));
    expect(await status()).toEqual({ r: 'CANCELED', s: 'AVAILABLE' });
  });

  it('lets nobody pay another’s reservation, an unknown one, or one twice', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const [owner, stranger] = [await app.buyer(100), await app.buyer(100)];
    const reservationId = await owner.hold(id, at(seats, 0).id);
    expect(outcome(await stranger.pay(reservationId))).toBe('403 403');
    expect(outcome(await stranger.pay(999_999_999))).toBe('404 404');
    expect(outcome(await owner.pay(reservationId))).toBe('200');
    await owner.enter(); // its turn is over: a new one
    expect(outcome(await owner.pay(reservationId))).toBe('409 409');
    expect((await owner.amount()).body).toMatchObject({ data: { amount: 90 } });
  });

  it('says 005 when the balance is too small, and sells after a charge', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 1000 });
    const buyer = await app.buyer(999);
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    expect(outcome(await buyer.pay(reservationId))).toBe('409 005');
    await buyer.charge(1);
    expect(outcome(await buyer.pay(reservationId))).toBe('200');
    expect(await app.admin.query('SELECT balance FROM member WHERE id = ?', [buyer.userId])).toEqual([
      { balance: 0 },
    ]);
  });

  it('a reservation keeps its title, times and price when the programme changes', async () => {
    const { id, title, seats } = await app.given.scheduleWithSeats(1, { amount: 55 });
    const buyer = await app.buyer(55);
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    await app.admin.execute('UPDATE concert_seat SET amount = 99 WHERE id = ?', [at(seats, 0).id]);
    expect((await buyer.pay(reservationId)).body).toMatchObject({ data: { paymentAmount: 55 } });
    expect(
      await app.admin.query(
        'SELECT concert_title AS t, seat_position AS p, amount AS a FROM reservation WHERE id = ?',
        [reservationId],
      ),
    ).toEqual([{ t: title, p: 1, a: 55 }]);
  });
});
