import request, { type Response } from 'supertest';
import { OrderRepository } from '../../../src/modules/orders/order-repository';
import { PaymentMetrics } from '../../../src/modules/payments/metrics';
import { LapsedSessionsJob } from '../../../src/modules/orders/expiry/lapsed-sessions-job';
import { RefundRepository } from '../../../src/modules/orders/refunds/refund-repository';
import { SessionReconciler } from '../../../src/modules/waiting-room/recovery/session-reconciler';
import { SessionRepository } from '../../../src/modules/waiting-room/state/session-repository';
import { Database, DatabaseUnavailable } from '../../../src/platform/database/database';
import { WaitingRoomRegistry } from '../../../src/modules/waiting-room/registry';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { connectRedis, type Redis, RedisUnavailable } from '../../../src/platform/redis/redis';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { checked, mainRoom } from '../../support/clients/crowd';
import { testConfig, uniqueQueueId } from '../../support/config';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

const [HOLD_SECONDS, EXTENSION_SECONDS] = [300, 300];
const OTHER = uniqueQueueId();

describe('what must follow a COMMIT of an order', () => {
  const app = useService({
    ROLE: 'api',
    QUEUE_MAX_ACTIVE: 100,
    QUEUES: `${OTHER}=100`,
    QUEUE_IDLE_TIMEOUT_SECONDS: 60,
    HOLD_SECONDS,
    HOLD_EXTENSION_SECONDS: EXTENSION_SECONDS,
    MAX_SEATS_PER_USER: 0,
  });
  let room: WaitingRoom;
  let redis: Redis;

  beforeAll(async () => {
    room = mainRoom(app.service);
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => redis.disconnect());

  const skip = (step: 'endSession' | 'extendSession'): jest.SpyInstance =>
    jest.spyOn(room.entries, step).mockRejectedValueOnce(new RedisUnavailable(new Error('away')));

  const order = async (by: Buyer): Promise<number> => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    const made = await by.order({ scheduleId: id, seatIds: [at(seats, 0).id] });
    expect(outcome(made)).toBe('200');
    return (made.body as { data: { orderId: number } }).data.orderId;
  };
  const pay = async (by: Buyer, id: number): Promise<string> => outcome(await by.actOn(id, 'payment'));
  const release = (by: Buyer, id: number, key: string): Promise<Response> =>
    by.release(id, key).then((answer) => answer);

  const seqOf = ({ token }: Buyer): number =>
    (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { seq: number }).seq;
  /** Seconds until the session is idle, by the wall clock. */
  const idleSeconds = async (by: Buyer): Promise<number> =>
    (Number(await redis.zscore(queueKeys(app.queueId).idle, String(seqOf(by)))) - Date.now()) / 1000;

  /** Another file's worker may have been quicker with the rows, and knows nothing of this queue: the reconciler does the rest. */
  const isDone = (by: Buyer): Promise<true> =>
    until('the session is over', async () => {
      await room.refresh();
      await app.service.container.resolve(SessionReconciler).turn();
      return (await checked(by)) === '200 DONE';
    });

  it('an extension that Redis did not learn of is made up by the worker, also of a hold that it knows', async () => {
    const by = await app.buyer();
    const id = await order(by);
    const reconciler = app.service.container.resolve(SessionReconciler);
    await room.refresh();
    await reconciler.turn();
    skip('extendSession');
    expect(outcome(await by.post(`/v1/api/orders/${id}/extension`))).toBe('200');
    expect(await idleSeconds(by)).toBeLessThan(HOLD_SECONDS + 1);
    await reconciler.turn();
    expect(await idleSeconds(by)).toBeGreaterThan(HOLD_SECONDS + 1);
  });

  it.each<[string, (by: Buyer) => Promise<{ path: string; body?: object }>]>([
    [
      'hold',
      async () => {
        const { id, seats } = await app.given.scheduleWithSeats(1);
        return { path: '/v1/api/orders', body: { scheduleId: id, seatIds: [at(seats, 0).id] } };
      },
    ],
    ['extension', async (by) => ({ path: `/v1/api/orders/${await order(by)}/extension` })],
  ])('a replayed %s prolongs the session that it should have prolonged', async (what, given) => {
    const by = await app.buyer();
    const { path, body } = await given(by);
    const send = (): Promise<Response> =>
      by
        .post(path, `lost-${what}`)
        .send(body)
        .then((answer) => answer);
    skip('extendSession');
    expect(outcome(await send())).toBe('200');
    const before = await idleSeconds(by);
    const again = await send();
    expect([outcome(again), again.headers['idempotency-replayed']]).toEqual(['200', 'true']);
    expect((await idleSeconds(by)) - before).toBeGreaterThan(60);
  });

  it('a replayed payment of an order ends the session that it should have ended, and is no second sale', async () => {
    const by = await app.buyer(1000);
    const id = await order(by);
    const send = (): Promise<Response> =>
      by.post(`/v1/api/orders/${id}/payment`, 'lost-payment').then((answer) => answer);
    const sold = jest.spyOn(app.service.container.resolve(PaymentMetrics).sales, 'inc');
    skip('endSession');
    expect(outcome(await send())).toBe('200');
    expect(await checked(by)).toBe('200 PROGRESS');
    const again = await send();
    expect([outcome(again), again.headers['idempotency-replayed']]).toEqual(['200', 'true']);
    expect(await checked(by)).toBe('200 DONE');
    expect(sold).toHaveBeenCalledTimes(1);
  });

  it('an extension is answered though MariaDB is away right after its COMMIT', async () => {
    const by = await app.buyer();
    const id = await order(by);
    const away = (): Promise<never> => Promise.reject(new DatabaseUnavailable(new Error('away')));
    const orders = app.service.container.resolve(OrderRepository);
    const find = orders.find.bind(orders);
    jest
      .spyOn(orders, 'find')
      .mockImplementation((on, ids) => (on instanceof Database ? away() : find(on, ids)));
    jest.spyOn(app.service.container.resolve(SessionRepository), 'holdOf').mockImplementation(away);
    expect(outcome(await by.post(`/v1/api/orders/${id}/extension`))).toBe('200');
  });

  it('an order is neither prolonged nor released by a token that has paid while Redis is away', async () => {
    const [by, another] = [await app.buyer(1000), await app.buyer()];
    const paid = await order(by);
    await room.refresh();
    skip('endSession');
    expect(await pay(by, paid)).toBe('200');
    const other = await order(another); // of another session, so that it keeps this one from nothing
    await app.admin.execute(
      'UPDATE reservation r JOIN orders o ON o.id = r.order_id SET r.user_id = ?, o.user_id = ? WHERE o.id = ?',
      [by.userId, by.userId, other],
    );
    jest.spyOn(room.entries, 'resolve').mockRejectedValue(new RedisUnavailable(new Error('away')));
    expect(outcome(await by.post(`/v1/api/orders/${other}/extension`))).toBe('403 003');
    expect(outcome(await release(by, other, 'while-away'))).toBe('403 003');
    jest.restoreAllMocks();
    const answer = await by.get(`/v1/api/orders/${other}`);
    expect(answer.body).toMatchObject({ data: { status: 'HELD', extended: false } });
  });

  it('a failing queue keeps the reconciler from no other queue', async () => {
    const [here, there] = [await app.buyer(), new Buyer(app.url, await app.given.user())];
    there.token = await tokenOf(there.userId, OTHER);
    await order(here);
    const { id, seats } = await app.given.scheduleWithSeats(1);
    await app.admin.execute(
      'UPDATE concert c JOIN concert_schedule s ON s.concert_id = c.id SET c.queue_id = ? WHERE s.id = ?',
      [OTHER, id],
    );
    await there.hold(id, at(seats, 0).id);
    const other = app.service.container.resolve(SessionReconciler);
    await room.refresh();
    jest.spyOn(room.entries, 'extendSession').mockRejectedValue(new Error('a bug'));
    const extended = jest.spyOn(roomOf(OTHER).entries, 'extendSession');
    await roomOf(OTHER).refresh();
    await expect(other.turn()).rejects.toThrow('a bug');
    expect(extended.mock.calls.map(([seq]) => seq)).toContain(seqOf(there));
  });

  it('the session of a paid order ends when the organizer has canceled the other', async () => {
    const by = await app.buyer(1000);
    const [paid, other] = [await order(by), await order(by)];
    expect(await pay(by, paid)).toBe('200');
    expect(await checked(by)).toBe('200 PROGRESS');
    await app.admin.transaction((tx) =>
      app.service.container.resolve(RefundRepository).releaseOrders(tx, [other]),
    ); // as the cancellation of a schedule does
    await app.service.container.resolve(LapsedSessionsJob).turn();
    await isDone(by);
  });

  it('the session of a paid order ends when the other lapsed while MariaDB was away for long', async () => {
    const by = await app.buyer(1000);
    const [paid, other, third] = [await order(by), await order(by), await order(by)];
    expect(await pay(by, paid)).toBe('200');
    const job = app.service.container.resolve(LapsedSessionsJob);
    const turnAfter = async (seconds: number): Promise<void> => {
      const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + seconds * 1000);
      const turn = job.turn();
      clock.mockRestore();
      await turn;
    };
    const lapse = (id: number): Promise<unknown> =>
      app.admin.execute(
        `UPDATE orders o JOIN reservation r ON r.order_id = o.id JOIN concert_seat s ON s.id = r.seat_id
            SET o.held_until = NOW(3) - INTERVAL ? SECOND, r.held_until = o.held_until, s.held_until = o.held_until
          WHERE o.id = ?`,
        [90, id],
      );
    await job.turn();
    await lapse(other);
    await turnAfter(100);
    expect(await checked(by)).toBe('200 PROGRESS'); // the third is held
    await lapse(third);
    await turnAfter(200);
    await isDone(by);
  });

  it('an order that is given back with the token of another queue ends the session that had made it', async () => {
    const by = await app.buyer(1000);
    const [paid, other] = [await order(by), await order(by)];
    expect(await pay(by, paid)).toBe('200');
    const elsewhere = new Buyer(app.url, by.userId);
    elsewhere.token = await tokenOf(by.userId, OTHER);
    expect(outcome(await release(elsewhere, other, 'elsewhere'))).toBe('200');
    expect(await checked(by)).toBe('200 DONE');
    expect(await checked(elsewhere)).toBe('200 PROGRESS');
  });

  it('a replayed release ends the session that it should have ended', async () => {
    const by = await app.buyer(1000);
    const [paid, other] = [await order(by), await order(by)];
    expect(await pay(by, paid)).toBe('200');
    skip('endSession');
    expect(outcome(await release(by, other, 'replayed'))).toBe('200');
    expect(await checked(by)).toBe('200 PROGRESS');
    expect((await release(by, other, 'replayed')).headers['idempotency-replayed']).toBe('true');
    expect(await checked(by)).toBe('200 DONE');
  });

  const roomOf = (queueId: string): WaitingRoom => {
    const found = app.service.container.resolve(WaitingRoomRegistry).find(queueId);
    if (found === undefined) throw new Error(`no queue ${queueId}`);
    return found;
  };
  async function tokenOf(userId: number, queueId: string): Promise<string> {
    const answer = await request(app.url).post('/v1/api/queue/token').send({ userId, queueId });
    return (answer.body as { data: { queueToken: string } }).data.queueToken;
  }
});
