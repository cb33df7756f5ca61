import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configDoubts, configTable, loadConfig } from '../../src/config/config';
import { faultsOf } from '../support/config';

const SECRET = 'a-secret-of-thirty-two-bytes-or-more';

describe('the configuration', () => {
  it('needs no variable in development', () => {
    expect(loadConfig({})).toMatchObject({
      PORT: 8080,
      QUEUE_MAX_ACTIVE: 'auto',
      QUEUE_AUTO_MIN_ACTIVE: 30,
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
    expect(faultsOf({ NODE_ENV: 'production', TOKEN_SECRET: SECRET.slice(0, 31) })).toEqual([
      expect.stringMatching(/^TOKEN_SECRET .*32 bytes/),
    ]);
    expect(faultsOf({ NODE_ENV: 'production', TOKEN_SECRET: SECRET.slice(0, 32) })).toEqual([]);
  });

  it('demands as much of the other secret, and that it is another', () => {
    const first = SECRET;
    expect(faultsOf({ TOKEN_SECRET: first, TOKEN_SECRET_SECONDARY: 'short' })).toEqual([
      expect.stringMatching(/^TOKEN_SECRET_SECONDARY .*32 bytes/),
    ]);
    expect(faultsOf({ TOKEN_SECRET: first, TOKEN_SECRET_SECONDARY: first })).toEqual([
      expect.stringContaining('another secret'),
    ]);
  });

  it('demands that no operator sends a secret that signs or encrypts', () => {
    for (const name of [
      'TOKEN_SECRET',
      'TOKEN_SECRET_SECONDARY',
      'TRANSPARENCY_SECRET',
      'WEBHOOK_ENCRYPTION_KEY',
      'WEBHOOK_ENCRYPTION_KEY_SECONDARY',
    ])
      expect(faultsOf({ [name]: SECRET, MANAGEMENT_TOKEN: SECRET })).toEqual([
        expect.stringMatching(new RegExp(`^MANAGEMENT_TOKEN must be another secret than ${name}`)),
      ]);
    expect(
      faultsOf({ TOKEN_SECRET: SECRET, MANAGEMENT_TOKEN: SECRET.slice(1) + SECRET.slice(0, 1) }),
    ).toEqual([]);
  });

  it('names every wrong variable at once, and what contradicts beside them', () => {
    expect(faultsOf({ PORT: 'x', ROLE: 'x', HOLD_SECONDS: 'x' })).toHaveLength(3);
    expect(
      faultsOf({ ROLE: 'x', QUEUES: 'main=5', PORT: '9090', MANAGEMENT_PORT: '9090', WORKERS: '0' }).map(
        (fault) => fault.split(' ')[0],
      ),
    ).toEqual(['ROLE', 'WORKERS', 'QUEUES', 'MANAGEMENT_PORT']);
  });

  it('never shows a secret or a password', () => {
    const env = {
      TOKEN_SECRET: 'geheim',
      MANAGEMENT_TOKEN: 'geheim',
      DATABASE_URL: 'mariadb://concert:geheim%@db/concert',
      DATABASE_ADMIN_URL: 'mariadb://admin:geheim#1@db/concert',
      REDIS_URL: 'redis://:geheim@redis/first',
      NOTIFIER_WEBHOOK_URL: 'https://us:geheim@:80',
    };
    const faults = faultsOf(env);
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual(Object.keys(env).sort());
    expect(faults.join('\n')).not.toContain('geheim');
  });

  it('takes names that only look like trouble', () => {
    const { QUEUES } = loadConfig({ QUEUE_ID: 'prototype', QUEUES: 'vip=5, gold-1=auto,Length=7' });
    expect([...QUEUES]).toEqual([
      ['vip', 5],
      ['gold-1', 'auto'],
      ['Length', 7],
    ]);
    for (const HOST of ['::', '::1', 'localhost', 'concert-api.shop.svc.cluster.local', '127.0.0.1'])
      expect(loadConfig({ HOST }).HOST).toBe(HOST);
  });

  it('suggests what was probably meant', () => {
    expect(faultsOf({ ROLE: 'wroker' })).toEqual([expect.stringContaining('did you mean "worker"?')]);
    expect(faultsOf({ LOG_LEVEL: 'DEBUG' })).toEqual([expect.stringContaining('did you mean "debug"?')]);
    expect(faultsOf({ ROLE: 'boss' })).toEqual([expect.not.stringContaining('did you mean')]);
  });

  it('refuses two databases for the application and for its migrations', () => {
    const DATABASE_URL = 'mariadb://app:x@proxy/concert';
    expect(faultsOf({ DATABASE_URL, DATABASE_ADMIN_URL: 'mariadb://admin:y@db:3307/concert' })).toEqual([]);
    expect(faultsOf({ DATABASE_URL, DATABASE_ADMIN_URL: 'mariadb://admin:y@db/mysql' })).toEqual([
      expect.stringMatching(/^DATABASE_ADMIN_URL must name the same database/),
    ]);
  });

  describe('warnings about the environment', () => {
    const doubtsOf = (env: Record<string, string>): string[] => configDoubts(loadConfig(env), env);

    it('name variables that the product does not read, with the likely name', () => {
      expect(doubtsOf({ QUEUE_MAX_ACTIV: '30' })).toEqual([
        'QUEUE_MAX_ACTIV is not known and changes nothing. Did you mean QUEUE_MAX_ACTIVE?',
      ]);
      expect(doubtsOf({ HOLD_SECOND: '1', DATABSE_URL: 'x', WORKER: '2', QUEUE_NONSENSE: '1' })).toEqual([
        expect.stringContaining('Did you mean HOLD_SECONDS?'),
        expect.stringContaining('Did you mean DATABASE_URL?'),
        expect.stringContaining('Did you mean WORKERS?'),
        'QUEUE_NONSENSE is not known and changes nothing.',
      ]);
    });

    it('give the new name of each variable that the changelog calls renamed', () => {
      const changelog = readFileSync(join(__dirname, '../../CHANGELOG.md'), 'utf8');
      const [, table = ''] = /\n\*\*Variables\*\*\n([^]*?)\n\*\*/.exec(changelog) ?? [];
      const rows = [...table.matchAll(/^\| `([A-Z_\d]+)`.*\| (.+) \|$/gm)];
      expect(rows).toHaveLength(24);
      for (const [, old = '', now = ''] of rows) {
        const [doubt = ''] = doubtsOf({ [old]: '1' });
        const [, name = ''] =
          /^\w+ is not known and changes nothing: its name is (\w+) now\.$/.exec(doubt) ?? [];
        expect([old, now]).toEqual([old, expect.stringContaining(`\`${name}\``)]);
      }
    });

    it('leave out variables of other programs', () => {
      const others = {
        HTTP_PROXY: 'x',
        HTTPS_PROXY: 'x',
        NODE_OPTIONS: 'x',
        NODE_PATH: 'x',
        LOG_FORMAT: 'x',
        HOSTNAME: 'x',
        REDIS_SERVICE_HOST: 'x',
        REDIS_PORT: 'tcp://x',
        QUEUE_PORT_6379_TCP: 'x',
        PATH: 'x',
        POSTGRES_URL: 'x',
      };
      expect(doubtsOf(others)).toEqual([]);
      expect(doubtsOf({ QUEUE_MAX_ACTIV: '' })).toEqual([]);
    });

    it('name a time for the notifier that its transaction does not leave', () => {
      const NOTIFIER_WEBHOOK_URL = 'https://notify.example';
      expect(doubtsOf({ NOTIFIER_WEBHOOK_URL })).toEqual([]);
      expect(doubtsOf({ NOTIFIER_TIMEOUT_MS: '2401' })).toEqual([]); // nothing is called
      expect(doubtsOf({ NOTIFIER_WEBHOOK_URL, NOTIFIER_TIMEOUT_MS: '2401' })).toEqual([
        expect.stringMatching(/^NOTIFIER_TIMEOUT_MS \(2401\) .* ends after 2400 ms\.$/),
      ]);
    });

    it('name an interval at which an alert of the charts would fire though nothing is wrong', () => {
      const doubtsAt = (ms: string, seconds: string): string[] =>
        doubtsOf({ HOLD_EXPIRY_INTERVAL_MS: ms, INVARIANT_CHECK_INTERVAL_SECONDS: seconds });
      expect(doubtsAt('5000', '100')).toEqual([]);
      expect(doubtsAt('5001', '101')).toEqual([
        expect.stringMatching(/^HOLD_EXPIRY_INTERVAL_MS \(5001\) .* HoldExpiryLate/),
        expect.stringMatching(/^INVARIANT_CHECK_INTERVAL_SECONDS \(101\) .* InvariantCheckStale/),
      ]);
    });

    it('name a hold that is longer than a session', () => {
      expect(doubtsOf({})).toEqual([]);
      expect(doubtsOf({ HOLD_SECONDS: '86400' })).toEqual([
        expect.stringMatching(/^HOLD_SECONDS \(86400\).* up to 87000 s/),
      ]);
      expect(doubtsOf({ QUEUE_MAX_WAIT_SECONDS: '10' })).toEqual([
        expect.stringMatching(/^QUEUE_MAX_WAIT_SECONDS/),
      ]);
    });
  });

  it('keeps a process from starting, with the variable’s name and no stack', () => {
    const run = (): string =>
      execFileSync(process.execPath, [join(__dirname, '../../dist/main.js')], {
        env: { PORT: 'abc' },
        stdio: 'pipe',
      }).toString();
    expect(run).toThrow(/PORT must be a whole number(?![^]*at .*\.js)/);
  });

  it('is printed in docs/configuration.md', () => {
    expect(readFileSync(join(__dirname, '../../docs/configuration.md'), 'utf8')).toContain(configTable());
  });
});
