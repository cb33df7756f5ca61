import { at } from '../support/at';
import { Buyer, outcome, tally } from '../support/clients/buyer';
import { useService, type Suite } from '../support/suite';

const copyOf = ({ url }: Suite, { userId, token }: Buyer): Buyer =>
  Object.assign(new Buyer(url, userId), { token });

describe('a token that is shared or stolen', () => {
  const app = useService();

  it('is one user, one entry and one session, for any client that sends it', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const owner = await app.buyer(100);
    const other = copyOf(app, owner);
    const mine = await owner.hold(id, at(seats, 0).id);
    const second = await other.hold(id, at(seats, 1).id);
    expect(outcome(await other.pay(mine))).toBe('200'); // with the owner’s money, for the owner’s seat
    expect(outcome(await owner.pay(second))).toBe('200');
    const afterwards = [await owner.amount(), await other.amount(), await owner.schedules()];
    expect(tally(afterwards)).toEqual({ '403 003': 3 }); // the turn is over for both
    expect(
      await app.admin.query(
        'SELECT COUNT(DISTINCT user_id) AS users FROM reservation WHERE schedule_id = ?',
        [id],
      ),
    ).toEqual([{ users: 1 }]);
  });

  it('stays invalid after its session, however often it is replayed', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const buyer = await app.buyer(100);
    const spent = copyOf(app, buyer);
    await buyer.pay(await buyer.hold(id, at(seats, 0).id));
    const replays = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? spent.charge(1) : spent.schedules())),
    );
    expect(tally(replays)).toEqual({ '403 003': 20 });
    await buyer.enter();
    expect(outcome(await spent.amount())).toBe('403 003'); // also while the owner is active again
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 90 } });
  });

  it('stands in no answer but the one that gives it', async () => {
    const buyer = await app.buyer(10);
    const signature = buyer.token.split('.')[2] ?? '';
    for (const answer of [await buyer.check(), await buyer.amount(), await buyer.schedules()])
      expect(answer.text + JSON.stringify(answer.headers)).not.toContain(signature);
  });
});

describe('a position in the queue', () => {
  const app = useService({
    QUEUE_MAX_ACTIVE: 1,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
    QUEUE_IDLE_TIMEOUT_SECONDS: 0,
  });
  const positionOf = async (buyer: Buyer): Promise<number> =>
    ((await buyer.check()).body as { data: { queuePosition: number } }).data.queuePosition;

  it('improves neither by requesting another token nor by polling more often', async () => {
    await app.buyer(); // has the only place inside
    const [first, second, third] = [await app.buyer(), await app.buyer(), await app.buyer()];
    for (let i = 0; i < 5; i++) await third.enter();
    await Promise.all(Array.from({ length: 100 }, () => third.check()));
    expect([await positionOf(first), await positionOf(second), await positionOf(third)]).toEqual([1, 2, 3]);
  });

  it('does not depend on dates that a client sends', async () => {
    const waiter = await app.buyer();
    const position = await positionOf(waiter);
    const dated = await waiter
      .check()
      .set('Date', 'Thu, 01 Jan 1970 00:00:00 GMT')
      .set('If-Modified-Since', 'Thu, 01 Jan 2099 00:00:00 GMT');
    expect([dated.status, await positionOf(waiter)]).toEqual([200, position]);
  });
});
