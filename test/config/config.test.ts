import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configDoubts, configTable, loadConfig, VARIABLES } from '../../src/config/config';
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

  it.each([
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['MANAGEMENT_PORT', '9090a'],
    ['MANAGEMENT_PORT', '8080'],
    ['QUEUE_MAX_ACTIVE', '0'],
    ['QUEUE_MAX_ACTIVE', '1.5'],
    ['QUEUE_MAX_ACTIVE', 'automatic'],
    ['QUEUE_AUTO_MAX_ACTIVE', '29'],
    ['QUEUE_AUTO_START_ACTIVE', '29'],
    ['QUEUE_AUTO_START_ACTIVE', '1000001'],
    ['QUEUE_AUTO_START_ACTIVE', 'fast'],
    ['MANAGEMENT_TOKEN', 'short-but-varied'],
    ['IDEMPOTENCY_HOURS', '23'],
    ['EVENT_DEDUPLICATION_DAYS', '7'],
    ['LIST_CACHE_TTL_MS', '1001'],
    ['QUEUE_PRESENCE_TIMEOUT_SECONDS', '1'],
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

  it('names every wrong variable at once, and what contradicts beside them', () => {
    expect(faultsOf({ PORT: 'x', ROLE: 'x', HOLD_SECONDS: 'x' })).toHaveLength(3);
    expect(
      faultsOf({ ROLE: 'x', QUEUES: 'main=5', PORT: '9090', MANAGEMENT_PORT: '9090', WORKERS: '0' }).map(
        (fault) => fault.split(' ')[0],
      ),
    ).toEqual(['ROLE', 'WORKERS', 'QUEUES', 'MANAGEMENT_PORT']);
  });

  it.each(VARIABLES)('refuses a blank %s: it is neither 0 nor unset', (name) => {
    for (const blank of [' ', '\t', '\n', ' '.repeat(32), '\u3000'])
      expect(faultsOf({ [name]: blank })).toEqual([expect.stringMatching(new RegExp(`^${name} must `))]);
  });

  it.each(VARIABLES)('refuses a line break behind %s, as an `echo` leaves one in a Secret', (name) => {
    const value = name.includes('SECRET') || name === 'MANAGEMENT_TOKEN' ? SECRET : '5';
    expect(faultsOf({ [name]: `${value}\n` })).toEqual([expect.stringMatching(new RegExp(`^${name} must `))]);
  });

  it.each([
    '0x10',
    '0b11',
    '0o17',
    '1e3',
    '+5',
    '-5',
    '-0',
    '007',
    '5.0',
    '5,0',
    '1_000',
    '１０',
    '٣',
    'NaN',
    '5s',
  ])('takes numbers in plain digits only, not %s', (value) => {
    for (const name of [
      'PORT',
      'MANAGEMENT_PORT',
      'WORKERS',
      'HOLD_SECONDS',
      'TOKEN_RATE_PER_MINUTE',
      'QUEUE_MAX_ACTIVE',
    ])
      expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} must `))]);
    expect(faultsOf({ QUEUES: `vip=${value}` })).toEqual([expect.stringMatching(/^QUEUES must /)]);
  });

  it.each(['x'.repeat(32), 'ab'.repeat(16), '1234'.repeat(10), '\u200b'.repeat(11)])(
    'refuses the secret %j: it has too few different characters',
    (value) => {
      for (const name of ['TOKEN_SECRET', 'TOKEN_SECRET_SECONDARY', 'MANAGEMENT_TOKEN'])
        expect(faultsOf({ [name]: value })).toEqual([
          expect.stringMatching(new RegExp(`^${name} must be random`)),
        ]);
    },
  );

  it.each([
    'a token with blanks, 32 bytes long…',
    'päßwörter-und-mehr-als-32-bytes-lang',
    `tab\tinside-${SECRET}`,
  ])('refuses a MANAGEMENT_TOKEN that no header carries: %j', (value) => {
    expect(faultsOf({ MANAGEMENT_TOKEN: value })).toEqual([
      expect.stringMatching(/^MANAGEMENT_TOKEN must have only/),
    ]);
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

  it.each([
    ['QUEUE_ID', 'constructor'],
    ['QUEUE_ID', '__proto__'],
    ['QUEUE_ID', 'toString'],
    ['QUEUE_ID', 'x'.repeat(65)],
    ['QUEUE_ID', 'vip:1'],
    ['QUEUE_ID', 'vip}'],
    ['QUEUE_ID', '관람'],
    ['QUEUES', 'constructor=5'],
    ['QUEUES', '__proto__=5'],
    ['QUEUES', 'vip=5,vip=6'],
    ['QUEUES', 'vip=5,vip=auto'],
    ['QUEUES', 'vip=5,,gold=6'],
    ['QUEUES', 'vip=5,'],
    ['QUEUES', 'vip=5;gold=6'],
    ['QUEUES', '=5'],
    ['QUEUES', 'vip='],
    ['QUEUES', 'vip=5=6'],
    ['QUEUES', 'vip=1000000000'],
    ['QUEUES', `${'x'.repeat(65)}=5`],
    ['HOST', '[::1]'],
    ['HOST', 'http://localhost'],
    ['HOST', '127.0.0.1:8080'],
    ['HOST', '256.0.0.1'],
    ['HOST', 'two hosts'],
    ['KAFKA_BROKERS', 'kafka:0'],
    ['KAFKA_BROKERS', 'kafka:65536'],
    ['KAFKA_BROKERS', 'kafka:9092,'],
    ['KAFKA_BROKERS', 'kafka:9092,other'],
    ['KAFKA_BROKERS', 'kafka://kafka:9092'],
    ['KAFKA_BROKERS', 'kafka:9092;other:9092'],
    ['KAFKA_BROKERS', 'kaf%ka:9092'],
    ['KAFKA_BROKERS', 'kafka:0x2384'],
    ['BREAKER_PRESET', 'Study'],
    ['LOG_LEVEL', 'warning'],
  ])('refuses %s=%s by its name', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} must `))]);
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

  it('wants one database for the application and for its migrations', () => {
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

  describe('of identity', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const whose = { TOKEN_IDENTITY_ISSUER: 'https://shop.example', TOKEN_IDENTITY_AUDIENCE: 'queue' };
    const TOKEN_IDENTITY_JWKS_URL = 'https://shop.example/jwks';

    it('takes a key set or a key, with issuer and audience', () => {
      expect(faultsOf({ ...whose, TOKEN_IDENTITY_JWKS_URL })).toEqual([]);
      expect(faultsOf({ ...whose, TOKEN_IDENTITY_PUBLIC_KEY: publicKey.trim() })).toEqual([]);
    });

    it.each([
      [
        { ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_ISSUER: '' },
        /^TOKEN_IDENTITY_ISSUER must be set/,
      ],
      [
        { ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_AUDIENCE: '' },
        /^TOKEN_IDENTITY_AUDIENCE must be/,
      ],
      [
        { ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_PUBLIC_KEY: publicKey.trim() },
        /must be empty with/,
      ],
      [{ ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_GATE: 'proof-of-work' }, /^TOKEN_GATE must be none/],
      [{ ...whose, TOKEN_IDENTITY_JWKS_URL: 'ftp://shop' }, /^TOKEN_IDENTITY_JWKS_URL must be a URL/],
      [
        { ...whose, TOKEN_IDENTITY_PUBLIC_KEY: privateKey.trim() },
        /^TOKEN_IDENTITY_PUBLIC_KEY must be the public/,
      ],
      [
        { ...whose, TOKEN_IDENTITY_PUBLIC_KEY: 'secret' },
        /^TOKEN_IDENTITY_PUBLIC_KEY must be a public key in PEM/,
      ],
      [
        { TOKEN_IDENTITY_SIGN_IN_URL: 'https://shop.example/login' },
        /^TOKEN_IDENTITY_SIGN_IN_URL must be empty without/,
      ],
      [
        { ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_SIGN_IN_URL: 'javascript:alert(1)' },
        /^TOKEN_IDENTITY_SIGN_IN_URL must be a URL/,
      ],
    ])('refuses what opens more than was meant', (env, fault) => {
      expect(faultsOf(env)).toEqual([expect.stringMatching(fault)]);
    });

    it('warns of keys and assertions that anybody on the way may exchange', () => {
      const doubtsAt = (url: string, signIn = ''): string[] => {
        const env = { ...whose, TOKEN_IDENTITY_JWKS_URL: url, TOKEN_IDENTITY_SIGN_IN_URL: signIn };
        return configDoubts(loadConfig(env), env);
      };
      expect(doubtsAt('http://shop.example/jwks')).toEqual([expect.stringContaining('not https')]);
      expect(doubtsAt('http://127.0.0.1:8000/jwks', 'http://127.0.0.1:8000/login')).toEqual([]);
      expect(doubtsAt(TOKEN_IDENTITY_JWKS_URL, 'http://shop.example/login')).toEqual([
        expect.stringMatching(/^TOKEN_IDENTITY_SIGN_IN_URL is not https/),
      ]);
    });
  });

  it('is printed in docs/configuration.md', () => {
    expect(readFileSync(join(__dirname, '../../docs/configuration.md'), 'utf8')).toContain(configTable());
  });
});
