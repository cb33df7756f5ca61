import { SqlError } from 'mariadb';
import {
  AccessDeniedError,
  ConnectionAcquireTimeoutError,
  ConnectionRefusedError,
  DatabaseError,
  HostNotFoundError,
} from 'sequelize';
import { Conflict } from '../../../src/common/errors';
import { databaseErrorKind, isDeadlock } from '../../../src/platform/database/errors';

const error = (errno: number, sqlState: string, message = `errno ${errno}`): Error =>
  new SqlError(message, undefined, false, undefined, sqlState, errno);

/** [errno, SQLSTATE, what] */
type Sample = [number, string, string];

const DEMOTED: Sample[] = [
  [1290, 'HY000', 'The MariaDB server is running with the --read-only option so it cannot execute this'],
  [1290, 'HY000', 'The MySQL server is running with the --super-read-only option'],
  [1290, 'HY000', 'The MariaDB server is running with the --innodb-read-only option'],
  [1792, '25006', 'Cannot execute statement in a READ ONLY transaction'],
  [3572, '25006', 'any read-only transaction'],
  [1047, '08S01', 'WSREP has not yet prepared node for application use'],
  [1053, '08S01', 'Server shutdown in progress'],
  [1836, 'HY000', 'Running in read-only mode'],
  [1874, 'HY000', 'InnoDB is in read only mode'],
  [1036, 'HY000', "Table 'payment' is read only"],
  [9001, 'HY000', 'ProxySQL: Max connect timeout reached while reaching hostgroup 0 after 10000ms'],
  [9002, 'HY000', 'ProxySQL: Max connect failure while reaching hostgroup'],
];
const LOST: Sample[] = [
  [2013, 'HY000', 'Lost connection to server during query'],
  [2006, 'HY000', 'Server has gone away'],
  [1927, '70100', 'Connection was killed'],
  [1158, '08S01', 'Got an error reading communication packets'],
  [1184, '08S01', 'Aborted connection'],
  [-104, '08S01', 'read ECONNRESET'],
  [-111, '08S01', 'connect ECONNREFUSED'],
  [45_009, '08S01', 'socket has unexpectedly been closed'],
  [45_012, '08S01', 'Connection timeout'],
  [45_013, '08S01', 'Cannot execute new commands: connection closed'],
  [45_099, 'HY000', 'an error that a later connector has'],
];
const NOT_NOW: Sample[] = [
  [1015, 'HY000', "Can't lock file"],
  [1020, 'HY000', 'Record has changed since last read'],
  [1026, 'HY000', 'Error writing file'],
  [1030, 'HY000', 'Got error 168 "Unknown (generic) error from engine" from storage engine InnoDB'],
  [1030, 'HY000', 'Got error 128 "Out of memory in engine" from storage engine'],
  [1037, 'HY001', 'Out of memory'],
  [1040, '08004', 'Too many connections'],
  [1041, 'HY000', 'Out of memory'],
  [1105, 'HY000', 'Unknown error'],
  [1119, 'HY000', 'Thread stack overrun'],
  [1129, 'HY000', 'Host is blocked because of many connection errors'],
  [1135, 'HY000', "Can't create a new thread"],
  [1180, 'HY000', 'Got error 149 during COMMIT'],
  [1194, 'HY000', 'Table is marked as crashed'],
  [1197, 'HY000', 'Multi-statement transaction required more than max_binlog_cache_size'],
  [1205, 'HY000', 'Lock wait timeout exceeded'],
  [1206, 'HY000', 'The total number of locks exceeds the lock table size'],
  [1213, '40001', 'Deadlock found'],
  [1223, 'HY000', 'there is a conflicting read lock'],
  [1290, 'HY000', 'running with the --skip-grant-tables option'],
  [1296, 'HY000', 'Got error from the engine'],
  [1297, 'HY000', 'Got temporary error'],
  [1317, '70100', 'Query execution was interrupted'],
  [1412, 'HY000', 'Table definition has changed, please retry transaction'],
  [1467, 'HY000', 'Failed to read auto-increment value'],
  [1615, 'HY000', 'Prepared statement needs to be re-prepared'],
  [1637, 'HY000', 'Too many active concurrent transactions'],
  [1815, 'HY000', 'Internal error'],
  [1969, '70100', 'Query execution was interrupted (max_statement_time exceeded)'],
  [3024, 'HY000', 'maximum statement execution time exceeded'],
  [4145, 'HY000', 'BACKUP LOCK is active'],
  [4999, 'HY000', 'an error that a later server has'],
  [1203, '42000', 'User has already more than max_user_connections'],
  [1226, '42000', 'User has exceeded the max_questions resource'],
  [1461, '42000', "Can't create more than max_prepared_stmt_count statements"],
  [1045, '28000', 'Access denied for user'],
  [1000, '53300', 'a class of insufficient resources'],
  [1000, '57P03', 'a class of operator intervention'],
  [1000, 'XA102', 'the transaction branch was rolled back'],
];
const INCOMPLETE: Sample[] = [
  [1044, '42000', 'Access denied to database'],
  [1049, '42000', 'Unknown database'],
  [1054, '42S22', 'Unknown column'],
  [1142, '42000', 'UPDATE command denied to user'],
  [1143, '42000', 'SELECT command denied for column'],
  [1146, '42S02', "Table doesn't exist"],
  [1227, '42000', 'you need the SUPER privilege'],
  [1370, '42000', 'execute command denied to user for routine'],
  [1932, '42S02', "Table doesn't exist in engine"],
  [4999, '42S02', 'a table that is not there, in the words of a later server'],
];
const FULL: Sample[] = [
  [1021, 'HY000', 'Disk full'],
  [1114, 'HY000', 'The table is full'],
  [3, 'HY000', 'Error writing file \'/tmp/x\' (Errcode: 28 "No space left on device")'],
  [1005, 'HY000', 'Can\'t create table (errno: 28 "No space left on device")'],
  [1026, 'HY000', 'Error writing file (errno: 122 "Disk quota exceeded")'],
  [1030, 'HY000', 'Got error 28 from storage engine'],
  [1030, 'HY000', 'Got error 135 "No more room in record file" from storage engine'],
  [1180, 'HY000', 'Got error 28 "No space left on device" during COMMIT'],
];
const MISTAKES: Sample[] = [
  [1048, '23000', 'Column cannot be null'],
  [1052, '23000', 'Column is ambiguous'],
  [1062, '23000', 'Duplicate entry'],
  [1064, '42000', 'You have an error in your SQL syntax'],
  [1093, 'HY000', "You can't specify target table for update"],
  [1136, '21S01', "Column count doesn't match value count"],
  [1210, 'HY000', 'Incorrect arguments to EXECUTE'],
  [1242, '21000', 'Subquery returns more than 1 row'],
  [1264, '22003', 'Out of range value'],
  [1267, 'HY000', 'Illegal mix of collations'],
  [1292, '22007', 'Incorrect datetime value'],
  [1295, 'HY000', 'This command is not supported in the prepared statement protocol yet'],
  [1364, 'HY000', "Field doesn't have a default value"],
  [1366, '22007', 'Incorrect string value'],
  [1390, 'HY000', 'Prepared statement contains too many placeholders'],
  [1406, '22001', 'Data too long for column'],
  [1451, '23000', 'Cannot delete or update a parent row'],
  [1452, '23000', 'Cannot add or update a child row'],
  [1644, '45000', 'a signal of a trigger'],
  [1690, '22003', 'BIGINT value is out of range'],
  [4025, '23000', 'CONSTRAINT failed'],
  [4038, 'HY000', 'Syntax error in JSON text'],
  [4176, 'HY000', "Can't store an array or an object in the scalar column of JSON_TABLE"],
  [45_016, 'HY000', 'Parameter at position 1 is not set'],
  [45_049, 'HY000', 'sql parameter is mandatory'],
];

describe('an error of the database', () => {
  it.each([
    ...DEMOTED.map((sample) => ['demoted', ...sample] as const),
    ...LOST.map((sample) => ['lost', ...sample] as const),
    ...NOT_NOW.map((sample) => ['not-now', ...sample] as const),
    ...INCOMPLETE.map((sample) => ['incomplete', ...sample] as const),
    ...FULL.map((sample) => ['full', ...sample] as const),
    ...MISTAKES.map((sample) => ['mistake', ...sample] as const),
  ])('is %s: %d %s %s', (kind, errno, sqlState, message) => {
    expect(databaseErrorKind(error(errno, sqlState, message))).toBe(kind);
  });

  it.each<[string, Error, string]>([
    ['a refused connection', new ConnectionRefusedError(error(-111, '08S01')), 'lost'],
    ['a host that DNS does not know', new HostNotFoundError(error(-3008, '08S01')), 'lost'],
    ['a wrong password', new AccessDeniedError(error(1045, '28000')), 'lost'],
    ['no free connection', new ConnectionAcquireTimeoutError(new Error('timeout')), 'not-now'],
    ['a failed COMMIT of Sequelize', new DatabaseError(error(1180, 'HY000') as never), 'not-now'],
    ['a wrong statement of Sequelize', new DatabaseError(error(1064, '42000') as never), 'mistake'],
    [
      'a table of Sequelize that is not there',
      new DatabaseError(error(1146, '42S02') as never),
      'incomplete',
    ],
    ['a bug of ours', new TypeError('x is not a function'), 'mistake'],
    ['a business error', new Conflict('The seat is taken.'), 'mistake'],
  ])('is judged through its wrapping: %s', (_what, wrapped, kind) => {
    expect(databaseErrorKind(wrapped)).toBe(kind);
  });

  it('lets the transaction be tried again if it is a deadlock, in whichever form it is reported', () => {
    const deadlocks: [number, string][] = [
      [1213, '40001'],
      [1213, 'HY000'],
      [1467, 'HY000'],
      [1020, 'HY000'],
      [3101, '40001'],
    ];
    for (const [errno, sqlState] of deadlocks) expect(isDeadlock(error(errno, sqlState))).toBe(true);
    for (const [errno, sqlState] of [...MISTAKES, ...INCOMPLETE, ...FULL, ...LOST, ...DEMOTED])
      expect(isDeadlock(error(errno, sqlState))).toBe(false);
    expect(isDeadlock(error(1205, 'HY000'))).toBe(false); // it undoes one statement, and has waited for long
  });
});
