import { Redis } from 'ioredis';
import { Health, type HealthReport } from '../../../src/modules/operations/health';
import { connectRedis } from '../../../src/platform/redis/redis';
import { Buyer, outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { freePort } from '../../../scripts/lib/ports';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { noRedisServer, RedisServer } from '../../support/servers/redis/server';
import { startTestService } from '../../support/service';
import { TcpProxy } from '../../support/servers/tcp-proxy';
import { until, wait } from '../../support/wait';

const described = noRedisServer === undefined ? describe : describe.skip;

described('a failover of Redis that breaks no connection', () => {
  const servers: RedisServer[] = [];
  /** New connections reach its target; those of now stay where they are. */
  const target = { host: '127.0.0.1', port: 0 };
  const proxy = new TcpProxy(target);
  const admin = openAdminDatabase();
  let service: Awaited<ReturnType<typeof startTestService>>;

  const start = async (): Promise<RedisServer> => {
    const server = await new RedisServer(await freePort()).start();
    servers.push(server);
    return server;
  };
  async function ask<T>(server: RedisServer, work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(server.url);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }
  /** To a new user: nothing is written for one who asks again. */
  const issue = async (): Promise<string> => {
    const userId = await new Given(admin).user();
    return outcome(await new Buyer(service.url, userId).post('/v1/api/queue/token').send({ userId }));
  };
  /** A probe has a second: on a busy machine an answer may be late, and is right the next time. */
  const isReady = (status: 'up' | 'down'): Promise<true> =>
    until(`readiness says ${status}`, async () => {
      const health: HealthReport = await service.container.resolve(Health).report();
      return health.dependencies.redis?.status === status;
    });

  beforeAll(async () => {
    target.port = (await start()).port;
    await proxy.open();
    service = await startTestService({
      REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
      QUEUE_ID: uniqueQueueId(),
      QUEUE_MAX_ACTIVE: 100,
    });
  });
  afterAll(async () => {
    await service.stop();
    await proxy.cut();
    await Promise.all(servers.map((server) => server.end()));
    await admin.close();
  });

  it.each<[string, string[]]>([
    ['has become a replica', ['REPLICAOF', '127.0.0.1', '1']],
    ['has lost its replicas', ['CONFIG', 'SET', 'min-replicas-to-write', '1']],
  ])('finds the new master when the old one %s', async (_what, demotion) => {
    const [old] = servers.slice(-1);
    if (old === undefined) throw new Error('no server');
    expect(await issue()).toBe('200');
    await isReady('up');
    await ask(old, (redis) => redis.call(...(demotion as [string, ...string[]])));
    await until('tokens are refused', async () => (await issue()) === '503 503');
    await isReady('down');
    target.port = (await start()).port;
    await until('tokens are issued again', async () => (await issue()) === '200');
    await isReady('up');
  });

  it.each<[string, string[], string[]]>([
    ['it has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    [
      'the account lacks a right',
      ['ACL', 'SETUSER', 'default', '-@write'],
      ['ACL', 'SETUSER', 'default', '+@all'],
    ],
  ])('answers 503, and readiness says down, while %s', async (_what, breakIt, mendIt) => {
    const [now] = servers.slice(-1);
    if (now === undefined) throw new Error('no server');
    await ask(now, (redis) => redis.call(...(breakIt as [string, ...string[]])));
    try {
      expect(await issue()).toBe('503 503');
      await isReady('down');
    } finally {
      await ask(now, (redis) => redis.call(...(mendIt as [string, ...string[]])));
    }
    await until('tokens are issued again', async () => (await issue()) === '200');
    await isReady('up');
  });

  it('is left when it refuses the database, in place of which the client would go on in database 0', async () => {
    const server = await start();
    let givenUp = 0;
    const redis = connectRedis(`${server.url}/1`, 60_000, () => givenUp++);
    redis.on('error', () => undefined);
    await redis.connect();
    await redis.set('known', 1);
    await ask(server, (other) => other.call('ACL', 'SETUSER', 'default', '-select'));
    await ask(server, (other) => other.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
    await until('it is given up', () => givenUp > 0);
    await ask(server, (other) => other.call('ACL', 'SETUSER', 'default', '+select'));
    const isKnown = (): Promise<boolean> =>
      redis.get('known').then(
        (value) => value === '1',
        () => false,
      );
    await until('it finds its database again', isKnown);
    redis.disconnect();
  });

  it('does not hammer a server that stays read-only with new connections', async () => {
    const replica = await start();
    await ask(replica, (redis) => redis.call('REPLICAOF', '127.0.0.1', '1'));
    let givenUp = 0;
    const redis = connectRedis(replica.url, 60_000, () => {
      givenUp += 1;
    });
    redis.on('error', () => undefined);
    await redis.connect();
    const connections = (): Promise<number> =>
      ask(replica, async (other) =>
        Number(/total_connections_received:(\d+)/.exec(await other.info('stats'))?.[1]),
      );
    const before = await connections();
    const startMs = performance.now();
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      await redis.set('x', 1).catch(() => {
        refused += 1;
      });
      await wait(1);
    }
    const pauses = (performance.now() - startMs) / 250;
    const made = (await connections()) - before - 1;
    redis.disconnect();
    expect(refused).toBe(300);
    expect(givenUp).toBeGreaterThanOrEqual(1);
    expect(made).toBeLessThanOrEqual(givenUp);
    expect(givenUp).toBeLessThanOrEqual(2 + pauses); // at once, and then no sooner than after 250 ms
  });
});
