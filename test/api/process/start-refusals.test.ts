import { spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { startService } from '../../../src/service';
import { ServerMismatch } from '../../../src/startup/server-checks';
import { restartDelayMs } from '../../../src/workers';
import { testConfig, uniqueQueueId } from '../../support/config';
import { LocalServer } from '../../support/servers/local-server';
import { SentinelWithoutMaster } from '../../support/servers/redis/sentinel-without-master';

interface Ended {
  code: number | null;
  stderr: string;
  stdout: string;
}

/** The built product, of which it is expected that it ends by itself. */
function start(env: Record<string, string | number>): Promise<Ended> {
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.execPath, [join(__dirname, '../../../dist/main.js')], {
    env: {
      ...process.env,
      KAFKA_BROKERS: '',
      PORT: '0',
      HOST: '127.0.0.1',
      QUEUE_ID: uniqueQueueId(),
      INVARIANT_CHECK_INTERVAL_SECONDS: '0',
      ...own,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stderr: '', stdout: '' };
  child.stderr.on('data', (chunk: Buffer) => (ended.stderr += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (ended.stdout += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ ...ended, code });
    });
  });
}

const changed = (url: string, change: Partial<URL>): string => Object.assign(new URL(url), change).href;

describe('a start that cannot succeed', () => {
  let taken: Server;
  let port: number;
  const sentinel = new SentinelWithoutMaster();
  const web = new LocalServer();
  beforeAll(async () => {
    await sentinel.start();
    await web.open();
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    ({ port } = taken.address() as AddressInfo);
  });
  afterAll(async () => {
    await sentinel.end();
    await web.close();
    await new Promise((resolve) => taken.close(resolve));
  });

  const { REDIS_URL, DATABASE_URL, DATABASE_ADMIN_URL } = testConfig();
  const nowhere = changed(DATABASE_ADMIN_URL, { pathname: '/concert_test_nosuch' });

  const portOf = (url: string): string => new URL(url).port;
  const atPort = (of: string): Record<string, string> => ({
    DATABASE_URL: changed(DATABASE_URL, { port: of }),
    DATABASE_ADMIN_URL: changed(DATABASE_ADMIN_URL, { port: of }),
  });

  it.each<[string, () => Record<string, string | number>, RegExp]>([
    ['the port is taken', () => ({ PORT: port }), /^PORT \d+ is in use by another program/],
    ['the management port is taken', () => ({ MANAGEMENT_PORT: port }), /^MANAGEMENT_PORT \d+ is in use/],
    ['the address is another machine’s', () => ({ HOST: '203.0.113.7' }), /^HOST "203.0.113.7"/],
    [
      'Redis has no such database',
      () => ({ REDIS_URL: changed(REDIS_URL, { pathname: '/99999' }) }),
      /^REDIS_URL is refused by Redis: ERR DB index/,
    ],
    [
      'Redis does not know the user',
      () => ({ REDIS_URL: changed(REDIS_URL, { username: 'nobody', password: 'geheim' }) }),
      /^REDIS_URL is refused by Redis: WRONGPASS/,
    ],
    [
      'no sentinel knows the master',
      () => ({ REDIS_URL: sentinel.url }),
      /^REDIS_URL names a master that none of its sentinels knows$/,
    ],
    [
      'what it names is no sentinel',
      () => ({ REDIS_URL: changed(REDIS_URL.replace(/^redis/, 'redis+sentinel'), { pathname: '/tickets' }) }),
      /^REDIS_URL is refused by Redis: ERR unknown command .sentinel/,
    ],
    [
      'what it names is no Redis Cluster',
      () => ({
        REDIS_URL: ['127.0.0.1', 'localhost']
          .map((hostname) => changed(REDIS_URL, { hostname, pathname: '/0' }))
          .join(),
      }),
      /^REDIS_URL is refused by Redis: ERR This instance has cluster support disabled/,
    ],
    [
      'MariaDB answers where Redis should',
      () => ({ REDIS_URL: changed(REDIS_URL, { port: portOf(DATABASE_URL) }) }),
      /^REDIS_URL must name a Redis: at 127\.0\.0\.1:\d+ answers a MariaDB$/,
    ],
    [
      'MariaDB answers where a sentinel should',
      () => ({ REDIS_URL: `redis+sentinel://127.0.0.1:${portOf(DATABASE_URL)}/tickets` }),
      /^REDIS_URL must name a Redis: at 127\.0\.0\.1:\d+ answers a MariaDB$/,
    ],
    [
      'an HTTP server answers where Redis should',
      () => ({ REDIS_URL: changed(REDIS_URL, { port: String(web.port) }) }),
      /^REDIS_URL must name a Redis: at 127\.0\.0\.1:\d+ answers an HTTP server$/,
    ],
    [
      'the Redis that it names has no TLS',
      () => ({ REDIS_URL: changed(REDIS_URL.replace(/^redis/, 'rediss'), {}), REDIS_TIMEOUT_MS: 500 }),
      /^REDIS_URL must name a Redis: at 127\.0\.0\.1:\d+ answers a Redis without TLS$/,
    ],
    [
      'Redis answers where MariaDB should',
      () => ({ ...atPort(portOf(REDIS_URL)), DATABASE_ACQUIRE_TIMEOUT_MS: 300 }),
      /^DATABASE_URL must name a MariaDB: at 127\.0\.0\.1:\d+ answers a Redis without TLS$/,
    ],
    [
      'an HTTP server answers where MariaDB should',
      () => ({ ...atPort(String(web.port)), DATABASE_ACQUIRE_TIMEOUT_MS: 300 }),
      /^DATABASE_URL must name a MariaDB: at 127\.0\.0\.1:\d+ answers an HTTP server$/,
    ],
    [
      'MariaDB answers where Kafka should',
      () => ({ KAFKA_BROKERS: `127.0.0.1:${portOf(DATABASE_URL)}` }),
      /^KAFKA_BROKERS must name a Kafka: at 127\.0\.0\.1:\d+ answers a MariaDB$/,
    ],
    [
      'one of several brokers is an HTTP server',
      () => ({ KAFKA_BROKERS: `127.0.0.1:1,127.0.0.1:${web.port}` }),
      /^KAFKA_BROKERS must name a Kafka: at 127\.0\.0\.1:\d+ answers an HTTP server$/,
    ],
    [
      'Redis answers where Kafka should',
      () => ({ KAFKA_BROKERS: `127.0.0.1:${portOf(REDIS_URL)}` }),
      /^KAFKA_BROKERS must name a Kafka: at 127\.0\.0\.1:\d+ answers a Redis without TLS$/,
    ],
    [
      'MariaDB has no TLS, or a certificate of its making',
      () => ({ DATABASE_URL: changed(DATABASE_URL, { search: '?ssl=true' }) }),
      /^DATABASE_URL (?:is refused by MariaDB: .*ssl|names a server whose certificate)/i,
    ],
    [
      'MariaDB does not know the password',
      () => ({ DATABASE_URL: changed(DATABASE_URL, { password: 'geheim' }) }),
      /^DATABASE_URL is refused by MariaDB: Access denied/,
    ],
    [
      'MariaDB has no such database',
      () => ({ DATABASE_URL: nowhere, DATABASE_ADMIN_URL: nowhere }),
      /^DATABASE_URL is refused by MariaDB: Unknown database/,
    ],
  ])('names the variable when %s', async (_what, env, words) => {
    const wrong = await startService(testConfig(env())).then(
      async (service) => {
        const found = await service.proved;
        await service.stop();
        return found;
      },
      (error: unknown) => error,
    );
    expect(wrong).toBeInstanceOf(ServerMismatch);
    expect((wrong as Error).message).toMatch(words);
    expect((wrong as Error).message).not.toContain('geheim');
  });

  it.each([
    ['Redis', 'redis://127.0.0.1:1/99999'],
    ['every sentinel', 'redis+sentinel://127.0.0.1:1,127.0.0.1:2/tickets'],
    ['every node of a Redis Cluster', 'redis://127.0.0.1:1,redis://127.0.0.1:2'],
  ])('is not given up while %s is unreachable: it listens, and waits', async (_what, url) => {
    const service = await startService(testConfig({ REDIS_URL: url }));
    expect((await fetch(`http://127.0.0.1:${service.port}/health/live`)).status).toBe(200);
    const later = new Promise((resolve) => setTimeout(resolve, 500, 'waits'));
    expect(await Promise.race([service.proved, later])).toBe('waits');
    await service.stop();
  });

  it.each<[string, () => Record<string, string | number>, RegExp]>([
    ['WORKERS and a taken port', () => ({ PORT: port, WORKERS: 2 }), /^Did not start: PORT \d+ is in use/],
    [
      'a refusing MariaDB',
      () => ({ DATABASE_URL: changed(DATABASE_URL, { password: 'geheim' }) }),
      /^Did not start: DATABASE_URL is refused by MariaDB/,
    ],
    [
      'WORKERS and a blank',
      () => ({ WORKERS: 2, HOLD_SECONDS: ' ' }),
      /^Configuration is wrong:\n {2}HOLD_SECONDS must/,
    ],
  ])('ends the process with 1 and its reason alone: %s', async (_what, env, words) => {
    const { code, stderr } = await start(env());
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(words) as string });
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  });
});

describe('a worker that dies after its start', () => {
  it('is replaced at once, and later each time that it dies soon', () => {
    expect([1, 2, 3, 4, 5, 6, 100].map(restartDelayMs)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
  });
});
