import { LRUCache } from 'lru-cache';
import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../infra/database';

const EXISTS = 'SELECT 1 FROM member WHERE id = ?';

/** Knows which members exist. Members are never deleted, so a yes is remembered; a no is asked again. */
@scoped(Lifecycle.ContainerScoped)
export class MemberDirectory {
  private readonly known = new LRUCache<number, true>({ max: 1_000_000 });

  constructor(private readonly database: Database) {}

  async exists(userId: number): Promise<boolean> {
    if (this.known.has(userId)) return true;
    const rows = await this.database.rows(EXISTS, [userId]);
    if (rows.length === 0) return false;
    this.known.set(userId, true);
    return true;
  }
}
