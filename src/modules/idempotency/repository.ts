import { Lifecycle, scoped } from 'tsyringe';
import {
  Database,
  isDuplicateKey,
  isLockWaitTimeout,
  type SqlExecutor,
} from '../../platform/database/database';
import type { RequestKey } from './key';

export interface StoredAnswer {
  fingerprint: Buffer;
  status: number;
  answer: string;
}

const FIND = 'SELECT fingerprint, status, answer FROM idempotency_key WHERE user_id = ? AND id = ?';

/** Waits for nobody: a row of a transaction still under way is error 1205 at once. */
const CLAIM = `SET STATEMENT innodb_lock_wait_timeout = 0 FOR
               INSERT INTO idempotency_key (user_id, id, fingerprint, status, answer) VALUES (?, ?, ?, 0, '')`;

const STORE = 'UPDATE idempotency_key SET status = ?, answer = ? WHERE user_id = ? AND id = ?';

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

  /** Takes the key for this transaction. `done`: answered before; `in flight`: another transaction has it now. */
  async claim(tx: SqlExecutor, key: RequestKey): Promise<'claimed' | 'done' | 'in flight'> {
    try {
      await tx.execute(CLAIM, [key.userId, key.id, key.fingerprint]);
      return 'claimed';
    } catch (error) {
      if (isDuplicateKey(error)) return 'done';
      if (isLockWaitTimeout(error)) return 'in flight';
      throw error;
    }
  }

  async store(tx: SqlExecutor, key: RequestKey, status: number, answer: string): Promise<void> {
    await tx.execute(STORE, [status, answer, key.userId, key.id]);
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
