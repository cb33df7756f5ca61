import { join } from 'node:path';
import type { SqlExecutor } from '../platform/database/database';
import { readMigrations } from './files';

const APPLIED = 'SELECT name FROM migration';

/** @returns the migrations of this version that the database has not had yet; those of a newer version do not matter */
export async function missingMigrations(on: SqlExecutor): Promise<string[]> {
  const applied = new Set((await on.query<{ name: string }>(APPLIED)).map(({ name }) => name));
  return readMigrations(join(__dirname, 'migrations'))
    .map(({ name }) => name)
    .filter((name) => !applied.has(name));
}
