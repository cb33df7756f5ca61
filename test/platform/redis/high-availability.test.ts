import type { Redis } from 'ioredis';
import { connectRedis } from '../../../src/platform/redis/redis';
import { Buyer, outcome } from '../../support/buyer';
import { uniqueQueueId } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/given';
import { RedisSentinels } from '../../support/redis-sentinels';
import { noRedisServer, type RedisServer } from '../../support/redis-server';
import { startTestService } from '../../support/service';
import { until, wait } from '../../support/wait';

const described = noRedisServer === undefined ? describe : describe.skip;
const PAUSE_MS = 50;

interface Engine {
  url: string;
  servers: RedisServer[];
  /** As the sentinels see it. */
  master: () => RedisServer;
  end: () => Promise<void>;
}

async function sentinels(): Promise<Engine> {
  const all = await new RedisSentinels().start();
  return {
    ...{ url: all.url, servers: all.servers, end: () => all.end() },
    master: () => serverAt(all.servers, all.master()),
  };
}

function serverAt(servers: RedisServer[], port: number | undefined): RedisServer {
  const server = servers.find((it) => it.port === port);
  if (server === undefined) throw new Error(`no server on port ${String(port)}`);
  return server;
}

described('Redis with sentinels', () => {
  const queueId = uniqueQueueId();
  const admin = openAdminDatabase();
  let engine: Engine;
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeAll(async () => {
    engine = await sentinels();
    service = await startTestService({ REDIS_URL: engine.url, QUEUE_ID: queueId, QUEUE_MAX_ACTIVE: 1000 });
  });
  afterAll(async () => {
    await service.stop();
    await engine.end();
    await admin.close();
  });

  /** To a new user: nothing is written for one who asks again. */
  const issue = async (): Promise<string> => {
    const userId = await new Given(admin).user();
    return outcome(await new Buyer(service.url, userId).post('/v1/api/queue/token').send({ userId }));
  };

  it.each<[string, (master: RedisServer) => Promise<void>]>([
    ['is killed', (master) => master.kill()],
    [
      'is frozen, and comes back as a stranger',
      async (master) => {
        master.freeze();
        await wait(8000);
        master.thaw();
      },
    ],
  ])('answers only 503 while its master %s, and goes on with the next one', async (_what, harm) => {
    expect(await issue()).toBe('200');
    const master = engine.master();
    const outcomes: [seconds: number, outcome: string][] = [];
    const from = performance.now();
    const harmed = harm(master);
    await until('tokens are refused, then issued again', async () => {
      outcomes.push([(performance.now() - from) / 1000, await issue()]);
      await wait(PAUSE_MS);
      const failed = outcomes.some(([, it]) => it === '503 503');
      return (
        failed && engine.master().port !== master.port && outcomes.slice(-5).every(([, it]) => it === '200')
      );
    });
    await harmed;
    const back = outcomes.findLast(([, it]) => it !== '200')?.[0] ?? 0;
    process.stdout.write(`    Redis with sentinels: the last 503 came ${back.toFixed(1)} s after the loss\n`);
    expect([...new Set(outcomes.map(([, it]) => it))].sort()).toEqual(['200', '503 503']);
    for (let i = 0; i < 20; i++) expect(await issue()).toBe('200'); // the old master may be back: it is left alone
    if (!engine.servers.includes(master)) throw new Error('not a server of this engine');
    await master.kill();
    await master.start(engine.url.includes('of-a-test') ? 'of-a-test' : '');
    await until('the old master follows the next one', async () => (await roleOf(master)) === 'slave');
  });

  async function roleOf(server: RedisServer): Promise<string> {
    const access = engine.url.includes('of-a-test') ? '//:of-a-test@' : '//';
    const redis: Redis = connectRedis(server.url.replace('//', access), 1000);
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return /^role:(\w+)/m.exec(await redis.info('replication'))?.[1] ?? '';
    } catch {
      return '';
    } finally {
      redis.disconnect();
    }
  }
});
