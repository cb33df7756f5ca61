import { at } from '../../support/at';
import { outcome } from '../../support/clients/buyer';
import { expectInvariants } from '../../support/invariants';
import { dataOf, OrganizerClient } from '../../support/rows/organizer';
import { UNHURRIED, useService } from '../../support/suite';
import { until } from '../../support/wait';

const SEATS = 20;

describe('an act of the organizer while buyers take seats', () => {
  const app = useService({
    MANAGEMENT_PORT: 0,
    REFUNDS_PER_SECOND: 10_000,
    ...UNHURRIED,
  });
  let organizer: OrganizerClient;
  beforeAll(async () => {
    organizer = await app.operator('admin');
  });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  const reason = { reason: 'Meanwhile' };
  const statusesOf = async (scheduleId: number): Promise<Map<number, string>> => {
    const rows = await app.admin.query<{ id: number; status: string }>(
      'SELECT id, status FROM concert_seat WHERE schedule_id = ?',
      [scheduleId],
    );
    return new Map(rows.map(({ id, status }) => [id, status]));
  };

  it('blocks a seat or leaves it to its buyer, never both', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(SEATS);
    const buyers = await app.buyers(SEATS);
    const pairs = await Promise.all(
      seats.map(async ({ id: seatId }, i) => {
        const [hold, block] = await Promise.all([
          at(buyers, i).reserve(id, seatId),
          organizer.post(`schedules/${id}/blocks`, { seatIds: [seatId], blocked: true }),
        ]);
        return { seatId, hold: outcome(hold), block: outcome(block) };
      }),
    );
    const statuses = await statusesOf(id);
    for (const { seatId, hold, block } of pairs)
      expect([
        ['200', '409 409', 'TEMP_RESERVED'],
        ['409 004', '200', 'BLOCKED'],
      ]).toContainEqual([hold.replace('002', '004'), block, statuses.get(seatId)]);
  });

  it('leaves nobody with a seat of a schedule that it cancels, and nobody without the money', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(SEATS, { amount: 10 });
    const buyers = await app.buyers(SEATS, 10);
    const take = async (i: number): Promise<string[]> => {
      const held = await at(buyers, i).reserve(id, at(seats, i).id);
      if (held.status !== 200) return [outcome(held)];
      const { reservationId } = dataOf<{ reservationId: number }>(held);
      return ['200', outcome(await at(buyers, i).pay(reservationId))];
    };
    const half = await Promise.all(seats.slice(0, SEATS / 2).map((_, i) => take(i)));
    expect(half.flat()).toEqual(half.flat().map(() => '200'));
    const others = seats.slice(SEATS / 2).map((_, i) => take(SEATS / 2 + i));
    const canceled = await organizer.post(`schedules/${id}/cancellation`, reason);
    const outcomes = (await Promise.all(others)).flat();
    expect(outcomes.filter((one) => !['200', '409 NOT_ON_SALE', '409 409'].includes(one))).toEqual([]);
    dataOf(canceled);
    await until('all is refunded', async () => {
      const view = dataOf<{ state: string }>(await organizer.get(`schedules/${id}/cancellation`));
      return view.state === 'DONE';
    });
    expect(new Set((await statusesOf(id)).values())).toEqual(new Set(['AVAILABLE']));
    const balances = await app.admin.query<{ balance: number }>(
      `SELECT DISTINCT balance FROM member WHERE id IN (${buyers.map(() => '?').join()})`,
      buyers.map(({ userId }) => userId),
    );
    expect(balances).toEqual([{ balance: 10 }]);
  });
});
