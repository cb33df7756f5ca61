import { at } from '../support/at';
import { randomUUID } from 'node:crypto';
import { Buyer } from '../support/clients/buyer';
import { Given, openAdminDatabase } from '../support/rows/given';
import { expectInvariants } from '../support/invariants';
import { until } from '../support/wait';
import { ServiceProcess } from '../support/servers/process';

const BUYERS = 150; // a crash meets the AT_ONCE that are on their way; the others show that it comes amid a sale
const AT_ONCE = 16;

interface Purchase {
  buyer: Buyer;
  seatId: number;
  holdKey: string;
  payKey: string;
  reservationId?: number;
  /** The payment was answered with 2xx. */
  paid: boolean;
}

describe('kill -9 in the middle of 300 reservations and payments', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  const service = new ServiceProcess({ QUEUE_MAX_ACTIVE: 100_000, QUEUE_IDLE_TIMEOUT_SECONDS: 0 });
  afterAll(async () => {
    await service.stop('SIGKILL');
    await admin.close();
  });

  it('loses no answered sale and sells nothing twice; retries with the same keys finish the rest', async () => {
    const { id: scheduleId, seats } = await given.scheduleWithSeats(BUYERS, { amount: 10 });
    const users = await given.users(BUYERS, 10);
    await service.start();
    const purchases: Purchase[] = [];
    await inParallel(users, async (userId) => {
      const buyer = await new Buyer(service.url, userId).enter();
      const seatId = at(seats, purchases.length).id;
      purchases.push({ buyer, seatId, holdKey: randomUUID(), payKey: randomUUID(), paid: false });
    });

    let held = 0;
    const buy = async (purchase: Purchase): Promise<void> => {
      const { buyer, seatId, holdKey, payKey } = purchase;
      const hold = await answered(() => buyer.reserve(scheduleId, seatId, holdKey));
      if (hold.status !== 200) throw new Error(`hold: ${hold.status} ${hold.text}`);
      purchase.reservationId = (hold.body as { data: { reservationId: number } }).data.reservationId;
      if (++held === BUYERS / 2) service.signal('SIGKILL');
      const { reservationId } = purchase;
      const paid = await answered(() => buyer.pay(reservationId, payKey));
      if (paid.status !== 200) throw new Error(`payment: ${paid.status} ${paid.text}`);
      purchase.paid = true;
    };
    let failed = 0;
    await inParallel(purchases, (purchase) => buy(purchase).catch(() => failed++));
    expect(await service.ended()).toBe('SIGKILL');
    expect(failed).toBeGreaterThan(0);

    const sold = async (): Promise<Set<number>> =>
      new Set(
        (
          await admin.query<{ id: number }>(
            'SELECT r.id FROM reservation r JOIN payment p ON p.reservation_id = r.id WHERE r.schedule_id = ? AND r.status = ?',
            [scheduleId, 'RESERVED'],
          )
        ).map(({ id }) => id),
      );
    const afterCrash = await sold();
    const lost = purchases.filter((p) => p.paid && !afterCrash.has(p.reservationId ?? 0));
    expect(lost).toEqual([]);

    await service.start();
    await inParallel(purchases, async (purchase) => {
      const again = await new Buyer(service.url, purchase.buyer.userId).enter();
      // The old token while its turn lasts; one whose answer was lost after payment has its turn ended, which the key outlives.
      again.token = purchase.buyer.token;
      purchase.buyer = again;
      await buy(purchase);
    });
    await service.stop();
    expect((await sold()).size).toBe(BUYERS);
    expect(
      await admin.query(
        `SELECT COUNT(*) AS payments, COUNT(DISTINCT seat_id) AS seats, SUM(m.balance) AS moneyLeft
           FROM payment p JOIN reservation r ON r.id = p.reservation_id JOIN member m ON m.id = p.user_id
          WHERE r.schedule_id = ?`,
        [scheduleId],
      ),
    ).toEqual([{ payments: BUYERS, seats: BUYERS, moneyLeft: 0 }]);
    await expectInvariants();
  });
});

/** Few replays of ended sessions are let in at once; the others are answered 503 and come again, as clients do. */
const answered = async <T extends { status: number }>(ask: () => Promise<T>): Promise<T> =>
  until('it is let in', async () => {
    const answer = await ask();
    return answer.status !== 503 && answer;
  });

async function inParallel<T>(items: T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
