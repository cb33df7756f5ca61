import { integer, oneOf } from '../field';
import { brokers, databaseUrl, redisUrls, text } from '../text-field';

/** Where the stores are, and how long they may take. */
export const storesFields = {
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
    about:
      'Redis ≥ 7.0 or Valkey; url,url,…: nodes of a Redis Cluster; redis+sentinel://host:26379,host:26379/master/0: by sentinels; rediss: TLS',
  }),
  REDIS_TIMEOUT_MS: integer({
    min: 50,
    max: 60_000,
    default: 1000,
    unit: 'ms',
    about: 'Longest time that a Redis command may take before 503',
  }),
  KAFKA_BROKERS: brokers({ about: 'host:port,…; empty: events are handled in-process' }),
  KAFKA_SECURITY_PROTOCOL: oneOf({
    values: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    default: 'PLAINTEXT',
    about: 'Of the brokers’ listener: SSL is TLS, SASL a login',
  }),
  KAFKA_SASL_MECHANISM: oneOf({
    values: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    default: 'SCRAM-SHA-512',
    about: 'How the brokers check the login',
  }),
  KAFKA_SASL_USERNAME: text({ default: '', about: 'Account for the brokers' }),
  KAFKA_SASL_PASSWORD: text({ default: '', about: 'Its password' }),
};
