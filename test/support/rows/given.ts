import { randomInt } from 'node:crypto';
import { Database, type SqlExecutor, type SqlTransaction } from '../../../src/platform/database/database';
import { testConfig } from '../config';
import { signal } from '../wait';

/** The database as the product has it, with limits that are wide enough for a busy machine. */
export function openDatabase(poolMax: number, url = testConfig().DATABASE_URL): Database {
  return new Database({ url, poolMax, acquireMs: 60_000, timeoutMs: 60_000 });
}

/** The database as its owner, for making rows and for looking at what came of them. */
export const openAdminDatabase = (): Database => openDatabase(4, testConfig().DATABASE_ADMIN_URL);

export interface GivenSeat {
  id: number;
  position: number;
  amount: number;
}

/** Makes rows on the real database; every row has its own ids, and tests share nothing. */
export class Given {
  constructor(readonly database: SqlExecutor) {}

  /** A user with an opening balance and the ledger entry that goes with it. */
  async user(balance = 0): Promise<number> {
    const { insertId } = await this.database.execute('INSERT INTO member (name, balance) VALUES (?, ?)', [
      'Test user',
      balance,
    ]);
    if (balance > 0)
      await this.database.execute(
        "INSERT INTO payment_history (user_id, kind, amount, balance_after) VALUES (?, 'CHARGE', ?, ?)",
        [insertId, balance, balance],
      );
    return insertId;
  }

  async users(count: number, balance = 0): Promise<number[]> {
    return Promise.all(Array.from({ length: count }, () => this.user(balance)));
  }

  /** A schedule with seats 1 … count; `startsInSeconds` may be negative. */
  async scheduleWithSeats(
    count: number,
    { amount = 100, startsInSeconds = 86_400 }: { amount?: number; startsInSeconds?: number } = {},
  ): Promise<{ id: number; title: string; seats: GivenSeat[] }> {
    const title = `Test concert ${randomInt(1e9)}`;
    const concert = await this.database.execute('INSERT INTO concert (title) VALUES (?)', [title]);
    const { insertId: id } = await this.database.execute(
      `INSERT INTO concert_schedule (concert_id, starts_at, ends_at)
       VALUES (?, NOW(3) + INTERVAL ? SECOND, NOW(3) + INTERVAL ? SECOND)`,
      [concert.insertId, startsInSeconds, startsInSeconds + 7200],
    );
    await this.database.execute(
      `INSERT INTO concert_seat (schedule_id, position, amount) VALUES ${Array.from({ length: count }, () => '(?, ?, ?)').join(', ')}`,
      Array.from({ length: count }, (_, i) => [id, i + 1, amount]).flat(),
    );
    const seats = await this.database.query<GivenSeat>(
      'SELECT id, position, amount FROM concert_seat WHERE schedule_id = ? ORDER BY position',
      [id],
    );
    return { id, title, seats };
  }

  /** Lets the hold of a reservation be past, as if its time had gone by; in one step, because expiry jobs run meanwhile. */
  async holdIsPast(reservationId: number): Promise<void> {
    await this.database.execute(
      `UPDATE reservation r JOIN concert_seat s ON s.id = r.seat_id JOIN orders o ON o.id = r.order_id
          SET r.held_until = NOW(3) - INTERVAL 1 SECOND, s.held_until = NOW(3) - INTERVAL 1 SECOND,
              o.held_until = NOW(3) - INTERVAL 1 SECOND
        WHERE r.id = ? AND s.status = 'TEMP_RESERVED'`,
      [reservationId],
    );
  }
}

/** A transaction that has done `work` and stays open until `end` is called; with an error it is rolled back. */
export async function openTransaction(
  admin: Database,
  work: (tx: SqlTransaction) => Promise<unknown>,
): Promise<{ end: (error?: Error) => void; ended: Promise<void> }> {
  let error: Error | undefined;
  const [begun, over] = [signal(), signal()];
  const ended = admin.transaction(async (tx) => {
    await work(tx);
    begun.give();
    await over.given;
    if (error !== undefined) throw error;
  });
  await Promise.race([begun.given, ended]);
  const end = (why?: Error): void => {
    error = why;
    over.give();
  };
  return { end, ended };
}

/** Locks users' rows, as a slow payment does, until `letGo` is called; `locked` is then the lock's end. */
export async function lockUsers(
  admin: Database,
  userIds: number[],
): Promise<{ letGo: () => void; locked: Promise<void> }> {
  const { end, ended } = await openTransaction(admin, (tx) =>
    tx.query(`SELECT id FROM member WHERE id IN (${userIds.join()}) FOR UPDATE`),
  );
  return { letGo: end, locked: ended };
}
