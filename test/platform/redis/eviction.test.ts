import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { testConfig } from '../../support/config';
import { freePort } from '../../../scripts/lib/ports';
import { noRedisServer, RedisServer } from '../../support/servers/redis/server';
import { createContainer } from '../../../src/container';
import { Health } from '../../../src/modules/operations/health';
import { Breakers } from '../../../src/modules/operations/breakers';
import { Database } from '../../../src/platform/database/database';
import { LOGGER, type Logger } from '../../../src/platform/observability/logger';
import { connectRedis, Redis } from '../../../src/platform/redis/redis';
import { type Eviction, isUnsafe, readEvictions } from '../../../src/platform/redis/eviction';
import { RedisEvictionLog } from '../../../src/platform/redis/eviction-log';

interface Line {
  level: number;
  msg: string;
  master?: string;
  policy?: string;
}

const ERROR = 50;
const MAY_FORGET = 'maxmemory-policy is not noeviction: redis may evict sessions and queue entries';

const logTo = (lines: Line[]): Logger =>
  pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Line) });

const said = (o: Partial<Eviction>): Eviction => ({
  master: 'r:1',
  policy: 'noeviction',
  maxMemoryBytes: 0,
  evictedKeys: 0,
  ...o,
});

describe('the eviction policy of Redis', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
  });
  afterAll(() => redis.disconnect());

  it.each([
    ['noeviction', false],
    ['allkeys-lru', true],
    ['allkeys-lfu', true],
    ['allkeys-random', true],
    ['volatile-lru', true],
    ['volatile-ttl', true],
    [undefined, false], // the server does not tell; a warning is logged
  ])('%s is unsafe: %s', (policy, expected) => {
    expect(isUnsafe({ policy })).toBe(expected);
  });

  it('is logged as an error once, with and without a memory limit, and once more when it is mended', () => {
    const lines: Line[] = [];
    const log = new RedisEvictionLog(redis, logTo(lines));
    const judge = (...evictions: Eviction[]): unknown[] => {
      lines.length = 0;
      log.judge(evictions);
      return lines.map(({ level, msg, master }) => [level, msg, master]);
    };
    expect(judge(said({}))).toEqual([]);
    expect(judge(said({ policy: 'allkeys-lru' }), said({ master: 'r:2' }))).toEqual([
      [ERROR, MAY_FORGET, 'r:1'],
    ]);
    expect(judge(said({ policy: 'allkeys-lru', maxMemoryBytes: 1000 }), said({ master: 'r:2' }))).toEqual([]);
    expect(judge(said({ policy: 'volatile-ttl' }))).toEqual([[ERROR, MAY_FORGET, 'r:1']]);
    expect(judge(said({}))).toEqual([[30, 'maxmemory-policy is noeviction', 'r:1']]);
    expect(judge(said({ master: 'r:2', policy: 'allkeys-lru' }))).toEqual([[ERROR, MAY_FORGET, 'r:2']]);
    expect(judge(said({ policy: undefined }))).toEqual([
      [40, 'redis does not tell its maxmemory-policy: it must be noeviction', 'r:1'],
    ]);
  });

  it('is followed by an error for each time that keys were evicted', () => {
    const lines: Line[] = [];
    const log = new RedisEvictionLog(redis, logTo(lines));
    for (const evictedKeys of [0, 3, 3, 5, 0, 1]) log.judge([said({ evictedKeys })]);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual(
      [3, 5, 1].map(() => [ERROR, 'redis has evicted keys']),
    );
  });

  it('is read without the right to CONFIG', async () => {
    const user = `limited-${randomUUID()}`;
    await redis.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all', '-config');
    const url = new URL(testConfig().REDIS_URL);
    url.username = user;
    url.password = 'secret';
    const limited = connectRedis(url.href, 60_000);
    try {
      await limited.connect();
      await expect(limited.config('GET', 'maxmemory-policy')).rejects.toThrow(/NOPERM/);
      expect(await readEvictions(limited)).toEqual([
        expect.objectContaining({ policy: 'noeviction', evictedKeys: 0 }),
      ]);
    } finally {
      limited.disconnect();
      await redis.call('ACL', 'DELUSER', user);
    }
  });

  (noRedisServer === undefined ? it : it.skip)('is looked at when a process starts', async () => {
    const server = await new RedisServer(await freePort(), ['--maxmemory-policy', 'allkeys-lru']).start();
    const container = createContainer(testConfig({ ROLE: 'api', REDIS_URL: server.url }));
    const lines: Line[] = [];
    container.registerInstance(LOGGER, logTo(lines));
    const own = container.resolve(Redis);
    await own.connect();
    try {
      await container.resolve(Health).firstContact();
      expect(lines).toContainEqual(
        expect.objectContaining({ level: ERROR, msg: MAY_FORGET, policy: 'allkeys-lru' }),
      );
    } finally {
      own.disconnect();
      await container.resolve(Database).close();
      container.resolve(Breakers).shutdown();
      await server.end();
    }
  });
});
