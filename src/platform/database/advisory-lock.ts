import type { Database, SqlExecutor } from './database';

const WAIT_SECONDS = 3600;
const TAKE_LOCK = "SELECT GET_LOCK(CONCAT(?, ':', MD5(DATABASE())), ?) AS taken";
const RELEASE_LOCK = "DO RELEASE_LOCK(CONCAT(?, ':', MD5(DATABASE())))";

/**
 * Runs a tool's work while no other process does the same on this database. `on` is the connection that has the lock:
 * what runs on it ends together with the lock, should the connection break. Each of its statements commits by itself, since
 * what a tool reports as done must outlive a later failure.
 * @param name of the lock, without the database's
 * @param report called if another process has it
 */
export async function withAdvisoryLock<T>(
  database: Database,
  name: string,
  report: (line: string) => void,
  work: (on: SqlExecutor) => Promise<T>,
): Promise<T> {
  return database.onOneConnection(async (on) => {
    await takeLock(on, name, report);
    try {
      return await work(on);
    } finally {
      await on.execute(RELEASE_LOCK, [name]).catch(() => undefined); // the connection's end releases it too
    }
  });
}

async function takeLock(on: SqlExecutor, name: string, report: (line: string) => void): Promise<void> {
  for (const seconds of [0, WAIT_SECONDS]) {
    const [lock] = await on.query<{ taken: number | null }>(TAKE_LOCK, [name, seconds]);
    if (lock?.taken === 1) return;
    if (seconds === 0) report(`another process does this (${name}) already: waiting for it …`);
  }
  throw new Error(
    `another process has been at it (${name}) for an hour: see what it waits for (SHOW PROCESSLIST)`,
  );
}
