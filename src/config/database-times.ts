import type { Config } from './fields';

type Times = Pick<Config, 'DATABASE_ACQUIRE_TIMEOUT_MS' | 'DATABASE_TIMEOUT_MS'>;

/**
 * How long a request may wait for its batch to begin: as long as the transactions before it may take. With less, a stall
 * that a transaction survives would refuse all who wait behind it.
 */
export const batchWaitMs = ({ DATABASE_TIMEOUT_MS }: Times): number => DATABASE_TIMEOUT_MS;

/** The longest time of a request at the database: the wait for its batch, the wait for a connection, its transaction. */
export const databaseRequestMs = (times: Times): number =>
  batchWaitMs(times) + times.DATABASE_ACQUIRE_TIMEOUT_MS + times.DATABASE_TIMEOUT_MS;

/** The longest time of a call of the notifier's webhook, whose transaction waits for it and has to commit afterwards. */
export const notifierMs = ({ DATABASE_TIMEOUT_MS }: Pick<Times, 'DATABASE_TIMEOUT_MS'>): number =>
  0.8 * DATABASE_TIMEOUT_MS;
