import {
  type Database,
  isLockWaitTimeout,
  type SqlTransaction,
} from '../../../src/platform/database/database';

/** What became of a step: a statement has run, or would wait for a lock, or the transaction is over. */
type Step = 'ran' | 'waits' | 'over';

interface Statement {
  sql: string;
  run: () => Promise<unknown>;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

class RolledBack extends Error {}

/**
 * A transaction that goes on by a statement at a time and is rolled back in the end. A statement that would have to wait
 * for a lock says so, keeps the locks that it has got, and is tried again by the next step: no time decides.
 */
export class SteppedTransaction {
  private readonly called: Statement[] = [];
  private wake: () => void = () => undefined;
  private isOver = false;
  private readonly ended: Promise<void>;
  /** What `work` has thrown. */
  error: unknown;

  /** @param aheadSeconds by how much the transaction's clock is ahead */
  constructor(database: Database, work: (tx: SqlTransaction) => Promise<unknown>, aheadSeconds = 0) {
    this.ended = database
      .transaction(async (tx) => {
        await tx.execute('SET innodb_lock_wait_timeout = 0, timestamp = DEFAULT');
        if (aheadSeconds > 0) await tx.execute('SET timestamp = UNIX_TIMESTAMP() + ?', [aheadSeconds]);
        await work(this.stepped(tx)).catch((error: unknown) => (this.error = error));
        throw new RolledBack();
      })
      .catch((error: unknown) => {
        if (!(error instanceof RolledBack)) this.error = error;
      })
      .then(() => {
        this.isOver = true;
        this.wake();
      });
  }

  /** The statement that is next. */
  get next(): string {
    return (this.called[0]?.sql ?? '').replaceAll(/\s+/g, ' ').trim();
  }

  async step(): Promise<Step> {
    while (this.called.length === 0 && !this.isOver)
      await new Promise<void>((resolve) => (this.wake = resolve));
    const [first] = this.called;
    if (first === undefined) return 'over';
    try {
      first.resolve((await first.run()) as never);
    } catch (error) {
      if (isLockWaitTimeout(error)) return 'waits';
      first.reject(error);
    }
    this.called.shift();
    return 'ran';
  }

  /** Goes on until it has to wait, or is over. */
  async run(): Promise<'waits' | 'over'> {
    for (;;) {
      const step = await this.step();
      if (step !== 'ran') return step;
    }
  }

  /** Gives up the remaining steps, and waits for its end. */
  async end(): Promise<void> {
    while (!this.isOver) {
      for (const { reject } of this.called.splice(0)) reject(new RolledBack());
      await Promise.race([this.ended, new Promise<void>((resolve) => (this.wake = resolve))]);
    }
  }

  private stepped(tx: SqlTransaction): SqlTransaction {
    const call = <T>(sql: string, run: () => Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        this.called.push({ sql, run, resolve, reject });
        this.wake();
      });
    return {
      read: (sql, binds) => call(sql, () => tx.read(sql, binds)),
      query: (sql, binds) => call(sql, () => tx.query(sql, binds)),
      execute: (sql, binds) => call(sql, () => tx.execute(sql, binds)),
      insertRows: (sql, rows) => call(sql, () => tx.insertRows(sql, rows)),
    };
  }
}
