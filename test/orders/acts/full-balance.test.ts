import type { CancellationView } from '../../../src/modules/organizer/cancellation/schema';
import { at } from '../../support/at';
import { type Buyer, outcome } from '../../support/clients/buyer';
import { expectInvariants } from '../../support/invariants';
import { codeOf, dataOf, OrganizerClient } from '../../support/rows/organizer';
import { UNHURRIED, useService } from '../../support/suite';
import { until } from '../../support/wait';

const PRICE = 40;
/** More than the calls after which a breaker judges. */
const CALLS = 60;

/** Top-ups cost nothing, so anybody can fill a balance between a payment and its refund. */
describe('a refund that the balance cannot hold', () => {
  const app = useService({ ...UNHURRIED, MANAGEMENT_PORT: 0, REFUNDS_PER_SECOND: 10_000 });
  let organizer: OrganizerClient;
  beforeAll(async () => {
    organizer = await app.operator('admin');
  });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  const reason = { reason: 'Asked for it' };
  const paidOrder = async (buyer: Buyer, scheduleId: number, seatId: number): Promise<string> => {
    const held = await buyer.order({ scheduleId, seatIds: [seatId] });
    const { orderId } = dataOf<{ orderId: number }>(held);
    dataOf(await buyer.actOn(orderId, 'payment'));
    return `orders/${orderId}`;
  };
  /** Has paid for the first seat of the schedule, and filled the balance again. */
  const fullBuyer = async (scheduleId: number, seatId: number): Promise<{ buyer: Buyer; path: string }> => {
    const buyer = await app.buyer(Number.MAX_SAFE_INTEGER);
    const path = await paidOrder(buyer, scheduleId, seatId);
    await buyer.enter();
    dataOf(await buyer.charge(PRICE));
    return { buyer, path };
  };
  /** Makes room for a refund. */
  const spend = async (buyer: Buyer): Promise<void> => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: PRICE });
    await paidOrder(buyer, id, at(seats, 0).id);
  };

  it('is refused by name however often it is asked for, opens no breaker, and is made when there is room', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: PRICE });
    await app.admin.execute(
      'UPDATE concert_schedule SET refundable_until = NOW(3) + INTERVAL 1 HOUR WHERE id = ?',
      [id],
    );
    const { buyer, path } = await fullBuyer(id, at(seats, 0).id);
    const cancel = (): ReturnType<Buyer['post']> => buyer.post(`/v1/api/${path}/cancellation`);
    for (let i = 0; i < CALLS; i++) expect(outcome(await cancel())).toBe('409 409');
    const refund = await organizer.post(`${path}/refund`, reason);
    expect([refund.status, codeOf(refund)]).toEqual([409, '409']);
    expect(dataOf(await buyer.get(`/v1/api/${path}`))).toMatchObject({ status: 'PAID' });
    await spend(buyer);
    expect(dataOf(await cancel())).toMatchObject({ status: 'CANCELED' });
  });

  it('keeps nobody else from the money of canceled schedules, and is made when there is room', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(3, { amount: PRICE });
    const { buyer } = await fullBuyer(id, at(seats, 1).id);
    const others = [await app.buyer(PRICE), await app.buyer(PRICE)];
    const paths = [await paidOrder(at(others, 0), id, at(seats, 0).id)];
    paths.push(await paidOrder(at(others, 1), id, at(seats, 2).id));
    dataOf(await organizer.post(`schedules/${id}/cancellation`, reason));
    const progress = async (scheduleId = id): Promise<CancellationView> =>
      dataOf(await organizer.get(`schedules/${scheduleId}/cancellation`));
    const left = await until('one is left', async () => {
      const view = await progress();
      return view.failed === 1 && view;
    });
    expect(left).toMatchObject({ orders: 3, remaining: 1, state: 'RUNNING', finishedAt: null });
    for (const path of paths) expect(dataOf(await organizer.get(path))).toMatchObject({ status: 'CANCELED' });
    const later = await app.given.scheduleWithSeats(1, { amount: PRICE });
    await paidOrder(await app.buyer(PRICE), later.id, at(later.seats, 0).id);
    dataOf(await organizer.post(`schedules/${later.id}/cancellation`, reason));
    await until('the next schedule is refunded', async () => (await progress(later.id)).state === 'DONE');
    await spend(buyer);
    await until('the last one is refunded', async () => (await progress()).state === 'DONE');
    expect(await progress()).toMatchObject({ orders: 3, remaining: 0, failed: 0 });
  });
});
