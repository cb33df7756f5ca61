import { randomBytes } from 'node:crypto';
import type { InvariantReport } from '../../src/modules/invariants/schema';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { testConfig } from '../support/config';
import { aDay, type Day, resultOf } from '../support/rows/day';
import { Scratch } from '../support/rows/scratch';
import { runTool } from '../support/servers/tool';

describe('the verify command', () => {
  let scratch: Scratch;
  let day: Day;
  let redis: Redis;
  const queueId = `verify-${randomBytes(6).toString('hex')}`;
  const { state } = queueKeys(queueId);
  beforeAll(async () => {
    scratch = await Scratch.migrated();
    day = await aDay(scratch);
    await scratch.admin.execute(
      'INSERT INTO queue_state (queue_id, issued, serving, gen) VALUES (?, 0, 0, 1)',
      [queueId],
    );
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
    await redis.hset(state, { issued: 0, headSeq: 0, gen: 1 });
  });
  afterAll(async () => {
    await redis.del(state);
    redis.disconnect();
    await scratch.drop();
  });

  const verify = (env: Record<string, string> = {}, ...args: string[]) =>
    runTool('verify', ['--queue', queueId, ...args], {
      ...scratch.env,
      DATABASE_ADMIN_URL: '',
      KAFKA_BROKERS: '',
      ...env,
    });

  it('says the same whatever its shell has set', async () => {
    const env = {
      HOLD_SECONDS: '1',
      MAX_SEATS_PER_USER: '1',
      IDEMPOTENCY_HOURS: '24',
      HOLD_EXPIRY_INTERVAL_MS: '50',
      QUEUE_MAX_ACTIVE: '1',
      QUEUES: '',
      QUEUE_ID: 'another',
      QUEUE_SESSION_SECONDS: '1',
      EVENT_DLQ_MAX_ATTEMPTS: '1',
      EVENT_DLQ_RETRY_DELAY_MS: '100',
      EVENT_DEDUPLICATION_DAYS: '8',
      TZ: 'America/New_York',
      DISPLAY_TIME_ZONE: 'Pacific/Kiritimati',
    };
    const { code, stdout } = await verify(env);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\n9 ok; /)]);
  });

  it('prints a line for each invariant and ends with 0', async () => {
    const { code, stdout, stderr } = await verify();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^ok {7}I\d+ /gm)).toHaveLength(9);
    expect(stdout).toMatch(/\n9 ok; \d+\.\d s\n$/);
  });

  it('ends with 1 and names the rows when something is violated', async () => {
    const { userId } = day.shop;
    await scratch.admin.execute('UPDATE member SET balance = balance + 1 WHERE id = ?', [userId]);
    try {
      const { code, stdout } = await verify();
      expect(code).toBe(1);
      expect(stdout).toMatch(/^violated I2 /m);
      expect(stdout).toContain(`userId=${userId} balance=1000151 ledger=1000150\n`);
      const json = JSON.parse((await verify({}, '--json')).stdout) as InvariantReport;
      expect(json.ok).toBe(false);
      expect(resultOf(json, 'I2').findings[0]?.rows).toEqual([
        { userId, balance: '1000151', ledger: '1000150' },
      ]);
    } finally {
      await scratch.admin.execute('UPDATE member SET balance = balance - 1 WHERE id = ?', [userId]);
    }
  });

  it('ends with 2 when Redis cannot be reached, and still checks the database', async () => {
    const { code, stdout } = await verify({ REDIS_URL: 'redis://127.0.0.1:9' });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^unknown {2}I6 /m);
    expect(stdout).toMatch(/^ok {7}I2 /m);
  });

  it('ends with 2 when the database cannot be reached', async () => {
    const { code, stderr } = await verify({ DATABASE_URL: 'mariadb://x:y@127.0.0.1:9/x' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^MariaDB at 127\.0\.0\.1:9\/x cannot be used: /);
  });

  it('ends with 2 when it is called wrongly', async () => {
    expect(await verify({}, '--jsno')).toMatchObject({ code: 2 });
  });

  it.each(['nope', 'constructor', `${queueId}x`])(
    'ends with 2 for the queue %s, which nobody has',
    async (id) => {
      const { code, stdout, stderr } = await verify({}, '--queue', id);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^There is no queue "${id}": there are .*\\b${queueId}\\b`));
      expect(stderr.includes(`Did you mean "${queueId}"?`)).toBe(id === `${queueId}x`);
    },
  );
});
