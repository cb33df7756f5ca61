import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnableMigration } from 'umzug';
import { describeDatabaseError } from '../platform/database/connection/ready';
import type { SqlExecutor } from '../platform/database/database';
import { splitStatements } from './statements';

const UP = /^(\d{4}-[a-z0-9-]+)\.up\.sql$/;

/** MariaDB commits each DDL statement by itself, so a failure may leave a migration half done: say where. */
async function runFile(path: string, on: SqlExecutor): Promise<void> {
  const statements = splitStatements(readFileSync(path, 'utf8'));
  for (const [index, statement] of statements.entries()) {
    try {
      await on.execute(statement);
    } catch (error) {
      const before = index === 0 ? '' : ` The ${index} before it took effect and cannot be rolled back.`;
      const what = `statement ${index + 1} of ${statements.length}: ${describeDatabaseError(error)}.${before}`;
      throw new Error(what, { cause: error });
    }
  }
}

/** The migrations of a folder, `NNNN-name.up.sql` with `NNNN-name.down.sql` as the way back, in order. */
export function readMigrations(folder: string): RunnableMigration<SqlExecutor>[] {
  const files = new Set(readdirSync(folder));
  const names = [...files].map((file) => UP.exec(file)?.[1]).filter((name) => name !== undefined);
  if (names.length === 0)
    throw new Error(`no migrations (NNNN-name.up.sql) in ${folder}: was the build complete?`);
  return names.sort().map((name) => ({
    name,
    up: ({ context }) => runFile(join(folder, `${name}.up.sql`), context),
    down: async ({ context }) => {
      if (!files.has(`${name}.down.sql`)) throw new Error('it has no way back (no .down.sql)');
      await runFile(join(folder, `${name}.down.sql`), context);
    },
  }));
}
