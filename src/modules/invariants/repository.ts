import type { Database, Statements } from '../../infra/database';
import { type Finding, ROWS_SHOWN, type Row, type SqlCheck } from './schema';

/** Looks for rows that break an invariant. Reads only, and locks nothing: it may run under live traffic. */
export class InvariantRepository {
  constructor(private readonly database: Database) {}

  /** @returns undefined when all is well */
  async find({ what, severity = 'violation', sql, binds }: SqlCheck): Promise<Finding | undefined> {
    const limited = `SELECT * FROM (${sql}) offending LIMIT ${ROWS_SHOWN + 1}`;
    const rows = await this.inSnapshot((on) => on.rows<Row>(limited, binds));
    if (rows.length === 0) return undefined;
    return { what, severity, rows: rows.slice(0, ROWS_SHOWN), more: rows.length > ROWS_SHOWN };
  }

  /** All tables as of one instant; a check that needs several of them would else see half of a sale. */
  private async inSnapshot<T>(work: (on: Statements) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await tx.run('COMMIT'); // the one begun for us is READ COMMITTED
      await tx.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await tx.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      return work(tx);
    });
  }
}
