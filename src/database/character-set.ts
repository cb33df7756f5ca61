import type { SqlExecutor } from '../platform/database/database';
import { RIGHTS } from './grants';
import { quoteName } from './names';

/** Server errors that say "you may not alter this database". */
const DENIED = new Set([1044, 1227]);

const DEFAULT = `SELECT default_character_set_name AS charset, default_collation_name AS collation
                   FROM information_schema.schemata WHERE schema_name = ?`;

const NOT_UTF8MB4 = `SELECT DISTINCT table_name AS name FROM information_schema.columns
                      WHERE table_schema = ? AND character_set_name NOT IN ('utf8mb4', 'ascii') ORDER BY 1`;

/** The tables that are the product's: others may share its database. */
const OURS = new Set(Object.keys(RIGHTS));

/**
 * Makes utf8mb4 what new tables of the database have by default. Without the right to do so it
 * says what an administrator should run: migrations name the character set of each table, so they work all the same.
 */
export async function pinDefault(
  on: SqlExecutor,
  database: string,
  report: (line: string) => void,
): Promise<void> {
  const [found] = await on.query<{ charset: string; collation: string }>(DEFAULT, [database]);
  if (found === undefined || found.charset === 'utf8mb4') return;
  const alter = `ALTER DATABASE ${quoteName(database)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
  try {
    await on.execute(alter);
    report(
      `the database's default is now utf8mb4 (utf8mb4_bin); it was ${found.charset} (${found.collation})`,
    );
  } catch (error) {
    if (!DENIED.has((error as { errno?: number }).errno ?? 0)) throw error;
    report(
      `the database's default is ${found.charset} (${found.collation}), and this account may not change it. ` +
        `As an administrator, run: ${alter}`,
    );
  }
}

/**
 * Converts those of the product's tables that hold text in another character set than utf8mb4 (or ascii, for ids).
 * Their text stays what it is; writes to a table wait while it is converted.
 */
export async function convertTables(
  on: SqlExecutor,
  database: string,
  report: (line: string) => void,
): Promise<void> {
  const tables = await on.query<{ name: string }>(NOT_UTF8MB4, [database]);
  for (const { name } of tables.filter((table) => OURS.has(table.name))) {
    // DYNAMIC: older row formats have too little room in an index for utf8mb4.
    await on.execute(
      `ALTER TABLE ${quoteName(name)} ROW_FORMAT = DYNAMIC, CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    );
    report(`converted the text of ${name} to utf8mb4`);
  }
}
