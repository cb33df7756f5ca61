import { Lifecycle, scoped } from 'tsyringe';
import { Database, isLockWaitTimeout, type SqlExecutor, UTF8 } from '../../platform/database/database';
import type { RequestKey } from './key';

export interface StoredAnswer {
  fingerprint: Buffer;
  status: number;
  answer: string;
}

const FIND = 'SELECT fingerprint, status, answer FROM idempotency_key WHERE user_id = ? AND id = ?';

/** A key with its answer. */
export interface Answer {
  key: RequestKey;
  status: number;
  answer: string;
}

const KEY_COLUMNS = `user_id BIGINT UNSIGNED PATH '$[0]', id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin PATH '$[1]'`;

/**
 * Takes the keys that are not answered yet. It waits for nobody: a row of a transaction still under way is error 1205
 * at once, which IGNORE does not pass over.
 */
const CLAIM = `SET STATEMENT innodb_lock_wait_timeout = 0 FOR
               INSERT IGNORE INTO idempotency_key (user_id, id, fingerprint, status, answer)
               SELECT user_id, id, UNHEX(fingerprint), 0, ''
                 FROM JSON_TABLE(?, '$[*]' COLUMNS (${KEY_COLUMNS}, fingerprint CHAR(64) CHARACTER SET ascii PATH '$[2]')) q
               RETURNING user_id AS userId, id`;

const STORE = `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (${KEY_COLUMNS}, status SMALLINT UNSIGNED PATH '$[2]',
                                                    answer LONGTEXT ${UTF8} PATH '$[3]')) q
               STRAIGHT_JOIN idempotency_key k FORCE INDEX (PRIMARY) ON k.user_id = q.user_id AND k.id = q.id
                  SET k.status = q.status, k.answer = q.answer`;

const GIVE_BACK = `DELETE k FROM JSON_TABLE(?, '$[*]' COLUMNS (${KEY_COLUMNS})) q
                   STRAIGHT_JOIN idempotency_key k FORCE INDEX (PRIMARY) ON k.user_id = q.user_id AND k.id = q.id`;

const REMEMBER =
  'INSERT IGNORE INTO idempotency_key (user_id, id, fingerprint, status, answer) VALUES (?, ?, ?, ?, ?)';

const FORGET_AT_ONCE = 1000;

const FORGET = 'DELETE FROM idempotency_key WHERE created_at < NOW(3) - INTERVAL ? HOUR LIMIT ?';

/** Which requests have been answered, and how. */
@scoped(Lifecycle.ContainerScoped)
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  async find(key: RequestKey): Promise<StoredAnswer | undefined> {
    const [row] = await this.database.query<StoredAnswer>(FIND, [key.userId, key.id]);
    return row;
  }

  /**
   * Takes keys for this transaction. @returns those that it has now; the others were answered before. `in flight`: another
   * transaction has one of them, and none was taken
   */
  async claim(tx: SqlExecutor, keys: RequestKey[]): Promise<Set<RequestKey> | 'in flight'> {
    const rows = keys.map(({ userId, id, fingerprint }) => [userId, id, fingerprint.toString('hex')]);
    try {
      const claimed = await tx.query<{ userId: number; id: string }>(CLAIM, [JSON.stringify(rows)]);
      const names = new Set(claimed.map(({ userId, id }) => `${userId} ${id}`));
      return new Set(keys.filter(({ userId, id }) => names.has(`${userId} ${id}`)));
    } catch (error) {
      if (isLockWaitTimeout(error)) return 'in flight';
      throw error;
    }
  }

  /** Stores the answers of keys that this transaction has. */
  async store(tx: SqlExecutor, answers: Answer[]): Promise<void> {
    const rows = answers.map(({ key, status, answer }) => [key.userId, key.id, status, answer]);
    await tx.execute(STORE, [JSON.stringify(rows)]);
  }

  /** Gives back keys that this transaction has: their requests may be tried again. */
  async giveBack(tx: SqlExecutor, keys: RequestKey[]): Promise<void> {
    await tx.execute(GIVE_BACK, [JSON.stringify(keys.map(({ userId, id }) => [userId, id]))]);
  }

  /** @returns false when the key was answered meanwhile, by a request that came later and was done sooner */
  async remember(key: RequestKey, status: number, answer: string): Promise<boolean> {
    const binds = [key.userId, key.id, key.fingerprint, status, answer];
    return (await this.database.execute(REMEMBER, binds)).affectedRows === 1;
  }

  /** @returns whether there may be more to forget */
  async forgetOlderThan(hours: number): Promise<boolean> {
    return (await this.database.execute(FORGET, [hours, FORGET_AT_ONCE])).affectedRows === FORGET_AT_ONCE;
  }
}
