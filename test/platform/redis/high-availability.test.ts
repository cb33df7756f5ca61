import { Cluster } from 'ioredis';
import { connectRedis, Redis } from '../../../src/platform/redis/redis';
import { Buyer, outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { RedisCluster } from '../../support/servers/redis/cluster';
import { REDIS_PASSWORD, RedisSentinels } from '../../support/servers/redis/sentinels';
import { noRedisServer, type RedisServer } from '../../support/servers/redis/server';
import { startTestService } from '../../support/service';
import { until, wait } from '../../support/wait';

const described = noRedisServer === undefined ? describe : describe.skip;
const PAUSE_MS = 50;
/** As many in a row mean that the product goes on. */
const ENOUGH = 5;
/** The product's own default: a frozen master is found by the time that it does not answer. */
const REDIS_TIMEOUT_MS = 1000;
const LOST_AFTER_MS = 1000;
const PATIENT_MS = 60_000;

interface Engine {
  url: string;
  servers: RedisServer[];
  password: string;
  /** Who has the queue's keys, as those see it that answer. */
  master: () => number;
  /** How long a server may be silent before it counts as lost; so long that none is, when nothing is said. */
  losesAfter: (ms?: number) => void;
  /** Of a server that has started again; what a cluster does by itself. */
  follow?: (server: RedisServer) => void;
  end: () => Promise<void>;
}

async function withSentinels(): Promise<Engine> {
  const all = await new RedisSentinels().start();
  const { url, servers } = all;
  const losesAfter = (ms?: number): void => all.losesAfter(ms);
  const master = (): number => all.master();
  const follow = (server: RedisServer): void => all.follow(server);
  return { url, servers, password: REDIS_PASSWORD, master, losesAfter, follow, end: () => all.end() };
}

async function asCluster(queueId: string): Promise<Engine> {
  const all = await new RedisCluster(1).start();
  const master = (): number => all.masterOf(`queue:{${queueId}}:state`);
  const losesAfter = (ms?: number): void => all.losesAfter(ms);
  return { url: all.urls, servers: all.nodes, password: '', master, losesAfter, end: () => all.end() };
}

/** Lets commands take their time, as a machine that stands still for a while is no loss of Redis. */
function answersWithin(redis: Redis, ms: number): void {
  const one: unknown = redis;
  const nodes = one instanceof Cluster ? one.nodes() : [redis];
  for (const { options } of nodes) Object.assign(options, { commandTimeout: ms, socketTimeout: 2 * ms });
}

described.each<[string, (queueId: string) => Promise<Engine>]>([
  ['Redis with sentinels', withSentinels],
  ['a Redis Cluster with replicas', asCluster],
])('%s', (name, start) => {
  const queueId = uniqueQueueId();
  const admin = openAdminDatabase();
  let engine: Engine;
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeAll(async () => {
    engine = await start(queueId);
    const config = { REDIS_URL: engine.url, REDIS_TIMEOUT_MS, QUEUE_ID: queueId, QUEUE_MAX_ACTIVE: 1000 };
    service = await startTestService(config);
    answersWithin(service.container.resolve(Redis), PATIENT_MS);
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

  const currentMaster = (): RedisServer => {
    const port = engine.master();
    const server = engine.servers.find((it) => it.port === port);
    if (server === undefined) throw new Error(`no server on port ${port}`);
    return server;
  };

  /** The master is gone until the product goes on. @returns all outcomes meanwhile */
  async function issueUntilBack(master: RedisServer): Promise<Set<string>> {
    const outcomes: string[] = [];
    const fromMs = performance.now();
    let lastFailureMs = fromMs;
    await until('tokens are issued by the next master', async () => {
      const now = await issue();
      outcomes.push(now);
      if (now !== '200') lastFailureMs = performance.now();
      await wait(PAUSE_MS);
      const isBack = outcomes.length > ENOUGH && outcomes.slice(-ENOUGH).every((it) => it === '200');
      return isBack && engine.master() !== master.port;
    });
    const seconds = (lastFailureMs - fromMs) / 1000;
    process.stdout.write(`    ${name}: the last 503 came ${seconds.toFixed(1)} s after the loss\n`);
    return new Set(outcomes);
  }

  it.each<[string, (master: RedisServer) => void | Promise<void>]>([
    ['killed', (master) => master.kill()],
    ['frozen', (master) => master.freeze()],
  ])('answers only 503 after its master was %s, and goes on with the next one', async (_how, harm) => {
    expect(await issue()).toBe('200');
    const master = currentMaster();
    engine.losesAfter(LOST_AFTER_MS);
    answersWithin(service.container.resolve(Redis), REDIS_TIMEOUT_MS);
    await harm(master);
    const outcomes = await issueUntilBack(master);
    outcomes.delete('503 503'); // which none gets where the next one was quicker than a command's time limit
    expect([...outcomes]).toEqual(['200']);
    answersWithin(service.container.resolve(Redis), PATIENT_MS);
    master.thaw();
    engine.losesAfter();
    for (let i = 0; i < 20; i++) expect(await issue()).toBe('200'); // a master that comes back is left alone
    await master.kill();
    await master.start(engine.password);
    engine.losesAfter();
    engine.follow?.(master);
    await until('the old master follows the next one', async () => (await roleOf(master)) === 'slave');
    await until('it is in step, so that it can be the next one', async () => inStep(master));
  });

  async function replicationOf(server: RedisServer): Promise<string> {
    const access = engine.password === '' ? '//' : `//:${engine.password}@`;
    const redis: Redis = connectRedis(server.url.replace('//', access), REDIS_TIMEOUT_MS);
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await redis.info('replication');
    } catch {
      return '';
    } finally {
      redis.disconnect();
    }
  }
  const roleOf = async (server: RedisServer): Promise<string | undefined> =>
    /^role:(\w+)/m.exec(await replicationOf(server))?.[1];
  const inStep = async (server: RedisServer): Promise<boolean> =>
    (await replicationOf(server)).includes('master_link_status:up');
});
