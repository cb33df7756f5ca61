import { HoldWriter } from '../../src/modules/orders/holds/hold-writer';
import { at } from '../support/at';
import { type Buyer, outcome } from '../support/clients/buyer';
import { expectInvariants } from '../support/invariants';
import { useService } from '../support/suite';

const BUYERS = 12;
const SEATS_OF_ONE = 200;
/** Of a sale, and of the times before and after it in which buyers try all the same. */
const LASTS_MS = 400;

describe('the window of a sale', () => {
  const app = useService({ MAX_SEATS_PER_USER: 0, QUEUE_MAX_ACTIVE: 1000 });
  afterAll(() => expectInvariants());

  const isAfter = async (scheduleId: number): Promise<boolean> =>
    at(
      await app.admin.query<{ isAfter: 0 | 1 }>(
        'SELECT NOW(3) > closes_at + INTERVAL ? MICROSECOND AS isAfter FROM concert_schedule WHERE id = ?',
        [LASTS_MS * 1000, scheduleId],
      ),
      0,
    ).isAfter === 1;

  const soldIn = (scheduleId: number): Promise<{ isInside: 0 | 1; keepsWindow: 0 | 1 }[]> =>
    app.admin.query(
      `SELECT r.reserved_at >= d.opens_at AND r.reserved_at < d.closes_at AS isInside,
              r.sale_opens_at <=> d.opens_at AND r.sale_closes_at <=> d.closes_at AS keepsWindow
         FROM reservation r JOIN concert_schedule d ON d.id = r.schedule_id WHERE d.id = ?`,
      [scheduleId],
    );

  it.each([
    ['before it opens', 'opens_at = NOW(3) + INTERVAL 1 HOUR'],
    ['after it has closed', 'opens_at = NULL, closes_at = NOW(3) - INTERVAL 1 SECOND'],
    ['when it is canceled', "state = 'CANCELED'"],
  ])('sells nothing of a schedule %s', async (_when, change) => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const [buyer, seatId] = [await app.buyer(), at(seats, 0).id];
    await app.admin.execute(`UPDATE concert_schedule SET ${change} WHERE id = ?`, [id]);
    expect(outcome(await buyer.order({ scheduleId: id, seatIds: [seatId] }))).toBe('409 NOT_ON_SALE');
    expect(outcome(await buyer.reserve(id, seatId))).toBe('409 NOT_ON_SALE');
    const rows = await app.admin.query('SELECT status FROM concert_seat WHERE id = ?', [seatId]);
    expect(rows).toEqual([{ status: 'AVAILABLE' }]);
  });

  it('has every sale inside of it by the clock of the database, with buyers around both edges', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(BUYERS * SEATS_OF_ONE, { amount: 0 });
    const buyers = await Promise.all(Array.from({ length: BUYERS }, () => app.buyer()));
    await app.admin.execute(
      `UPDATE concert_schedule SET opens_at = NOW(3) + INTERVAL ? MICROSECOND,
              closes_at = NOW(3) + INTERVAL ? MICROSECOND WHERE id = ?`,
      [LASTS_MS * 1000, 2 * LASTS_MS * 1000, id],
    );
    let isOver = false;
    const tries = async (buyer: Buyer, own: typeof seats): Promise<string[]> => {
      const outcomes: string[] = [];
      for (let next = 0; !isOver && next < own.length;) {
        outcomes.push(outcome(await buyer.reserve(id, at(own, next).id)));
        if (outcomes.at(-1) === '200') next++;
      }
      return outcomes;
    };
    const all = buyers.map((buyer, i) => tries(buyer, seats.slice(i * SEATS_OF_ONE, (i + 1) * SEATS_OF_ONE)));
    while (!(await isAfter(id)));
    isOver = true;
    const outcomes = (await Promise.all(all)).flat();
    const sold = await soldIn(id);
    expect(sold.filter(({ isInside }) => isInside === 0)).toEqual([]);
    expect(sold.filter(({ keepsWindow }) => keepsWindow === 0)).toEqual([]);
    expect(sold).toHaveLength(outcomes.filter((one) => one === '200').length);
    expect(outcomes.filter((one) => one !== '200' && one !== '409 NOT_ON_SALE')).toEqual([]);
    expect(outcomes).toContain('409 NOT_ON_SALE');
  });

  it('judges a sale by the window of its time, however an operator moves it later', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const buyer = await app.buyer();
    await app.admin.execute(
      'UPDATE concert_schedule SET opens_at = NOW(3) - INTERVAL 1 HOUR, closes_at = NOW(3) + INTERVAL 1 HOUR WHERE id = ?',
      [id],
    );
    expect((await buyer.reserve(id, at(seats, 0).id)).status).toBe(200);
    await app.admin.execute(
      'UPDATE concert_schedule SET closes_at = NOW(3) - INTERVAL 1 MINUTE WHERE id = ?',
      [id],
    );
    await expectInvariants();
    expect(await soldIn(id)).toEqual([{ isInside: 0, keepsWindow: 0 }]); // that is, the row has kept the earlier one
  });

  it('cannot be moved between the selling statement and the row that keeps the window', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const buyer = await app.buyer();
    const writer = app.service.container.resolve(HoldWriter);
    const sell = writer.reserveSeats.bind(writer);
    let edit: Promise<unknown> | undefined;
    jest.spyOn(writer, 'reserveSeats').mockImplementationOnce(async (...call) => {
      const rows = await sell(...call);
      edit = app.admin.execute(
        'UPDATE concert_schedule SET closes_at = NOW(3) - INTERVAL 1 MINUTE WHERE id = ?',
        [id],
      );
      return rows;
    });
    expect((await buyer.reserve(id, at(seats, 0).id)).status).toBe(200);
    await edit;
    await expectInvariants();
  });
});
