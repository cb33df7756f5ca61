import { at } from '../support/at';
import { outcome, tally } from '../support/clients/buyer';
import { expectInvariants } from '../support/invariants';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';

const LIMIT = 3;

describe(`MAX_SEATS_PER_USER=${LIMIT}`, () => {
  const app = useService({ MAX_SEATS_PER_USER: LIMIT });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  it('holds for 20 simultaneous holds of one user, whichever process takes them', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(20);
    const other = await startTestService({
      MAX_SEATS_PER_USER: LIMIT,
      QUEUE_ID: app.queueId,
      QUEUE_MAX_ACTIVE: 10_000,
    });
    try {
      const buyer = await app.buyer();
      const elsewhere = buyer.elsewhere(other.url);
      const answers = await Promise.all(
        seats.map((seat, i) => (i % 2 === 0 ? buyer : elsewhere).reserve(id, seat.id)),
      );
      expect(tally(answers)).toEqual({ '200': LIMIT, '409 409': 20 - LIMIT });
      const refusal = answers.find(({ status }) => status === 409);
      expect(refusal?.text).toContain(`You have ${LIMIT} seats of this schedule`);
    } finally {
      await other.stop();
    }
  });

  it('counts what was bought and what is held, of one user and one schedule alone', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(6, { amount: 10 });
    const another = await app.given.scheduleWithSeats(1);
    const [buyer, friend] = [await app.buyer(100), await app.buyer()];
    await buyer.pay(await buyer.hold(id, at(seats, 0).id));
    await buyer.enter(); // its turn was over
    await buyer.hold(id, at(seats, 1).id);
    await buyer.hold(id, at(seats, 2).id);
    expect(outcome(await buyer.reserve(id, at(seats, 3).id))).toBe('409 409');
    expect(outcome(await buyer.reserve(another.id, at(another.seats, 0).id))).toBe('200');
    expect(outcome(await friend.reserve(id, at(seats, 3).id))).toBe('200');
  });

  it('counts the seats of an order as well, also against the schedule’s own limit', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(6);
    const buyer = await app.buyer();
    const order = async (some: typeof seats): Promise<string> =>
      outcome(await buyer.order({ scheduleId: id, seatIds: some.map((seat) => seat.id) }));
    expect(await order(seats.slice(0, LIMIT + 1))).toBe('409 SEAT_LIMIT');
    expect(await order(seats.slice(0, LIMIT - 1))).toBe('200');
    await app.admin.execute('UPDATE concert_schedule SET seats_per_user = ? WHERE id = ?', [LIMIT - 1, id]);
    expect(await order(seats.slice(4, 5))).toBe('409 SEAT_LIMIT');
  });

  it('gives back what was let go: a hold that has passed counts no more', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(4);
    const buyer = await app.buyer();
    const first = await buyer.hold(id, at(seats, 0).id);
    for (const i of [1, 2]) await buyer.hold(id, at(seats, i).id);
    expect(outcome(await buyer.reserve(id, at(seats, 3).id))).toBe('409 409');
    await app.given.holdIsPast(first);
    expect(outcome(await buyer.reserve(id, at(seats, 3).id))).toBe('200');
  });
});

describe('MAX_SEATS_PER_USER=0', () => {
  const app = useService({ MAX_SEATS_PER_USER: 0 });

  it('is no limit', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(30);
    const buyer = await app.buyer();
    const answers = await Promise.all(seats.map((seat) => buyer.reserve(id, seat.id)));
    expect(tally(answers)).toEqual({ '200': 30 });
  });
});
