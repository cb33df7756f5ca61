import { at } from '../../support/at';
import { type Buyer, type OrderAct, outcome } from '../../support/clients/buyer';
import { expectInvariants } from '../../support/invariants';
import { codeOf, dataOf, OrganizerClient } from '../../support/rows/organizer';
import { UNHURRIED, useService } from '../../support/suite';

const HIGHEST_PRICE = 1_000_000_000;
const SEATS = 20;

describe('an act on an order that has ended', () => {
  const app = useService({
    ...UNHURRIED,
    MANAGEMENT_PORT: 0,
    HOLD_EXTENSION_SECONDS: 60,
    MAX_SEATS_PER_USER: SEATS,
  });
  let organizer: OrganizerClient;
  beforeAll(async () => {
    organizer = await app.operator('admin');
  });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  const reason = { reason: 'Asked for it' };
  interface Order {
    orderId: number;
    totalAmount: number;
    seats: { reservationId: number }[];
  }
  const hold = async (buyer: Buyer, scheduleId: number, seatIds: number[]): Promise<Order> =>
    dataOf(await buyer.order({ scheduleId, seatIds }));
  const act = async (buyer: Buyer, { orderId }: Order, what: OrderAct): Promise<string> =>
    outcome(await buyer.actOn(orderId, what));
  const release = async (buyer: Buyer, { orderId }: Order): Promise<string> =>
    outcome(await buyer.release(orderId));
  const refund = async ({ orderId }: Order): Promise<string> => {
    const answer = await organizer.post(`orders/${orderId}/refund`, reason);
    return `${answer.status} ${codeOf(answer)}`;
  };

  it('is HOLD_ENDED as soon as the hold has lapsed, whether or not a worker has seen it', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const buyer = await app.buyer(1000);
    const order = await hold(buyer, id, [at(seats, 0).id]);
    await app.given.holdIsPast(at(order.seats, 0).reservationId);
    expect(await release(buyer, order)).toBe('409 HOLD_ENDED');
    for (const what of ['extension', 'payment'] as const)
      expect(await act(buyer, order, what)).toBe('409 HOLD_ENDED');
  });

  it('is HOLD_ENDED for a payment and an extension when the schedule is canceled; letting go is not', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const buyer = await app.buyer(1000);
    const order = await hold(buyer, id, [at(seats, 0).id]);
    await app.admin.execute("UPDATE concert_schedule SET state = 'CANCELED' WHERE id = ?", [id]);
    for (const what of ['extension', 'payment'] as const)
      expect(await act(buyer, order, what)).toBe('409 HOLD_ENDED');
    expect(dataOf(await buyer.get(`/v1/api/orders/${order.orderId}`))).toMatchObject({ extended: false });
    expect(await release(buyer, order)).toBe('200');
  });

  it('is NOT_REFUNDABLE for a buyer once the concert has begun; an operator still refunds it', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 70 });
    const buyer = await app.buyer(100);
    const order = await hold(buyer, id, [at(seats, 0).id]);
    expect(await act(buyer, order, 'payment')).toBe('200');
    await app.admin.execute(
      `UPDATE concert_schedule SET starts_at = NOW(3) - INTERVAL 1 SECOND,
              refundable_until = NOW(3) + INTERVAL 1 HOUR WHERE id = ?`,
      [id],
    );
    expect(await act(buyer, order, 'cancellation')).toBe('409 NOT_REFUNDABLE');
    expect(await refund(order)).toBe('200 200');
    expect(await refund(order)).toBe('409 409');
    await buyer.enter();
    expect(dataOf(await buyer.amount())).toEqual({ amount: 100 });
  });

  it('refunds an order of free seats once', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 0 });
    const buyer = await app.buyer();
    const order = await hold(
      buyer,
      id,
      seats.map((seat) => seat.id),
    );
    expect(await act(buyer, order, 'payment')).toBe('200');
    expect([await refund(order), await refund(order)]).toEqual(['200 200', '409 409']);
  });

  it('takes the exact price of twenty seats of the highest price, and refunds as much', async () => {
    const { scheduleId } = await organizer.published({ rows: 1, seatsPerRow: SEATS, price: HIGHEST_PRICE });
    const buyer = await app.buyer(SEATS * HIGHEST_PRICE + 1);
    const free = dataOf<{ seatId: number }[]>(await buyer.seats(scheduleId));
    const order = await hold(
      buyer,
      scheduleId,
      free.map(({ seatId }) => seatId),
    );
    expect(order).toMatchObject({ totalAmount: SEATS * HIGHEST_PRICE, seats: { length: SEATS } });
    expect(await act(buyer, order, 'payment')).toBe('200');
    await buyer.enter();
    expect(dataOf(await buyer.amount())).toEqual({ amount: 1 });
    expect(await refund(order)).toBe('200 200');
    expect(dataOf(await buyer.amount())).toEqual({ amount: SEATS * HIGHEST_PRICE + 1 });
  });
});
