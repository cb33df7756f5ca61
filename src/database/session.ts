import type { Database, SqlExecutor } from '../platform/database/database';
import { describeDatabaseError, openDatabase, rootCause } from '../platform/database/connection/ready';
import { withAdvisoryLock } from '../platform/database/advisory-lock';
import { quoteAccount, quoteName } from './names';

/** Longest a run may take, its wait for another process included. */
const RUN_MS = 6 * 3_600_000;
/** A table in use is waited for this long; meanwhile everybody else waits behind us. */
const TABLE_WAIT_SECONDS = 30;

const WHO = 'SELECT CURRENT_USER() AS account, DATABASE() AS name';

/** Server errors that say "you may not". */
const DENIED = new Set([1044, 1142, 1143, 1227, 1370]);

export interface SessionOptions {
  adminUrl: string;
  /** Called at each step. */
  report: (line: string) => void;
  /** How long to wait for a server that is just starting; default: not at all. */
  patienceMs?: number | undefined;
}

export interface Session {
  on: SqlExecutor;
  database: Database;
  /** As CURRENT_USER() has it: user@host. */
  account: string;
  /** The database's name. */
  name: string;
}

/** Runs `work` while no other process migrates this database. */
export async function withMigrationLock<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { adminUrl, report, patienceMs } = options;
  const database = await openDatabase({ url: adminUrl, timeoutMs: RUN_MS, report, patienceMs });
  try {
    const [who] = await database.query<{ account: string; name: string | null }>(WHO);
    if (who?.name == null)
      throw new Error('DATABASE_ADMIN_URL must name a database: mariadb://user:password@host:port/database');
    const { account, name } = who;
    return await withAdvisoryLock(database, 'migrate', report, async (on) => {
      await on.execute(`SET SESSION lock_wait_timeout = ${TABLE_WAIT_SECONDS}`);
      const session = { on, database, account, name };
      return work(session).catch((error: unknown) => {
        throw explainDenial(error, session);
      });
    });
  } finally {
    await database.close();
  }
}

function explainDenial(error: unknown, { account, name }: Session): unknown {
  if (!DENIED.has(rootCause(error).errno ?? 0)) return error;
  const remedy = `GRANT ALL PRIVILEGES ON ${quoteName(name)}.* TO ${quoteAccount(account)} WITH GRANT OPTION`;
  return new Error(
    `The account of DATABASE_ADMIN_URL lacks a right: ${describeDatabaseError(error)}. As an administrator, run: ${remedy}`,
    { cause: error },
  );
}
