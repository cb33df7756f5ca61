import { isIP } from 'node:net';
import type { DatabaseTarget } from '../../../config/urls';
import type { Tracer } from '../../observability/traces/tracer';
import type { DatabaseRefusal } from '../errors';

export interface DatabaseOptions {
  url: string;
  poolMax: number;
  acquireMs: number;
  timeoutMs: number;
  /** Most prepared statements that a connection keeps. */
  statementsMax?: number;
  /** Gives statements and transactions their spans. */
  tracer?: Tracer;
  /** Called with each refusal; of a demoted server, whenever all connections are given up for new ones. */
  onRefused?: (kind: DatabaseRefusal, error: unknown) => void;
}

const DEFAULT_STATEMENTS_MAX = 48;

/**
 * A statement waits for a row lock for two thirds of the time that its unit of work may take (2 s by default). The
 * server ends a transaction that a vanished host has left behind after 10 s, or later if work may take longer.
 * @param timeoutMs longest time that a unit of work may take
 */
export function lockTimeouts(timeoutMs: number): string {
  const lockWaitSeconds = Math.min(50, Math.max(1, Math.floor((timeoutMs * 2) / 3000)));
  const idleSeconds = Math.min(60, Math.max(10, Math.ceil(timeoutMs / 1000)));
  return `innodb_lock_wait_timeout = ${lockWaitSeconds}, idle_transaction_timeout = ${idleSeconds}`;
}

/** How each connection is made and what its session is set to, in the words of the connector. */
export const connectionOptions = (options: DatabaseOptions, { ssl, host }: DatabaseTarget): object => ({
  // Without the host Node compares the certificate of a server that is named by its address with "localhost".
  ssl: ssl && { host, ...(isIP(host) === 0 && { servername: host }) },
  timezone: '+00:00',
  typeCast: undefined,
  bigIntAsNumber: true,
  insertIdAsNumber: true,
  decimalAsNumber: true,
  checkNumberRange: true,
  autoJsonMap: false,
  foundRows: true, // affectedRows of an UPDATE are those that matched: a guard holds though nothing changes
  prepareCacheLength: options.statementsMax ?? DEFAULT_STATEMENTS_MAX,
  connectTimeout: Math.min(options.acquireMs, options.timeoutMs),
  // READ COMMITTED: no gap locks, and sub-selects of a write take no locks. The rest does not depend on how the
  // server is set up: text is utf8mb4 and never cut, statements commit themselves, tables are made with transactions.
  initSql: [
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin, time_zone = '+00:00', autocommit = 1",
    // oxlint-disable-next-line eslint-js/no-restricted-syntax -- numbers
    `SET ${lockTimeouts(options.timeoutMs)}, default_storage_engine = InnoDB`,
    // MariaDB's own default since 10.2
    "SET sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION'",
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  ],
});
