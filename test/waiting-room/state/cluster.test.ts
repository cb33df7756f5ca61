import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import { loadConfig } from '../../../src/config/config';
import { connectRedis, mastersOf, type Redis } from '../../../src/platform/redis/redis';
import { InvariantStore } from '../../../src/modules/invariants/store';
import { checkRedis } from '../../../src/startup/server-checks';
import { at } from '../../support/at';
import { outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { checked, Crowd, mainRoom } from '../../support/clients/crowd';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { noRedisServer } from '../../support/servers/redis/server';
import { RedisCluster } from '../../support/servers/redis/cluster';
import { Rooms } from '../../support/rows/rooms';
import { startTestService } from '../../support/service';
import { until } from '../../support/wait';

const RULES: QueueRules = {
  sessionMs: 600_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 300_000,
  presenceTimeoutMs: 300_000,
  admissionIntervalMs: 0,
};
const QUEUES = 30;

const described = noRedisServer === undefined ? describe : describe.skip;

described(`a Redis Cluster${noRedisServer === undefined ? '' : ` (${noRedisServer})`}`, () => {
  const cluster = new RedisCluster();
  const admin = openAdminDatabase();
  const given = new Given(admin);
  let redis: Redis;

  beforeAll(async () => {
    await cluster.start();
    redis = connectRedis(cluster.urls, 60_000);
    redis.on('error', () => undefined);
    await redis.connect();
  });
  afterAll(async () => {
    redis.disconnect();
    await cluster.end();
    await admin.close();
  });

  it('a start that names one node of it alone is refused', async () => {
    const [url = ''] = cluster.urls.split(',');
    const one = connectRedis(url, 60_000);
    await one.connect();
    try {
      await expect(checkRedis(one, url)).rejects.toThrow(/^REDIS_URL names one node of a Redis Cluster/);
    } finally {
      one.disconnect();
    }
    await expect(checkRedis(redis, cluster.urls)).resolves.toBeUndefined();
  });

  it('each queue lies on one node, queues spread over all nodes, and every script works', async () => {
    const queues = Array.from({ length: QUEUES }, () => new Rooms(redis, RULES, 1));
    await Promise.all(
      queues.map(async (rooms) => {
        const [one, other] = [rooms.open(), rooms.open()];
        const [active, next, last] = [
          await one.entries.issue(1),
          await one.entries.issue(2),
          await other.entries.issue(3),
        ];
        await one.refresh();
        await other.refresh();
        expect(other.poll(last)).toEqual({ status: 'WAITING', position: 2 });
        await other.flushPresence();
        await one.entries.extendSession(active.seq, 60_000);
        await one.tick();
        await one.entries.endSession(active.seq);
        expect(await other.entries.resolve(next)).toMatchObject({ status: 'PROGRESS' });
        await other.refresh();
        expect(other.poll(next)).toEqual({ status: 'PROGRESS' });
        expect(other.poll(last)).toEqual({ status: 'WAITING', position: 1 });
      }),
    );
    const sizes = await Promise.all(mastersOf(redis).map((node) => node.dbsize()));
    expect(sizes).toHaveLength(3);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    const known = await new InvariantStore(redis).queueIds();
    expect(known).toEqual(expect.arrayContaining(queues.map(({ queueId }) => queueId)));
  });

  it('a queue is restored whose node has lost it', async () => {
    const rooms = new Rooms(redis, RULES, 1);
    const room = rooms.open();
    await room.entries.issue(1);
    const waiting = await room.entries.issue(2);
    await room.refresh();
    await Promise.all(mastersOf(redis).map((node) => node.flushall()));
    expect((await room.entries.issue(3)).seq).toBeGreaterThan(100_000);
    await room.refresh();
    expect(room.poll(waiting)).toEqual({ status: 'WAITING', position: 1 });
  });

  it('the product answers 503 without the queue’s node, and goes on when the node is back', async () => {
    const service = await startTestService({
      REDIS_URL: cluster.urls,
      QUEUE_ID: uniqueQueueId(),
      QUEUE_MAX_ACTIVE: 2,
      QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
      QUEUE_IDLE_TIMEOUT_SECONDS: 600,
      REDIS_TIMEOUT_MS: 4000,
      TOKEN_RATE_PER_MINUTE: 1000,
    });
    try {
      const crowd = new Crowd([service]);
      await crowd.come(50);
      await until('the snapshot has them', () => crowd.poll() === 48);
      const [active, waiting] = [crowd.user(0), crowd.user(40)];
      expect([await checked(active), await checked(waiting)]).toEqual(['200 PROGRESS', '200 WAITING']);

      const { queueId } = mainRoom(service);
      const slot = await redis.cluster('KEYSLOT', `queue:{${queueId}}:state`);
      const home = at(
        cluster.nodes,
        cluster.nodes.findIndex(({ port }) => ownerOf(redis, slot).endsWith(`:${port}`)),
      );
      home.freeze();
      const userId = await given.user();
      active.token = '';
      const issue = async (): Promise<string> =>
        outcome(await active.post('/v1/api/queue/token').send({ userId }));
      expect(await issue()).toBe('503 503');
      expect(await checked(waiting)).toBe('200 WAITING');
      home.thaw();
      await until('works again', async () => (await issue()) === '200');
    } finally {
      await service.stop();
    }
  });

  it('several URLs make a cluster connection', () => {
    expect(loadConfig({ REDIS_URL: 'redis://a:1,redis://b:2' }).REDIS_URL).toBe('redis://a:1,redis://b:2');
    expect(() => loadConfig({ REDIS_URL: 'redis://a:1,b:2' })).toThrow('REDIS_URL');
  });
});

/** host:port of the node that has the slot. */
function ownerOf(redis: Redis, slot: number): string {
  const { slots } = redis as unknown as { slots: string[][] };
  return at(at(slots, slot), 0);
}
