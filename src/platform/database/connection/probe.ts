import type { SqlExecutor } from '../database';

/** Changes no row and locks none, and is refused wherever a write would be: by a replica, by a node out of its cluster. */
const WRITE_NOTHING = "UPDATE outbox_lease SET held_until = held_until WHERE name = ''";

/** @throws DatabaseUnavailable if the database does not answer, or takes no writes */
export async function checkWritable(database: Pick<SqlExecutor, 'execute'>): Promise<void> {
  await database.execute(WRITE_NOTHING);
}
