import { randomUUID } from 'node:crypto';
import { Lease } from '../../src/platform/database/lease';
import { done } from '../../src/platform/database/batch/outcome';
import { at } from '../support/at';
import { outcome } from '../support/clients/buyer';
import { expectInvariants } from '../support/invariants';
import { Sales } from '../support/rows/sales';
import { useService } from '../support/suite';
import { undone } from '../support/rows/undone';

/** Guards go by the rows that match, not by those that an update changes. */
describe('a guard under an update that changes nothing', () => {
  const app = useService();
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  it.each([0, 50])('sells a seat of price 0 to a user with a balance of %d, once', async (balance) => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 0 });
    const [buyer, key] = [await app.buyer(balance), randomUUID()];
    const listed = (await buyer.seats(id)).body as { data: { amount: number }[] };
    expect(listed.data.map(({ amount }) => amount)).toEqual([0, 0]);
    const reservationId = await buyer.hold(id, at(seats, 0).id);
    const paid = await buyer.pay(reservationId, key);
    expect(paid.body).toMatchObject({
      data: { paymentAmount: 0, seatStatus: 'RESERVED', queueStatus: 'DONE' },
    });
    const replay = await buyer.pay(reservationId, key);
    expect([replay.body, replay.headers['idempotency-replayed']]).toEqual([paid.body, 'true']);
    await buyer.enter();
    expect(outcome(await buyer.pay(reservationId))).toBe('409 409');
    const ledger = await app.admin.query(
      "SELECT amount, balance_after AS left_ FROM payment_history WHERE user_id = ? AND kind = 'PAYMENT'",
      [buyer.userId],
    );
    expect(ledger).toEqual([{ amount: 0, left_: balance }]);
  });

  it('refuses a price above the balance still, by one won', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 1 });
    const buyer = await app.buyer(0);
    expect(outcome(await buyer.pay(await buyer.hold(id, at(seats, 0).id)))).toBe('409 005');
  });

  it('takes a top-up of nothing for done, and one that passes 2^53 − 1 not', () =>
    undone(app.admin, async (tx, given) => {
      const [userId, sales] = [await given.user(7), new Sales()];
      const debit = (id: number): Promise<boolean> => sales.balances.debit(tx, [{ userId: id, amount: 0 }]);
      expect(await sales.topUp(tx, userId, 0)).toEqual(done(7));
      expect(await debit(userId)).toBe(true);
      expect(await sales.topUp(tx, userId, Number.MAX_SAFE_INTEGER)).toMatchObject({ kind: 'refused' });
      expect(await debit(999_999_999)).toBe(false); // nobody
    }));

  it('keeps a lease that is prolonged twice in one instant', () =>
    undone(app.admin, async (tx) => {
      await tx.execute('SET timestamp = 1700000000.5'); // NOW(3) stands still
      const name = `test-${randomUUID()}`;
      const [lease, other] = [new Lease(tx, name, 0), new Lease(tx, name, 10_000)];
      expect([await lease.hold(), await lease.hold()]).toEqual([true, true]);
      expect(await other.hold()).toBe(true); // a lease of 0 ms is over at once
      expect(await lease.hold()).toBe(false);
      await tx.execute('SET timestamp = DEFAULT');
    }));

  it('tells rows that an insert adds from those that are there already', () =>
    undone(app.admin, async (tx) => {
      const name = `test-${randomUUID()}`;
      const add = 'INSERT IGNORE INTO outbox_lease (name) VALUES (?)';
      expect((await tx.execute(add, [name])).affectedRows).toBe(1);
      expect((await tx.execute(add, [name])).affectedRows).toBe(0);
    }));
});
