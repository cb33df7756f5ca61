import type { SqlTransaction } from '../../src/platform/database/database';
import { at } from '../support/at';
import { openAdminDatabase } from '../support/rows/given';
import { activeUser, Sales } from '../support/rows/sales';
import { undone } from '../support/rows/undone';

type Work = (tx: SqlTransaction, onLocked: () => void) => Promise<unknown>;

describe('the next batch may begin', () => {
  const admin = openAdminDatabase();
  const sales = new Sales();
  afterAll(() => admin.close());

  /** @returns how many statements that write had been sent each time when the locks were said to be taken, and in all */
  async function writes(tx: SqlTransaction, work: Work): Promise<{ whenLocked: number[]; inAll: number }> {
    let inAll = 0;
    const whenLocked: number[] = [];
    const counted: SqlTransaction = {
      read: (sql, binds) => tx.read(sql, binds),
      query: (sql, binds) => tx.query(sql, binds),
      execute: (sql, binds) => {
        inAll++;
        return tx.execute(sql, binds);
      },
      insertRows: (sql, rows) => {
        inAll++;
        return tx.insertRows(sql, rows);
      },
    };
    await work(counted, () => whenLocked.push(inAll));
    return { whenLocked, inAll };
  }

  it('when holds, payments and top-ups have their locks, before they write', () =>
    undone(admin, async (tx, given) => {
      const { id: scheduleId, seats } = await given.scheduleWithSeats(1, { amount: 5 });
      const userId = await given.user(10);
      const request = { user: activeUser(userId), scheduleId, seatIds: [at(seats, 0).id] };
      let reservationId = 0;
      const hold: Work = async (on, onLocked) => {
        const [held] = await sales.hold(on, [request], onLocked);
        if (held?.kind === 'done') reservationId = at(held.value.rows, 0).id;
      };
      const pay: Work = (on, onLocked) => sales.pay(on, [{ userId, reservationId }], onLocked);
      const topUp: Work = (on, onLocked) => sales.topUpAll(on, [{ userId, amount: 1 }], onLocked);
      for (const work of [hold, pay, topUp]) {
        const { whenLocked, inAll } = await writes(tx, work);
        expect(whenLocked).toEqual([0]);
        expect(inAll).toBeGreaterThan(0);
      }
    }));
});
