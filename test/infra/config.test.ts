import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, configTable, loadConfig } from '../../src/config';

const faultsOf = (env: Record<string, string>): string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
  }
  return [];
};

describe('the configuration', () => {
  it('needs no variable in development', () => {
    expect(loadConfig({})).toMatchObject({
      PORT: 8080,
      QUEUE_MAX_ACTIVE: 'auto',
      QUEUE_MIN_ACTIVE: 30,
      HOLD_SECONDS: 300,
      KAFKA_BROKERS: '',
    });
    expect(loadConfig({}).TOKEN_SECRET).not.toBe(loadConfig({}).TOKEN_SECRET);
  });

  it('takes an empty variable for an unset one', () => {
    expect(loadConfig({ PORT: '' }).PORT).toBe(8080);
  });

  it('demands a secret of 32 bytes outside development', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/^TOKEN_SECRET must be set/),
    ]);
    expect(faultsOf({ NODE_ENV: 'production', TOKEN_SECRET: 'x'.repeat(31) })).toEqual([
      expect.stringMatching(/^TOKEN_SECRET .*32 bytes/),
    ]);
    expect(faultsOf({ NODE_ENV: 'production', TOKEN_SECRET: 'x'.repeat(32) })).toEqual([]);
  });

  it('demands as much of the other secret, and that it is another', () => {
    const first = 'x'.repeat(32);
    expect(faultsOf({ TOKEN_SECRET: first, TOKEN_SECRET_ACCEPTED: 'short' })).toEqual([
      expect.stringMatching(/^TOKEN_SECRET_ACCEPTED .*32 bytes/),
    ]);
    expect(faultsOf({ TOKEN_SECRET: first, TOKEN_SECRET_ACCEPTED: first })).toEqual([
      expect.stringContaining('another secret'),
    ]);
  });

  it.each([
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['MANAGEMENT_PORT', '9090a'],
    ['MANAGEMENT_PORT', '8080'],
    ['QUEUE_MAX_ACTIVE', '0'],
    ['QUEUE_MAX_ACTIVE', '1.5'],
    ['QUEUE_MAX_ACTIVE', 'automatic'],
    ['QUEUE_CEILING_ACTIVE', '29'],
    ['MANAGEMENT_TOKEN', 'x'.repeat(31)],
    ['IDEMPOTENCY_HOURS', '23'],
    ['EVENT_MEMORY_DAYS', '7'],
    ['READ_CACHE_MS', '1001'],
    ['ROLE', 'boss'],
    ['QUEUE_ID', 'no spaces'],
    ['QUEUES', 'concert-1'],
    ['QUEUES', 'concert-1=0'],
    ['QUEUES', 'concert-1=automatic'],
    ['QUEUES', 'main=5'],
    ['DATABASE_URL', 'postgres://x/y'],
    ['REDIS_URL', 'localhost:6379'],
    ['KAFKA_BROKERS', 'kafka'],
    ['DISPLAY_TIME_ZONE', 'Asia/Nowhere'],
    ['NOTIFIER_WEBHOOK_URL', 'file:///etc/passwd'],
  ])('names %s when it is %s', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} must`)]);
  });

  it('names every wrong variable at once', () => {
    expect(faultsOf({ PORT: 'x', ROLE: 'x', HOLD_SECONDS: 'x' })).toHaveLength(3);
  });

  it('keeps a process from starting, with the variable’s name and no stack', () => {
    const run = (): string =>
      execFileSync(process.execPath, [join(__dirname, '../../dist/main.js')], {
        env: { PORT: 'abc' },
        stdio: 'pipe',
      }).toString();
    expect(run).toThrow(/PORT must be a whole number(?![^]*at .*\.js)/);
  });

  it('is told in the README as it is', () => {
    expect(readFileSync(join(__dirname, '../../README.md'), 'utf8')).toContain(configTable());
  });
});
