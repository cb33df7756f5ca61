import { randomBytes } from 'node:crypto';
import type { InvariantReport } from '../../src/modules/invariants/schema';
import { checkInvariants } from '../../src/modules/invariants/service';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { testConfig } from '../support/config';
import { resultOf, verdictsOf } from '../support/rows/day';
import { Scratch } from '../support/rows/scratch';

describe('the invariants of a queue', () => {
  const queueId = `verify-${randomBytes(6).toString('hex')}`;
  const { state, active, idle, rejoined } = queueKeys(queueId);
  const inAnHour = Date.now() + 3_600_000; // longer than the slowest machine takes
  let scratch: Scratch;
  let redis: Redis;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
  });
  beforeEach(async () => {
    await redis.hset(state, { issued: 10, headSeq: 5, gen: 1, limitAtAdmission: 3 });
    await redis.zadd(active, inAnHour, '3', inAnHour, '4', inAnHour, '5');
    await redis.zadd(rejoined, 2, '2');
  });
  afterEach(() => redis.del(state, active, idle, rejoined));
  afterAll(async () => {
    redis.disconnect();
    await scratch.drop();
  });

  const check = (): Promise<InvariantReport> =>
    checkInvariants({ database: scratch.app, redis, queueIds: [queueId] });

  it('are kept by a full queue; a session that is over does not count', async () => {
    await redis.zadd(active, Date.now() - 1, '1');
    expect(verdictsOf(await check())).toMatchObject({ I6: 'ok', I7: 'ok' });
  });

  it('show one user too many', async () => {
    await redis.zadd(active, inAnHour, '1');
    expect(resultOf(await check(), 'I6')).toMatchObject({
      verdict: 'violated',
      findings: [
        { what: 'queues with more active users than the limit', rows: [{ queueId, active: 4, limit: 3 }] },
      ],
    });
  });

  it('are judged by the places that there were, whatever this process would have given', async () => {
    await redis.zadd(active, inAnHour, '1');
    await redis.hset(state, 'limitAtAdmission', 4);
    expect(resultOf(await check(), 'I6').verdict).toBe('ok');
    await redis.zadd(active, inAnHour, '2');
    expect(resultOf(await check(), 'I6').findings).toMatchObject([{ rows: [{ active: 5, limit: 4 }] }]);
    await redis.hdel(state, 'limitAtAdmission'); // nobody knows how many there may be
    expect(resultOf(await check(), 'I6').verdict).toBe('ok');
  });

  it('show that more are served than were issued', async () => {
    await redis.hset(state, 'headSeq', 11);
    expect(resultOf(await check(), 'I7')).toMatchObject({
      verdict: 'violated',
      findings: [{ rows: [{ queueId, issued: 10, headSeq: 11 }] }],
    });
  });

  it.each([
    ['inside', active, inAnHour],
    ['among those who came back', rejoined, 6],
  ])('show one %s before its turn', async (_where, key, score) => {
    if (key === active) await redis.zrem(active, '5');
    await redis.zadd(key, score, '6');
    expect(resultOf(await check(), 'I7')).toMatchObject({
      verdict: 'violated',
      findings: [{ what: 'places taken before their turn', rows: [{ queueId, seq: 6, headSeq: 5 }] }],
    });
  });

  it('are found for every queue there is when none is named', async () => {
    await redis.zadd(rejoined, 9, '9');
    const report = await checkInvariants({ database: scratch.app, redis });
    const rows = resultOf(report, 'I7').findings.flatMap((finding) => finding.rows);
    expect(rows).toContainEqual({ queueId, seq: 9, headSeq: 5 });
  });

  it('are not said to be kept where Redis has no such queue: it may be another one', async () => {
    await redis.del(state, active, rejoined);
    expect(resultOf(await check(), 'I7')).toMatchObject({
      verdict: 'warning',
      findings: [{ what: expect.stringMatching(/REDIS_URL/) as string, rows: [{ queueId }] }],
    });
  });

  it('leave no trace', async () => {
    const keys = async (): Promise<string[]> => (await redis.keys(`*${queueId}*`)).sort();
    const before = await keys();
    await check();
    expect(await keys()).toEqual(before);
  });
});
