import { PaymentService } from '../../../src/modules/payments/service';
import { QueueService } from '../../../src/modules/waiting-room/service';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { useService } from '../../support/suite';

const OWN = uniqueQueueId();

const MAIN = uniqueQueueId();

describe('a concert with its own queue', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUES: `${OWN}=2` });

  const enter = async (queueId?: string): Promise<Buyer> => {
    const buyer = new Buyer(app.url, await app.given.user(100));
    const answer = await buyer.post('/v1/api/queue/token').send({ userId: buyer.userId, queueId });
    buyer.token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    return buyer;
  };
  const statusOf = async (buyer: Buyer): Promise<string> =>
    ((await buyer.check()).body as { data: { status: string } }).data.status;

  it('has its own limit and its own order', async () => {
    const [main, mainNext] = [await enter(), await enter()];
    const [first, second, third] = [await enter(OWN), await enter(OWN), await enter(OWN)];
    expect(await Promise.all([main, mainNext, first, second, third].map(statusOf))).toEqual([
      'PROGRESS',
      'WAITING',
      'PROGRESS',
      'PROGRESS',
      'WAITING',
    ]);

    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const seat = at(seats, 0).id;
    await app.admin.execute(
      'UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = ? WHERE d.id = ?',
      [OWN, id],
    );
    const refused = await main.reserve(id, seat);
    expect([outcome(refused), refused.text]).toEqual(['403 403', expect.stringContaining(OWN)]);
    const paid = await first.pay(await first.hold(id, seat));
    expect(outcome(paid)).toBe('200');
    expect([await statusOf(third), await statusOf(mainNext)]).toEqual(['PROGRESS', 'WAITING']);

    const other = await app.given.scheduleWithSeats(1);
    const round = await second.reserve(other.id, at(other.seats, 0).id); // no way round the main line
    expect([outcome(round), round.text]).toEqual([
      '403 403',
      expect.stringContaining('ask for a token without queueId'),
    ]);
  });

  it('is refused when no queue has that name', async () => {
    const buyer = new Buyer(app.url, await app.given.user());
    const ask = (queueId: unknown): Promise<string> =>
      buyer.post('/v1/api/queue/token').send({ userId: buyer.userId, queueId }).then(outcome);
    expect(await ask('nowhere')).toBe('404 404');
    expect(await ask('no spaces')).toBe('400 400');
    expect(await ask("{main}:'")).toBe('400 400');
    expect(await ask(7)).toBe('400 400');
  });
});

describe('a hold of one queue', () => {
  const app = useService({ QUEUE_ID: MAIN, QUEUES: `${OWN}=100,${MAIN.toUpperCase()}=100` });

  const enter = async (userId: number, queueId?: string): Promise<Buyer> => {
    const buyer = new Buyer(app.url, userId);
    const answer = await buyer.post('/v1/api/queue/token').send({ userId, queueId });
    buyer.token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    return buyer;
  };
  const seatSoldBy = async (queueId: string | null): Promise<[scheduleId: number, seatId: number]> => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    await app.admin.execute(
      'UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = ? WHERE d.id = ?',
      [queueId, id],
    );
    return [id, at(seats, 0).id];
  };
  const statusOf = async (buyer: Buyer): Promise<string> =>
    ((await buyer.check()).body as { data: { status: string } }).data.status;

  it.each([
    ['no name', null],
    ['an empty name', ''],
    ['the main queue’s own name', MAIN],
  ])(
    'is sold by the main queue when the concert has %s, whether or not the token names it',
    async (_what, queueId) => {
      for (const asked of [undefined, MAIN]) {
        const buyer = await enter(await app.given.user(10), asked);
        expect(outcome(await buyer.pay(await buyer.hold(...(await seatSoldBy(queueId)))))).toBe('200');
        expect(await statusOf(buyer)).toBe('DONE');
      }
    },
  );

  it.each([
    ['main', undefined, OWN, null, 'ask for a token without queueId'],
    ['a concert’s own', OWN, undefined, OWN, `ask for a token with queueId ${OWN}`],
    [
      'one whose name differs by its case alone',
      MAIN.toUpperCase(),
      MAIN,
      MAIN.toUpperCase(),
      MAIN.toUpperCase(),
    ],
  ])('cannot be paid with the token of another: %s', async (_what, own, other, sells, message) => {
    const userId = await app.given.user(10);
    const [holder, payer] = [await enter(userId, own), await enter(userId, other)];
    const reservationId = await holder.hold(...(await seatSoldBy(sells)));
    const refused = await payer.pay(reservationId);
    expect([outcome(refused), refused.text]).toEqual(['403 403', expect.stringContaining(message)]);
    expect(await Promise.all([holder, payer].map(statusOf))).toEqual(['PROGRESS', 'PROGRESS']);
    expect(outcome(await holder.pay(reservationId))).toBe('200');
    expect(await Promise.all([holder, payer].map(statusOf))).toEqual(['DONE', 'PROGRESS']);
  });

  it.each([
    [1, 'DONE'],
    [2, 'PROGRESS'],
  ])(
    'is paid at the same moment as one of another, and each session goes on by its own holds: of %i in each queue it is %s',
    async (holds, status) => {
      const { container } = app.service;
      const userId = await app.given.user(100);
      const sessions = [];
      for (const queueId of [OWN, undefined]) {
        const buyer = await enter(userId, queueId);
        const reservationIds = [];
        for (let i = 0; i < holds; i++)
          reservationIds.push(await buyer.hold(...(await seatSoldBy(queueId ?? null))));
        const user = container.resolve(QueueService).identify(buyer.token);
        sessions.push({ buyer, user, reservationId: at(reservationIds, 0) });
      }
      const payments = container.resolve(PaymentService);
      const paid = await Promise.all(
        sessions.map(({ user, reservationId }) => payments.pay(user, reservationId, undefined)),
      );
      expect(paid.map(({ queueStatus }) => queueStatus)).toEqual([status, status]);
      expect(await Promise.all(sessions.map(({ buyer }) => statusOf(buyer)))).toEqual([status, status]);
    },
  );

  it('is answered again to a token of that queue alone, also after the concert has moved', async () => {
    const userId = await app.given.user(10);
    const [holder, other] = [await enter(userId), await enter(userId, OWN)];
    const [scheduleId, seatId] = await seatSoldBy(null);
    const first = await holder.reserve(scheduleId, seatId);
    await app.admin.execute(
      'UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = ? WHERE d.id = ?',
      [OWN, scheduleId],
    );
    const again = await holder.reserve(scheduleId, seatId);
    expect([again.status, again.body]).toEqual([200, first.body]);
    const refused = await other.reserve(scheduleId, seatId);
    expect([outcome(refused), refused.text]).toEqual(['409 004', expect.stringContaining('You hold seat')]);
    const { reservationId } = (again.body as { data: { reservationId: number } }).data;
    expect(outcome(await holder.pay(reservationId))).toBe('200');
  });
});
