import { randomBytes } from 'node:crypto';
import { ConfigError, loadConfig, type Config } from '../../src/config/config';

/** A busy machine may stand still for seconds: only the tests of these limits have narrow ones. */
export const WIDE_LIMITS = {
  REDIS_TIMEOUT_MS: '20000',
  DATABASE_ACQUIRE_TIMEOUT_MS: '20000',
  DATABASE_TIMEOUT_MS: '30000',
  NOTIFIER_TIMEOUT_MS: '20000',
  LOAD_SHEDDING_MAX_DELAY_MS: '60000',
  HTTP_REQUEST_TIMEOUT_MS: '120000',
};

/** The configuration of a test: the runner's services, a free port, quiet, and what the test asks for. */
export function testConfig(overrides: Record<string, string | number> = {}): Config {
  const own = Object.fromEntries(Object.entries(overrides).map(([name, value]) => [name, String(value)]));
  return loadConfig({
    ...process.env,
    ...WIDE_LIMITS,
    NODE_ENV: 'test',
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    KAFKA_BROKERS: '',
    QUEUE_ID: uniqueQueueId(), // tests run side by side on one Redis
    DATABASE_POOL_MAX: '16',
    QUEUE_ADMISSION_INTERVAL_MS: '20',
    QUEUE_ADMIT_BY_SEATS: 'off', // tests race for single seats, and share a database
    INVARIANT_CHECK_INTERVAL_SECONDS: '0', // tests spoil rows, and share a database
    ...own,
  });
}

/** A queue of the test's own: tests run side by side on one Redis. */
export const uniqueQueueId = (): string => `test-${randomBytes(6).toString('hex')}`;

/** What is wrong with an environment, one line per variable. */
export function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
