import { VARIABLES } from '../../src/config/config';
import { parseNetworks } from '../../src/config/parsing/networks';
import { faultsOf } from '../support/config';

const SECRET = 'a-secret-of-thirty-two-bytes-or-more';

describe('the configuration', () => {
  it('takes networks and headers as they are meant', () => {
    const TRACES_TRUSTED_NETWORKS = '10.0.0.1/8, fd00::/8,::ffff:10.0.0.0/104,0.0.0.0/0';
    const OTEL_EXPORTER_OTLP_HEADERS = 'authorization=Basic%20a%3Db, x-key=a b;c';
    expect(faultsOf({ TRACES_TRUSTED_NETWORKS, OTEL_EXPORTER_OTLP_HEADERS })).toEqual([]);
    expect(
      parseNetworks('::ffff:10.0.0.0/104').map(([address, bits]) => `${address.toString()}/${bits}`),
    ).toEqual(['10.0.0.0/8']);
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
    ['KAFKA_BROKERS', 'kafka:9092,Kafka:9092'],
    ['KAFKA_BROKERS', '0x7f.1:9092'],
    ['HOST', '0x7f.1'],
    ['HOST', '0177.0.0.1'],
    ['WEBHOOK_ALLOWED_NETWORKS', '010.0.0.0/8'],
    ['WEBHOOK_ALLOWED_NETWORKS', '0x0a.0.0.0/8'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10/8'],
    ['WEBHOOK_ALLOWED_NETWORKS', '167772160/8'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0/08'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0/8/8'],
    ['WEBHOOK_ALLOWED_NETWORKS', 'fe80::%eth0/64'],
    ['TRACES_TRUSTED_NETWORKS', '10.0.0.0/8,10.0.0.0/8'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'zone=a,zone=b'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=a,Authorization=b'],
    ['TOKEN_TURNSTILE_HOSTNAMES', 'shop.example,Shop.example'],
    ['DATABASE_URL', 'mariadb://u:p@host/information_schema'],
    ['DATABASE_URL', 'mariadb://u:p@host/MySQL'],
    ['DATABASE_URL', 'mariadb://u:p@host/performance_schema'],
    ['DATABASE_URL', 'mariadb://u:p@host/sys'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x=%E2%82%AC'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x=열쇠'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Content-Length=5'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'host=other'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318?x=1'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://u:p@collector:4318'],
    ['DRAW_DRAND_URL', 'https://api.drand.sh/?x=1'],
    ['DRAW_DRAND_URL', 'https://u:p@api.drand.sh'],
    ['TOKEN_IDENTITY_JWKS_URL', 'https://u:p@shop.example/jwks'],
    ['TOKEN_TURNSTILE_URL', 'https://u:p@shop.example/siteverify'],
    ['TOKEN_IDENTITY_ISSUER', 'https://shop.example\u200b'],
    ['TOKEN_IDENTITY_AUDIENCE', 'concert\nqueue'],
    ['TOKEN_TURNSTILE_SECRET', '0x4\r\nA'],
    ['OTEL_SERVICE_NAME', 'a\tb'],
    ['BREAKER_PRESET', 'Study'],
    ['LOG_LEVEL', 'warning'],
  ])('refuses %s=%s by its name', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} must `))]);
  });
});
