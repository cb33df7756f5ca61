import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';
import { SparseBits } from '../../common/sparse-bits';

const EXISTS = 'SELECT 1 FROM member WHERE id = ?';

const NEXT = 'SELECT id FROM member WHERE id > ? ORDER BY id LIMIT 20000';

/** Knows which members exist, a bit each. Members are never deleted, so a yes is remembered; a no is asked again. */
@scoped(Lifecycle.ContainerScoped)
export class UserDirectory {
  private readonly known = new SparseBits();
  private loadedUpTo = 0;

  constructor(private readonly database: Database) {}

  /** Without asking the database; false may still be a member. */
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

  /** Learns the next members by id, so that an opening finds them known. @returns whether there may be more */
  async learnMore(): Promise<boolean> {
    const rows = await this.database.query<{ id: number }>(NEXT, [this.loadedUpTo]);
    for (const { id } of rows) this.known.add(id);
    this.loadedUpTo = rows.at(-1)?.id ?? this.loadedUpTo;
    return rows.length > 0;
  }
}
