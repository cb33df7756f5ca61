import { RedisUnavailable } from '../../../src/platform/redis/redis';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import type { RunningService } from '../../../src/service';
import { connectRedis, type Redis } from '../../../src/platform/redis/redis';
import { at } from '../../support/at';
import { Buyer, outcome, tally } from '../../support/clients/buyer';
import { testConfig, uniqueQueueId } from '../../support/config';
import { checked, mainRoom } from '../../support/clients/crowd';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { startTestService } from '../../support/service';
import { until } from '../../support/wait';

type Service = RunningService & { url: string; queueId: string };

const away = (): Error => new RedisUnavailable(new Error('away'));

/** What a process that dies right after COMMIT does not do any more, nor one that cannot reach Redis. */
function skip(room: WaitingRoom, step: 'endSession' | 'extendSession'): jest.SpyInstance {
  return jest.spyOn(room.entries, step).mockRejectedValueOnce(away());
}

describe('what must follow a COMMIT', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  let redis: Redis;
  /** Without the worker's loops, unless a test starts one. */
  let api: Service;
  let room: WaitingRoom;

  beforeAll(async () => {
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
    api = await startTestService({
      ROLE: 'api',
      QUEUE_ID: uniqueQueueId(),
      QUEUE_MAX_ACTIVE: 100,
      QUEUE_IDLE_TIMEOUT_SECONDS: 60,
      HOLD_SECONDS: 300,
      MAX_SEATS_PER_USER: 0,
    });
    room = mainRoom(api);
  });

  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await api.stop();
    redis.disconnect();
    await admin.close();
  });

  const startWorker = (): Promise<Service> => startTestService({ ROLE: 'worker', QUEUE_ID: api.queueId });

  /** With as much as two seats cost. */
  const buyer = async (balance = 200): Promise<Buyer> =>
    new Buyer(api.url, await given.user(balance)).enter();

  const holds = async (by: Buyer, count: number): Promise<number[]> => {
    const { id, seats } = await given.scheduleWithSeats(count);
    const made = [];
    for (const seat of seats) made.push(await by.hold(id, seat.id));
    return made;
  };

  /** A hold that another session of the user has made, so that it keeps this one from nothing. */
  const holdOfAnotherSession = async (userId: number): Promise<number> => {
    const [id] = (await holds(await buyer(), 1)) as [number];
    await admin.execute(
      'UPDATE reservation r JOIN orders o ON o.id = r.order_id SET r.user_id = ?, o.user_id = ? WHERE r.id = ?',
      [userId, userId, id],
    );
    return id;
  };

  const seqOf = (token: string): number => {
    const [, payload = ''] = token.split('.');
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { seq: number }).seq;
  };

  const isActive = async (seq: number): Promise<boolean> =>
    (await redis.zscore(queueKeys(api.queueId).active, String(seq))) !== null;

  const idleUntil = async (seq: number): Promise<number> =>
    Number(await redis.zscore(queueKeys(api.queueId).idle, String(seq)));

  describe('a payment whose session was not ended', () => {
    async function paid(
      key: string,
      balance?: number,
    ): Promise<{ by: Buyer; reservationId: number; other: number }> {
      const by = await buyer(balance);
      const [reservationId] = (await holds(by, 1)) as [number];
      skip(room, 'endSession');
      expect(outcome(await by.pay(reservationId, key))).toBe('200');
      expect(await isActive(seqOf(by.token))).toBe(true);
      return { by, reservationId, other: await holdOfAnotherSession(by.userId) };
    }

    it('a replayed Idempotency-Key ends the session', async () => {
      const { by, reservationId } = await paid('replayed');
      const again = await by.pay(reservationId, 'replayed');
      expect([outcome(again), again.headers['idempotency-replayed']]).toEqual(['200', 'true']);
      expect(await isActive(seqOf(by.token))).toBe(false);
      expect(await checked(by)).toBe('200 DONE');
    });

    it('a replay ends the session that paid, not the one that replays', async () => {
      const { by, reservationId } = await paid('by-another');
      const first = seqOf(by.token);
      const live = jest.spyOn(room.entries, 'issue');
      await by.enter();
      expect(live).toHaveBeenCalledTimes(2);
      expect(seqOf(by.token)).not.toBe(first);
      expect(outcome(await by.pay(reservationId, 'by-another'))).toBe('200');
      expect(await isActive(first)).toBe(false);
      expect(await checked(by)).toBe('200 PROGRESS');
    });

    it('the worker ends the session without any further request', async () => {
      const { by } = await paid('never-again');
      const worker = await startWorker();
      try {
        await until('the session is over', async () => !(await isActive(seqOf(by.token))));
      } finally {
        await worker.stop();
      }
      await until('the copy knows', async () => (await checked(by)) === '200 DONE');
    });

    it('the session can neither hold nor pay again', async () => {
      const { by, other } = await paid('once');
      const { id, seats } = await given.scheduleWithSeats(1);
      expect(outcome(await by.reserve(id, at(seats, 0).id))).toBe('403 003');
      expect(outcome(await by.pay(other))).toBe('403 003');
    });

    it('a payment gets 003 even when the balance is too small: a top-up would not help', async () => {
      const { by, other } = await paid('poor', 100);
      expect(outcome(await by.pay(other))).toBe('403 003');
    });

    it('the user gets a new token, not the one whose session is about to end', async () => {
      const { by } = await paid('asks-at-once');
      const before = by.token;
      await by.enter();
      expect(by.token).not.toBe(before);
      expect(await isActive(seqOf(before))).toBe(false);
      expect(await checked(by)).toBe('200 PROGRESS');
    });

    it('a later session of the user can pay with a key with which the ended one was refused', async () => {
      const { by, other } = await paid('first');
      expect(outcome(await by.pay(other, 'second'))).toBe('403 003');
      await by.enter();
      expect(outcome(await by.pay(other, 'second'))).toBe('200');
    });
  });

  it('a session that pays for all of its holds at once pays for each, and ends with the last', async () => {
    const by = await buyer(1000);
    const mine = await holds(by, 4);
    const answers = await Promise.all(mine.map((reservationId) => by.pay(reservationId)));
    expect(tally(answers)).toEqual({ '200': 4 });
    expect(await isActive(seqOf(by.token))).toBe(false);
    const sold = await admin.query("SELECT id FROM reservation WHERE user_id = ? AND status = 'RESERVED'", [
      by.userId,
    ]);
    expect(sold).toHaveLength(4);
  });

  it('every write of a token that has paid elsewhere is refused while Redis is away', async () => {
    const by = await buyer();
    const [reservationId = 0] = await holds(by, 1);
    const elsewhere = await startTestService({ ROLE: 'api', QUEUE_ID: api.queueId, QUEUE_MAX_ACTIVE: 100 });
    try {
      await mainRoom(elsewhere).refresh();
      skip(room, 'endSession');
      expect(outcome(await by.pay(reservationId))).toBe('200');
      const other = await holdOfAnotherSession(by.userId);
      jest.spyOn(mainRoom(elsewhere).entries, 'resolve').mockRejectedValue(away());
      const there = by.elsewhere(elsewhere.url);
      const { id, seats } = await given.scheduleWithSeats(1);
      expect(outcome(await there.reserve(id, at(seats, 0).id))).toBe('403 003');
      expect(outcome(await there.pay(other))).toBe('403 003');
      expect(outcome(await there.charge(10))).toBe('403 003');
    } finally {
      await elsewhere.stop();
    }
  });

  describe('a hold whose session was not prolonged', () => {
    async function held(key: string): Promise<{ by: Buyer; again: () => Promise<unknown>; seq: number }> {
      const by = await buyer();
      const { id, seats } = await given.scheduleWithSeats(1);
      skip(room, 'extendSession');
      const again = async (): Promise<unknown> => outcome(await by.reserve(id, at(seats, 0).id, key));
      expect(await again()).toBe('200');
      const seq = seqOf(by.token);
      expect((await idleUntil(seq)) - Date.now()).toBeLessThan(100_000); // QUEUE_IDLE_TIMEOUT_SECONDS, not the hold
      return { by, again, seq };
    }

    it('a replayed Idempotency-Key prolongs the session', async () => {
      const { again, seq } = await held('replayed');
      expect(await again()).toBe('200');
      expect((await idleUntil(seq)) - Date.now()).toBeGreaterThan(200_000);
    });

    it('the worker prolongs the session', async () => {
      const { seq } = await held('never-again');
      const worker = await startWorker();
      try {
        await until('it is prolonged', async () => (await idleUntil(seq)) - Date.now() > 200_000);
      } finally {
        await worker.stop();
      }
    });
  });

  it('a token of an earlier history is not known, though the secret is the same', async () => {
    const queueId = uniqueQueueId();
    const first = await startTestService({ QUEUE_ID: queueId, QUEUE_MAX_ACTIVE: 1 });
    const olds = await Promise.all(
      [1, 2, 3].map(async () => new Buyer(first.url, await given.user()).enter()),
    );
    await first.stop();
    await redis.del(await redis.keys(`${queueKeys(queueId).prefix}*`));
    await admin.execute('DELETE FROM queue_state WHERE queue_id = ?', [queueId]);
    const second = await startTestService({ QUEUE_ID: queueId, QUEUE_MAX_ACTIVE: 1 });
    try {
      const there = olds.map((old) => old.elsewhere(second.url));
      expect(outcome(await at(there, 2).check())).toBe('403 001'); // before any token of the new life
      const fresh = await Promise.all(
        [1, 2, 3].map(async () => new Buyer(second.url, await given.user()).enter()),
      );
      for (const old of there) expect(outcome(await old.check())).toBe('403 001');
      for (const old of there) expect(outcome(await old.charge(10))).toBe('403 001');
      const old = at(there, 0); // the user of that number may be somebody else now
      expect(outcome(await old.get('/v1/api/orders'))).toBe('403 001');
      expect(outcome(await old.get('/v1/api/orders/1'))).toBe('403 001');
      expect(outcome(await old.post('/v1/api/orders/1/cancellation'))).toBe('403 001');
      expect(outcome(await at(fresh, 0).get('/v1/api/orders'))).toBe('200');
      expect(await Promise.all(fresh.map(checked))).toContain('200 PROGRESS');
    } finally {
      await second.stop();
    }
  });
});
