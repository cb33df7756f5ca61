import type { Database } from '../../platform/database/database';

/** Won that every user starts with. */
const OPENING_BALANCE = 1_000_000;
/** Users in one transaction: many enough to be fast, few enough to block nobody. */
const CHUNK = 10_000;

const missingUsers = (from: number, to: number): string => `
  INSERT INTO member (id, name, balance)
  SELECT seq, CONCAT('User ', seq), ${OPENING_BALANCE}
    FROM seq_${from}_to_${to} n
   WHERE NOT EXISTS (SELECT 1 FROM member m WHERE m.id = n.seq)`;

/** The ledger's first row of the users just added: a user with a balance and no ledger exists only in this transaction. */
const OPENING_CHARGES = `
  INSERT INTO payment_history (user_id, kind, amount, balance_after)
  SELECT m.id, 'CHARGE', m.balance, m.balance
    FROM member m
   WHERE m.id BETWEEN ? AND ? AND m.balance = ${OPENING_BALANCE}
     AND NOT EXISTS (SELECT 1 FROM payment_history h WHERE h.user_id = m.id)`;

const LOWEST = 'SELECT id, name FROM member ORDER BY id LIMIT 1';

/** Whether there are users. Those of a run that broke off do not count: user 1 comes with the last chunk. */
export async function hasUsers(database: Database): Promise<boolean> {
  const [lowest] = await database.query<{ id: number; name: string }>(LOWEST);
  const brokenOff = lowest !== undefined && lowest.id > 1 && lowest.name === `User ${lowest.id}`;
  return lowest !== undefined && !brokenOff;
}

/** Adds those of the users 1…`count` that do not exist, each with its opening balance. @returns how many */
export async function seedUsers(
  database: Database,
  count: number,
  onProgress: (done: number) => void,
): Promise<number> {
  let added = 0;
  for (let to = count; to >= 1; to -= CHUNK) {
    const from = Math.max(to - CHUNK + 1, 1);
    added += await database.transaction(async (tx) => {
      const { affectedRows } = await tx.execute(missingUsers(from, to));
      if (affectedRows > 0) await tx.execute(OPENING_CHARGES, [from, to]);
      return affectedRows;
    });
    onProgress(to - from + 1);
  }
  return added;
}
