import { LRUCache } from 'lru-cache';
import { Lifecycle, scoped } from 'tsyringe';
import { Database, isDuplicateKey } from '../../platform/database/database';

const FIND = 'SELECT id FROM member WHERE issuer = ? AND subject = ?';
const CREATE = 'INSERT INTO member (issuer, subject) VALUES (?, ?)';

/** About 20 MB. */
const REMEMBERED = 100_000;

/** Which user the shop means by a subject. Neither ever changes, so what is known needs no query. */
@scoped(Lifecycle.ContainerScoped)
export class SubjectDirectory {
  private readonly known = new LRUCache<string, number>({ max: REMEMBERED });

  constructor(private readonly database: Database) {}

  /** Without asking the database; undefined: the user may exist all the same. */
  knownIdOf(subject: string): number | undefined {
    return this.known.get(subject);
  }

  /** @param issuer always the same one in a process */
  async findOrCreate(issuer: string, subject: string): Promise<{ userId: number; isNew: boolean }> {
    const found = await this.find(issuer, subject);
    const { userId, isNew } =
      found === undefined ? await this.create(issuer, subject) : { userId: found, isNew: false };
    this.known.set(subject, userId);
    return { userId, isNew };
  }

  private async find(issuer: string, subject: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ id: number }>(FIND, [issuer, subject]);
    return row?.id;
  }

  private async create(issuer: string, subject: string): Promise<{ userId: number; isNew: boolean }> {
    try {
      return { userId: (await this.database.execute(CREATE, [issuer, subject])).insertId, isNew: true };
    } catch (error) {
      const userId = isDuplicateKey(error) ? await this.find(issuer, subject) : undefined;
      if (userId === undefined) throw error;
      return { userId, isNew: false }; // made by another request meanwhile
    }
  }
}
