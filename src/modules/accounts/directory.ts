import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';
import { SparseBits } from '../../common/sparse-bits';

const EXISTS = 'SELECT 1 FROM member WHERE id = ?';

const NEXT = 'SELECT id FROM member WHERE id > ? ORDER BY id LIMIT 20000';

/** Remembers which users exist, a bit each. Users are never deleted, so only a missing one is looked up again. */
@scoped(Lifecycle.ContainerScoped)
export class UserDirectory {
  private readonly known = new SparseBits();
  private loadedUpTo = 0;

  constructor(private readonly database: Database) {}

  /** Without asking the database; false: the user may exist all the same. */
  isKnown(userId: number): boolean {
    return this.known.has(userId);
  }

  async exists(userId: number): Promise<boolean> {
    if (this.known.has(userId)) return true;
    const rows = await this.database.query(EXISTS, [userId]);
    if (rows.length === 0) return false;
    this.known.add(userId);
    return true;
  }

  /** Loads the next users by id, so that the first request of each needs no query. @returns whether there may be more */
  async loadMore(): Promise<boolean> {
    const rows = await this.database.query<{ id: number }>(NEXT, [this.loadedUpTo]);
    for (const { id } of rows) this.known.add(id);
    this.loadedUpTo = rows.at(-1)?.id ?? this.loadedUpTo;
    return rows.length > 0;
  }
}
