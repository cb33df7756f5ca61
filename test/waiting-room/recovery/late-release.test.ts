import { SessionReconciler } from '../../../src/modules/waiting-room/recovery/session-reconciler';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { connectRedis } from '../../../src/platform/redis/redis';
import { at } from '../../support/at';
import { outcome } from '../../support/clients/buyer';
import { mainRoom } from '../../support/clients/crowd';
import { testConfig } from '../../support/config';
import { useService } from '../../support/suite';

const [HOLD_SECONDS, IDLE_SECONDS] = [3000, 300];

describe('a hold of which Redis has learned', () => {
  const app = useService({
    ROLE: 'api',
    QUEUE_IDLE_TIMEOUT_SECONDS: IDLE_SECONDS,
    HOLD_SECONDS,
    MAX_SEATS_PER_USER: 0,
  });
  const redis = connectRedis(testConfig().REDIS_URL, 60_000);
  beforeAll(() => redis.connect());
  afterAll(() => redis.disconnect());

  it('is reported again when its session would end before it, as after Redis’ clock was set forward', async () => {
    const buyer = await app.buyer();
    const { id, seats } = await app.given.scheduleWithSeats(1);
    await buyer.post('/v1/api/orders').send({ scheduleId: id, seatIds: [at(seats, 0).id] });
    const { snapshot } = mainRoom(app.service);
    const reconciler = app.service.container.resolve(SessionReconciler);
    await mainRoom(app.service).refresh();
    await reconciler.turn();
    const active = queueKeys(app.queueId).active;
    const [seq = ''] = await redis.zrange(active, '0', '-1');
    const seconds = HOLD_SECONDS / 2;
    await redis.zadd(active, snapshot.nowMs + seconds * 1000, seq);
    snapshot.enter([Number(seq)], snapshot.nowMs + seconds * 1000, 0);
    await reconciler.turn();
    expect(snapshot.leftMs(Number(seq)) / 1000).toBeGreaterThan(HOLD_SECONDS * 0.8);
    expect(Number(await redis.zscore(active, seq))).toBeGreaterThan(snapshot.nowMs + seconds * 1000);
  });

  it('is not forgotten for a release of which Redis learns late', async () => {
    const buyer = await app.buyer();
    const { id, seats } = await app.given.scheduleWithSeats(2);
    const hold = async (index: number): Promise<number> => {
      const held = await buyer.order({ scheduleId: id, seatIds: [at(seats, index).id] });
      return (held.body as { data: { orderId: number } }).data.orderId;
    };
    const first = await hold(0);
    const { entries } = mainRoom(app.service);
    const extend = entries.extendSession.bind(entries);
    const late = jest.spyOn(entries, 'extendSession').mockImplementationOnce(async (seq, ms) => {
      await hold(1); // as if this process had stood still behind the COMMIT of the release
      await extend(seq, ms);
    });
    expect(outcome(await buyer.release(first))).toBe('200');
    late.mockRestore();
    const [, idleAtMs] = await redis.zrange(queueKeys(app.queueId).idle, '0', '-1', 'WITHSCORES');
    const [seconds] = await redis.time();
    expect(Number(idleAtMs) / 1000 - Number(seconds)).toBeGreaterThan(HOLD_SECONDS / 2);
  });
});
