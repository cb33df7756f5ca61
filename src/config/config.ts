import { randomBytes } from 'node:crypto';

import { contradictions } from './contradictions';
import { doubts } from './doubts';
import {
  brokers,
  databaseUrl,
  type Field,
  headerSecret,
  integer,
  integerOrAuto,
  listenAddress,
  numbersById,
  oneOf,
  optionalPort,
  queueId,
  redisUrls,
  secret,
  text,
  timeZone,
  webUrl,
} from './field';

const fields = {
  NODE_ENV: oneOf({
    values: ['development', 'test', 'production'],
    default: 'development',
    about: 'What this process is for; outside development, secrets are required',
  }),
  PORT: integer({ min: 0, max: 65535, default: 8080, about: 'HTTP port; 0 takes a free one' }),
  MANAGEMENT_PORT: optionalPort({
    about:
      'Port of /metrics, /docs, /openapi.json and operator commands; empty: they are on PORT, and in production nowhere',
  }),
  HOST: text({ default: '0.0.0.0', about: 'Address to listen on', check: listenAddress }),
  ROLE: oneOf({
    values: ['api', 'worker', 'all'],
    default: 'all',
    about: 'What this process does: answer requests, background work, or both',
  }),
  WORKERS: integer({
    min: 1,
    max: 128,
    default: 1,
    unit: 'processes',
    about:
      'Processes on one port, for machines and pods with several cores; each has its own DATABASE_POOL_MAX',
  }),
  LOG_LEVEL: oneOf({
    values: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    about: 'Lowest level that is logged; every request is logged at debug, 5xx at warn or error',
  }),
  DISPLAY_TIME_ZONE: text({
    default: 'Asia/Seoul',
    about: 'Time zone of the times in answers; everything else runs in UTC',
    check: timeZone,
  }),

  DATABASE_URL: databaseUrl({
    default: 'mariadb://concert:concert@127.0.0.1:3306/concert',
    about: 'MariaDB ≥ 10.6, as the user with the fewest rights',
  }),
  DATABASE_ADMIN_URL: databaseUrl({
    default: '',
    about: 'MariaDB as the user that may migrate and grant; empty: DATABASE_URL',
  }),
  DATABASE_POOL_MAX: integer({
    min: 1,
    max: 1000,
    default: 32,
    unit: 'connections',
    about: 'Most database connections of one process',
  }),
  DATABASE_STATEMENTS_MAX: integer({
    min: 1,
    max: 10_000,
    default: 48,
    unit: 'statements',
    about:
      'Most prepared statements of one connection; connections × statements must fit into max_prepared_stmt_count',
  }),
  DATABASE_ACQUIRE_TIMEOUT_MS: integer({
    min: 10,
    max: 60_000,
    default: 1000,
    unit: 'ms',
    about: 'Longest wait for a free database connection before 503',
  }),
  DATABASE_TIMEOUT_MS: integer({
    min: 50,
    max: 60_000,
    default: 3000,
    unit: 'ms',
    about: 'Longest time that a unit of database work may take before 503',
  }),
  REDIS_URL: redisUrls({
    default: 'redis://127.0.0.1:6379',
    about: 'Redis ≥ 7.0 or Valkey; url,url,…: nodes of a Redis Cluster',
  }),
  REDIS_TIMEOUT_MS: integer({
    min: 50,
    max: 60_000,
    default: 1000,
    unit: 'ms',
    about: 'Longest time that a Redis command may take before 503',
  }),
  KAFKA_BROKERS: brokers({ about: 'host:port,…; empty: events are handled in-process' }),

  TOKEN_SECRET: secret({
    about: 'Signs queue tokens: at least 32 bytes; in development an empty one is replaced by a random one',
  }),
  TOKEN_SECRET_SECONDARY: secret({
    about:
      'Signs nothing, but its tokens are accepted: the next secret before a change, the previous one after it',
  }),
  MANAGEMENT_TOKEN: headerSecret({
    about:
      'Allows operator commands (npm run queue) where /metrics is served: at least 32 bytes; empty: they are switched off',
  }),
  TOKEN_RATE_PER_MINUTE: integer({
    min: 0,
    default: 0,
    unit: 'requests',
    about: 'Token requests allowed per client address; 0: no limit',
  }),
  TOKEN_PROOF_OF_WORK_BITS: integer({
    min: 0,
    max: 30,
    default: 0,
    unit: 'bits',
    about: 'Proof of work that a token costs its client, 2^bits hashes on average; 0: none',
  }),
  TRUST_PROXY: integer({
    min: 0,
    max: 10,
    default: 0,
    unit: 'hops',
    about:
      'Trusted proxies in front: how many entries of X-Forwarded-For count, or of Forwarded (RFC 7239); if a request has both, what both agree on',
  }),

  QUEUE_ID: text({
    default: 'main',
    about: 'Name of the main queue; installations that share a Redis need one each',
    check: queueId,
  }),
  QUEUE_MAX_ACTIVE: integerOrAuto({
    unit: 'users',
    about:
      'Most active users at once; auto: as many as are served within QUEUE_AUTO_TARGET_P99_MS (docs/admission.md)',
  }),
  QUEUE_AUTO_MIN_ACTIVE: integer({
    min: 1,
    max: 1_000_000,
    default: 30,
    unit: 'users',
    about: 'auto: lower bound of the admission limit, and its initial value',
  }),
  QUEUE_AUTO_MAX_ACTIVE: integer({
    min: 1,
    max: 999_999_999,
    default: 1_000_000,
    unit: 'users',
    about: 'auto: upper bound of the admission limit',
  }),
  QUEUE_AUTO_TARGET_P99_MS: integer({
    min: 10,
    max: 60_000,
    default: 200,
    unit: 'ms',
    about: 'auto: latency target, p99 of the answers to active users',
  }),
  QUEUES: numbersById({
    about:
      'Further queues besides main: id=most active users or auto, …; the column queue_id names the queue of a concert',
  }),
  QUEUE_SESSION_SECONDS: integer({
    min: 1,
    max: 86_400,
    default: 600,
    unit: 's',
    about: 'Longest session, counted from the first admission; a hold prolongs it to the end of the hold',
  }),
  QUEUE_MAX_WAIT_SECONDS: integer({
    min: 1,
    max: 604_800,
    default: 7200,
    unit: 's',
    about: 'Longest wait: an older waiting token has EXPIRED',
  }),
  QUEUE_PRESENCE_TIMEOUT_SECONDS: integer({
    min: 2,
    max: 3600,
    default: 30,
    unit: 's',
    about: 'A waiting user who has not polled for at least this long is passed over until the next poll',
  }),
  QUEUE_IDLE_TIMEOUT_SECONDS: integer({
    min: 0,
    max: 86_400,
    default: 120,
    unit: 's',
    about:
      'The session of an active user without a request for at least this long, and without a hold, ends; 0: never',
  }),
  QUEUE_ADMISSION_INTERVAL_MS: integer({
    min: 10,
    max: 10_000,
    default: 100,
    unit: 'ms',
    about: 'How often free sessions are filled',
  }),

  QUEUE_SNAPSHOT_INTERVAL_MS: integer({
    min: 10,
    max: 500,
    default: 250,
    unit: 'ms',
    about: 'How often the snapshot is refreshed from which polls are answered',
  }),
  QUEUE_MAX_POLLS_PER_SECOND: integer({
    min: 2,
    default: 10_000,
    unit: 'polls/s',
    about: 'Most polls of all waiting users together: pollAfterMs is chosen so that it is not exceeded',
  }),
  QUEUE_MAX_STREAMS: integer({
    min: 0,
    default: 10_000,
    unit: 'streams',
    about: 'Most streams of one process, beyond them 503; 0: no streams, waiting users poll',
  }),

  HOLD_SECONDS: integer({
    min: 1,
    max: 86_400,
    default: 300,
    unit: 's',
    about: 'How long a seat stays reserved for its user to pay',
  }),
  MAX_SEATS_PER_USER: integer({
    min: 0,
    max: 10_000,
    default: 10,
    unit: 'seats',
    about: 'Most seats of one schedule that a user may have, held and bought together; 0: no limit',
  }),
  HOLD_EXPIRY_INTERVAL_MS: integer({
    min: 50,
    max: 60_000,
    default: 500,
    unit: 'ms',
    about: 'How often the worker cancels holds that have ended',
  }),
  INVARIANT_CHECK_INTERVAL_SECONDS: integer({
    min: 0,
    max: 3600,
    default: 15,
    unit: 's',
    about: 'How often the worker checks the invariants, a part of the rows at a time; 0: never',
  }),
  LIST_CACHE_TTL_MS: integer({
    min: 0,
    max: 1000,
    default: 500,
    unit: 'ms',
    about: 'How old schedule and seat lists may be',
  }),
  IDEMPOTENCY_HOURS: integer({
    min: 24,
    max: 8760,
    default: 48,
    unit: 'h',
    about: 'How long an Idempotency-Key is remembered',
  }),

  OUTBOX_POLL_MS: integer({
    min: 10,
    max: 60_000,
    default: 200,
    unit: 'ms',
    about: 'How often the worker looks for events to deliver',
  }),
  EVENT_MAX_ATTEMPTS: integer({
    min: 1,
    max: 20,
    default: 3,
    unit: 'attempts',
    about: 'Attempts to handle an event before it goes to the DLQ',
  }),
  EVENT_DLQ_RETRY_DELAY_MS: integer({
    min: 100,
    max: 3_600_000,
    default: 30_000,
    unit: 'ms',
    about: 'Pause before each new attempt of an event in the DLQ',
  }),
  EVENT_DLQ_MAX_ATTEMPTS: integer({
    min: 1,
    max: 100,
    default: 3,
    unit: 'attempts',
    about: 'Attempts from the DLQ before it goes to the permanent DLQ',
  }),
  EVENT_DEDUPLICATION_DAYS: integer({
    min: 8,
    max: 3650,
    default: 30,
    unit: 'days',
    about:
      'How long a handled event is remembered, so that it acts once; longer than Kafka keeps it: retention and the time of a segment, 14 by Kafka’s defaults',
  }),
  NOTIFIER_WEBHOOK_URL: webUrl({
    about: 'Where notifications are posted as JSON; empty: they are logged',
  }),
  NOTIFIER_TIMEOUT_MS: integer({
    min: 100,
    max: 60_000,
    default: 2000,
    unit: 'ms',
    about:
      'Longest time that a webhook call may take; at most 80 % of DATABASE_TIMEOUT_MS, whose transaction waits for it',
  }),

  BREAKER_PRESET: oneOf({
    values: ['study', 'tuned'],
    default: 'study',
    about: 'Circuit breakers: window 100, 50 %, 30 s open; or window 200, 80 %, 10 s',
  }),

  LOAD_SHEDDING_MAX_DELAY_MS: integer({
    min: 10,
    max: 60_000,
    default: 100,
    unit: 'ms',
    about: 'Under overload, a token, top-up, hold or payment that would take longer gets 503 at once',
  }),
  HTTP_BODY_BYTES: integer({
    min: 256,
    max: 1_048_576,
    default: 16_384,
    unit: 'bytes',
    about: 'Largest request body',
  }),
  HTTP_REQUEST_TIMEOUT_MS: integer({
    min: 1000,
    max: 300_000,
    default: 10_000,
    unit: 'ms',
    about: 'Longest time that a client may take to send a request',
  }),
  HTTP_MAX_CONNECTION_AGE_SECONDS: integer({
    min: 0,
    max: 86_400,
    default: 30,
    unit: 's',
    about:
      'How long a connection is kept open for more requests, half to one and a half times that, so that new pods get their share; 0: no limit',
  }),
  HTTP_SOCKET_TIMEOUT_MS: integer({
    min: 1000,
    max: 300_000,
    default: 30_000,
    unit: 'ms',
    about:
      'Longest time that a client may send nothing of its request, or take nothing of its answer, before it is disconnected',
  }),
  HTTP_MAX_CONNECTIONS: integer({
    min: 0,
    max: 1_000_000,
    default: 20_000,
    unit: 'connections',
    about: 'Most open connections of one process, more are closed at once; 0: no limit',
  }),
  SHUTDOWN_DRAIN_MS: integer({
    min: 0,
    max: 120_000,
    default: 0,
    unit: 'ms',
    about:
      'After SIGTERM, how long to go on serving until load balancers notice (5000 behind Kubernetes Services)',
  }),
  SHUTDOWN_GRACE_MS: integer({
    min: 100,
    max: 300_000,
    default: 10_000,
    unit: 'ms',
    about: 'After SIGTERM, longest wait for requests in flight',
  }),
} satisfies Record<string, Field<unknown>>;

export type Config = { readonly [K in keyof typeof fields]: ReturnType<(typeof fields)[K]['parse']> };

/** Where the container keeps the configuration. */
export const CONFIG = Symbol('Config');

/** Thrown by `loadConfig` with one line per wrong variable. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(`Configuration is wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads and checks every variable.
 * @throws ConfigError naming each variable that is wrong
 */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    try {
      values[name] = field.parse(env[name]);
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (values.TOKEN_SECRET === '') {
    if (values.NODE_ENV === 'development') values.TOKEN_SECRET = randomBytes(48).toString('base64url');
    else if (values.NODE_ENV !== undefined)
      faults.push('TOKEN_SECRET must be set outside development (at least 32 random bytes)');
  }
  if (values.DATABASE_ADMIN_URL === '') values.DATABASE_ADMIN_URL = values.DATABASE_URL;
  faults.push(...contradictions(values));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values as Config);
}

/** The names of all variables. */
export const VARIABLES: readonly string[] = Object.keys(fields);

/** What the environment says that is allowed but probably not meant: for the log. */
export const configDoubts = (
  config: Config,
  env: Record<string, string | undefined> = process.env,
): string[] => doubts(config, env, VARIABLES);

/** The table of all variables, in Markdown. */
export function configTable(): string {
  const rows = Object.entries(fields as Record<string, Field<unknown>>).map(
    ([name, { shown, unit, about }]) =>
      [`| \`${name}\``, shown === '' ? '–' : `\`${shown}\``, unit ?? '–', `${about} |`].join(' | '),
  );
  return ['| variable | default | unit | what it does |', '|---|---|---|---|', ...rows].join('\n');
}
