import { ConnectionAcquireTimeoutError, ConnectionError } from 'sequelize';
import { Unavailable } from '../../common/errors';

/**
 * What an error of MariaDB, or of its connector, means for the caller:
 * - `mistake`: the statement or its values are wrong. The same code fails again, everywhere: 500.
 * - `not-now`: the server cannot do it now; a later try, or one elsewhere, may succeed: 503.
 * - `lost`: the same, and the connection is dead.
 * - `demoted`: the same, and the server says that it is no longer the one to ask (read-only, shutting down, not in
 *   the cluster), or a proxy has none to ask: new connections may reach its successor.
 * - `incomplete`: the same, as the account lacks a right, or the database a table or column. Another version's migration
 *   may run still, and rights may be given; a connection keeps some of those that it began with.
 * - `full`: the same, as there is no room for another row.
 */
export type DatabaseErrorKind = 'mistake' | 'not-now' | 'lost' | 'demoted' | 'incomplete' | 'full';
/** What a server that answers refuses, and an operator can mend. */
export type DatabaseRefusal = Extract<DatabaseErrorKind, 'demoted' | 'incomplete' | 'full'>;

/** The classes of SQLSTATE (its first two characters) that blame the statement, its values or the order of statements. */
const MISTAKE_CLASSES = new Set(
  '01 02 07 0A 0K 0L 0Z 20 21 22 23 24 25 26 27 2B 2D 2F 34 35 38 39 3B 3C 3D 3F 42 44 45'.split(' '),
);

/** Of the classes above, but of the server's limits. */
const NOT_MISTAKES = new Set([
  1203, // max_user_connections
  1226, // a limit of the account
  1461, // max_prepared_stmt_count
]);

/** The classes of a table and of a column that is not there, whole. */
const NOT_THERE = new Set(['42S02', '42S22']);
const DENIED = new Set([
  1044, // the database
  1142, // a table
  1143, // a column
  1227, // something that needs a global right
  1370, // a routine
]);
const NO_DATABASE = 1049;

const NO_ROOM = new Set([
  1021, // disk full
  1114, // table full, as is its tablespace
]);
/** Many errors carry the number of the operating system's or the storage engine's in their text: no space, file full. */
const NO_ROOM_BELOW = /\b(?:error|errno|errcode):? (?:28|135|136)\b|no space left|quota exceeded/i;

/**
 * HY000 ("general error") says nothing: most of its errors are of the server's state (disk, memory, locks, storage
 * engine, cluster), and servers and proxies keep adding such. These blame the statement or its values.
 */
const GENERAL_MISTAKES = new Set([
  1093, 1096, 1111, 1175, 1193, 1210, 1221, 1228, 1229, 1238, 1243, 1267, 1270, 1271, 1272, 1273, 1288, 1295,
  1300, 1336, 1348, 1362, 1364, 1366, 1390, 1393, 1394, 1395, 1411, 1422, 1423, 1424, 1442, 1443, 1444, 1445,
  1471, 1526, 1578, 1644, 1697, 1748, 1977,
]);

/** MariaDB numbers its newer messages about the text of statements (windows, JSON, periods) from here to there. */
const NEWER_MISTAKES = { from: 4002, to: 4227 };
/** Within those: indexes full, a backup's lock, an account that is blocked, a rollback that the server asks for. */
const NEWER_NOT_MISTAKES = new Set([4060, 4067, 4068, 4139, 4145, 4150, 4151, 4173, 4192]);

/** Errors that the connector itself raises when it is called wrongly; its others are about the connection. */
const CONNECTOR_MISTAKES = new Set([
  45005, 45006, 45007, 45016, 45017, 45018, 45031, 45033, 45034, 45036, 45040, 45043, 45046, 45049, 45050,
  45051, 45052, 45053, 45055,
]);

/** Whatever their SQLSTATE: the server serves no writes, or nobody, any more. */
const DEMOTED = new Set([
  1036, // the table is read-only
  1047, // Galera: not (yet) in the cluster
  1053, // shutting down
  1077,
  1078,
  1079,
  1080,
  1792, // the transaction is read-only
  1836, // the server is in read-only mode
  1874, // InnoDB is in read-only mode
  3032, // offline mode
]);
const READ_ONLY_TRANSACTION = '25006';
/** "The server runs with --read-only"; other options can also prevent statements. */
const OPTION_PREVENTS = 1290;
const CONNECTION_KILLED = 1927;

const DUPLICATE_KEY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const MAX_PREPARED_STATEMENTS = 1461;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCKS = new Set([
  1020, // the row has changed since the transaction's snapshot
  1213,
  1467, // reports a deadlock over the AUTO-INC lock of an INSERT … SELECT
]);

interface ServerError {
  errno: number;
  /** Five characters, or empty. */
  sqlState: string;
  message: string;
}

/** The server's or the connector's part of an error; undefined: it is from neither. */
function serverError(error: unknown): ServerError | undefined {
  if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) return undefined;
  const sqlState = 'sqlState' in error && typeof error.sqlState === 'string' ? error.sqlState : '';
  return { errno: error.errno, sqlState, message: error.message };
}

/** Sequelize wraps the errors of statements that it has made. */
const unwrapped = (error: unknown): unknown =>
  error instanceof Error && error.name.startsWith('Sequelize') && 'original' in error
    ? error.original
    : error;

const errnoOf = (error: unknown): number | undefined => serverError(unwrapped(error))?.errno;

/** @param key which unique key it is to be; without: any */
export function isDuplicateKey(error: unknown, key = ''): boolean {
  const from = serverError(unwrapped(error));
  return from?.errno === DUPLICATE_KEY && from.message.includes(key);
}
export const isLockWaitTimeout = (error: unknown): boolean => errnoOf(error) === LOCK_WAIT_TIMEOUT;
export const isStatementLimit = (error: unknown): boolean => errnoOf(error) === MAX_PREPARED_STATEMENTS;

/** Whether the server has rolled the transaction back for the sake of another: it may be tried again at once. */
export function isDeadlock(error: unknown): boolean {
  const from = serverError(unwrapped(error));
  return from !== undefined && (DEADLOCKS.has(from.errno) || from.sqlState === SERIALIZATION_FAILURE);
}

/** Judges by SQLSTATE and by ranges of numbers, so that an error nobody has thought of is judged as well. */
export function databaseErrorKind(error: unknown): DatabaseErrorKind {
  const from = serverError(error);
  if (from !== undefined) return kindOf(from);
  if (!(error instanceof Error) || !error.name.startsWith('Sequelize')) return 'mistake';
  if (error instanceof ConnectionAcquireTimeoutError) return 'not-now';
  if (error instanceof ConnectionError) return 'lost';
  return databaseErrorKind((error as { original?: unknown }).original);
}

function kindOf({ errno, sqlState, message }: ServerError): DatabaseErrorKind {
  if (isOfTheConnection(errno)) return CONNECTOR_MISTAKES.has(errno) ? 'mistake' : 'lost';
  if (DEMOTED.has(errno) || sqlState === READ_ONLY_TRANSACTION || isOfAProxy(errno)) return 'demoted';
  if (errno === OPTION_PREVENTS) return /read.only/i.test(message) ? 'demoted' : 'not-now';
  if (errno === CONNECTION_KILLED || sqlState === '08S01') return 'lost';
  if (DENIED.has(errno) || errno === NO_DATABASE || NOT_THERE.has(sqlState)) return 'incomplete';
  if (NO_ROOM.has(errno)) return 'full';
  if (isMistake(errno, sqlState)) return 'mistake';
  if (NO_ROOM_BELOW.test(message)) return 'full';
  return 'not-now';
}

/**
 * Of this operating system (negative), of a proxy as the server's client (2xxx), or of the connector (45xxx). Below 1000
 * are the server's own errors with its files.
 */
const isOfTheConnection = (errno: number): boolean =>
  errno <= 0 || (errno >= 2000 && errno < 3000) || errno >= 45_000;

/** ProxySQL's own, all about the servers behind it. */
const isOfAProxy = (errno: number): boolean => errno >= 9000 && errno < 10_000;

function isMistake(errno: number, sqlState: string): boolean {
  if (NOT_MISTAKES.has(errno)) return false;
  if (MISTAKE_CLASSES.has(sqlState.slice(0, 2))) return true;
  if (sqlState !== '' && sqlState !== 'HY000') return false;
  if (GENERAL_MISTAKES.has(errno)) return true;
  return errno >= NEWER_MISTAKES.from && errno <= NEWER_MISTAKES.to && !NEWER_NOT_MISTAKES.has(errno);
}

/** MariaDB could not be reached: no connection, or no answer in time. */
export class DatabaseUnavailable extends Unavailable {
  constructor(override readonly cause: unknown) {
    super('The database');
  }
}

/** Turns errors that say "not now" into DatabaseUnavailable; leaves the others (bugs, broken constraints) alone. */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof Unavailable) return error;
  return databaseErrorKind(error) === 'mistake' ? error : new DatabaseUnavailable(error);
}

/**
 * Whether a transaction that failed with this was rolled back for what its statements met (a lock, a broken constraint),
 * so that a part of its work may succeed by itself. False: the server is away or late, or a COMMIT may have happened.
 */
export function isOfItsStatements(error: unknown): boolean {
  if (!(error instanceof DatabaseUnavailable)) return true;
  const from = serverError(error.cause);
  return from !== undefined && !['lost', 'demoted'].includes(kindOf(from));
}
