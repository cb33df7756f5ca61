import { randomBytes } from 'node:crypto';
import type { Database, SqlExecutor } from '../../../src/platform/database/database';
import { createClient, KafkaLag } from '../../../src/platform/kafka';
import { createLogger } from '../../../src/platform/observability/logger';
import { Metrics } from '../../../src/platform/observability/metrics';
import { connectRedis, mastersOf, type Redis } from '../../../src/platform/redis/redis';
import { RedisEvictionLog } from '../../../src/platform/redis/eviction-log';
import { StoreMetrics } from '../../../src/platform/observability/store-metrics';
import { kafkaBrokers } from '../../support/clients/kafka';
import { testConfig } from '../../support/config';
import { openDatabase } from '../../support/rows/given';
import { ServiceProcess } from '../../support/servers/process';
import { RedisCluster } from '../../support/servers/redis/cluster';
import { freePort } from '../../../scripts/lib/ports';
import { noRedisServer, RedisServer } from '../../support/servers/redis/server';
import { until } from '../../support/wait';

const EVERY_MS = 50;
const MARIADB = [
  'concert_mariadb_threads_connected',
  'concert_mariadb_threads_running',
  'concert_mariadb_max_connections',
  'concert_mariadb_queries_total',
  'concert_mariadb_row_lock_waits_total',
  'concert_mariadb_row_lock_time_seconds_total',
  'concert_mariadb_buffer_pool_reads_total',
  'concert_mariadb_buffer_pool_read_requests_total',
  'concert_mariadb_received_bytes_total',
  'concert_mariadb_sent_bytes_total',
];
const REDIS = [
  'concert_redis_used_memory_bytes',
  'concert_redis_connected_clients',
  'concert_redis_commands_total',
  'concert_redis_cpu_seconds_total',
  'concert_redis_keys',
  'concert_redis_unsafe_eviction_policies',
  'concert_redis_evicted_keys_total',
];

/** By series; what is not exported is not there. */
const parse = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' ') + 1)),
      ]),
  );

describe('the metrics of the stores', () => {
  const config = testConfig();
  const logger = createLogger('silent', 'worker');
  const ends: (() => unknown)[] = [];
  const open = (url = config.DATABASE_URL): Database => {
    const database = openDatabase(2, url);
    ends.push(() => database.close());
    return database;
  };
  const connect = async (url = config.REDIS_URL): Promise<Redis> => {
    const redis = connectRedis(url, 60_000);
    redis.on('error', () => undefined);
    ends.push(() => redis.disconnect());
    await redis.connect();
    return redis;
  };
  const scrapeOf = (
    database: SqlExecutor,
    redis: Redis,
    lag?: KafkaLag,
  ): (() => Promise<Map<string, number>>) => {
    const metrics = new Metrics();
    const stores = new StoreMetrics(
      database,
      redis,
      new RedisEvictionLog(redis, logger),
      lag,
      metrics,
      logger,
      EVERY_MS,
    );
    stores.start();
    ends.push(() => stores.stop());
    return async () => parse(await metrics.registry.metrics());
  };
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('are what MariaDB and Redis say, asked with the least rights', async () => {
    const database = open();
    const redis = await connect();
    const scrape = scrapeOf(database, redis);
    const all = await until('all are there', async () => {
      const found = await scrape();
      return [...MARIADB, ...REDIS].every((name) => Number.isFinite(found.get(name))) && found;
    });
    const [limit] = await database.query<{ most: number }>('SELECT @@max_connections AS most');
    expect(all.get('concert_mariadb_max_connections')).toBe(limit?.most);
    expect(all.get('concert_mariadb_threads_connected')).toBeGreaterThanOrEqual(1);
    expect(all.get('concert_redis_used_memory_bytes')).toBeGreaterThan(100_000);

    const queries = all.get('concert_mariadb_queries_total') ?? NaN;
    const commands = all.get('concert_redis_commands_total') ?? NaN;
    for (let i = 0; i < 100; i++) await Promise.all([database.query('SELECT 1'), redis.ping()]);
    await until('they go on', async () => {
      const found = await scrape();
      return (
        (found.get('concert_mariadb_queries_total') ?? 0) >= queries + 100 &&
        (found.get('concert_redis_commands_total') ?? 0) >= commands + 100
      );
    });
  });

  it('have types that distinguish counters from gauges', async () => {
    const metrics = new Metrics();
    const redis = await connect();
    new StoreMetrics(open(), redis, new RedisEvictionLog(redis, logger), undefined, metrics, logger);
    const text = await metrics.registry.metrics();
    expect(text).toContain('# TYPE concert_mariadb_queries_total counter');
    expect(text).toContain('# TYPE concert_redis_keys gauge');
    expect(text).toContain('# TYPE concert_redis_evicted_keys_total counter');
    expect(text).not.toContain('concert_kafka_consumer_lag'); // nobody to ask
  });

  it('of a database that is away vanish, and come back with it', async () => {
    const database = open();
    let away = false;
    const nowhere = open('mariadb://x:y@127.0.0.1:1/z');
    const sometimes: SqlExecutor = {
      query: (sql, binds) => (away ? nowhere : database).query(sql, binds),
      execute: (sql, binds) => database.execute(sql, binds),
    };
    const scrape = scrapeOf(sometimes, await connect());
    const there = async (): Promise<boolean> => (await scrape()).has('concert_mariadb_queries_total');
    await until('it is there', there);
    away = true;
    await until('it is gone', async () => !(await there()));
    await until('others stay', async () => (await scrape()).has('concert_redis_keys'));
    away = false;
    await until('it is back', there);
  });

  (noRedisServer === undefined ? describe : describe.skip)('of a separate Redis', () => {
    it('vanish when it dies, and come back with it', async () => {
      const server = await new RedisServer(await freePort()).start();
      ends.push(() => server.end());
      const redis = await connect(server.url);
      await redis.mset('a', 1, 'b', 2);
      const scrape = scrapeOf(open(), redis);
      await until('its keys are counted', async () => (await scrape()).get('concert_redis_keys') === 2);
      await server.kill();
      await until('they are gone', async () => {
        const left = await scrape();
        return !REDIS.some((name) => left.has(name));
      });
      await until('others stay', async () => (await scrape()).has('concert_mariadb_queries_total'));
      await server.start();
      await until('back', async () => (await scrape()).get('concert_redis_keys') === 0);
    });

    it('show a policy under which Redis may forget keys, and the keys that it has forgotten', async () => {
      const server = await new RedisServer(await freePort()).start();
      ends.push(() => server.end());
      const redis = await connect(server.url);
      const scrape = scrapeOf(open(), redis);
      const unsafe = async (): Promise<number | undefined> =>
        (await scrape()).get('concert_redis_unsafe_eviction_policies');
      const evicted = async (): Promise<number> =>
        (await scrape()).get('concert_redis_evicted_keys_total') ?? NaN;
      await until('the policy is safe', async () => (await unsafe()) === 0 && (await evicted()) === 0);
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await until('it is not', async () => (await unsafe()) === 1);
      await redis.set('lost', 'x'.repeat(100_000));
      await redis.config('SET', 'maxmemory', '1');
      await redis.set('another', 'y').catch(() => undefined); // takes the place of the first, or is refused
      await until('a key is lost', async () => (await evicted()) >= 1);
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      await until('the policy is safe again', async () => (await unsafe()) === 0);
    });

    it('are summed over the masters of a cluster', async () => {
      const cluster = new RedisCluster();
      ends.push(() => cluster.end());
      await cluster.start();
      const redis = await connect(cluster.urls);
      await Promise.all(Array.from({ length: 50 }, (_, i) => redis.set(`key-${i}`, i)));
      const scrape = scrapeOf(open(), redis);
      await until('all keys are counted', async () => (await scrape()).get('concert_redis_keys') === 50);
      const [, second] = mastersOf(redis);
      await second?.config('SET', 'maxmemory-policy', 'volatile-ttl');
      await until(
        'one unsafe master is counted',
        async () => (await scrape()).get('concert_redis_unsafe_eviction_policies') === 1,
      );
    });
  });

  it('tell how far consumers of Kafka are behind, and vanish when it is not there', async () => {
    const brokers = kafkaBrokers();
    const topic = `lag-${randomBytes(6).toString('hex')}`;
    const groupId = `${topic}-group`;
    const kafka = createClient({ config: testConfig({ KAFKA_BROKERS: brokers }) }, logger);
    const admin = kafka.admin();
    const producer = kafka.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    ends.push(() => Promise.all([admin.disconnect(), producer.disconnect()]));
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
    ends.push(() => admin.deleteTopics({ topics: [topic] }));
    const send = (partition: number, count: number): Promise<unknown> =>
      producer.send({ topic, messages: Array.from({ length: count }, () => ({ partition, value: 'x' })) });
    await send(0, 3);
    await send(1, 4);

    const groups = [{ groupId, topics: [topic] }];
    const scrape = scrapeOf(open(), await connect(), new KafkaLag(kafka, groups));
    const lag = async (): Promise<number | undefined> =>
      (await scrape()).get(`concert_kafka_consumer_lag{topic="${topic}"}`);
    await until('nothing is done', async () => (await lag()) === 7);
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '2' }] });
    await until('two are done', async () => (await lag()) === 5);
    await send(1, 1);
    await until('one more came', async () => (await lag()) === 6);

    const nowhere = createClient({ config: testConfig({ KAFKA_BROKERS: '127.0.0.1:1' }) }, logger);
    const without = scrapeOf(open(), await connect(), new KafkaLag(nowhere, groups));
    await until('the others are there', async () => (await without()).has('concert_redis_keys'));
    expect([...(await without()).keys()].filter((name) => name.includes('kafka'))).toEqual([]);
  });

  it('are not added up over the processes of a worker', async () => {
    const service = await new ServiceProcess({ WORKERS: 2, ROLE: 'worker' }).start();
    try {
      const [limit] = await open().query<{ most: number }>('SELECT @@max_connections AS most');
      await until('both have asked', async () => {
        const found = parse(await (await fetch(`${service.url}/metrics`)).text());
        return (
          found.get('concert_mariadb_max_connections') === limit?.most && found.has('concert_redis_keys')
        );
      });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const found = parse(await (await fetch(`${service.url}/metrics`)).text());
      expect(found.get('concert_mariadb_max_connections')).toBe(limit?.most);
    } finally {
      await service.stop();
    }
  });
});
