import type { SqlCheck } from '../schema';

// Amounts and sums are compared by the server and shown as text: a number beyond 2^53, which the driver refuses to read,
// must be shown as a violation, and not keep the check from being made.

/** The user's last entry. FORCE INDEX keeps the server from scanning the entries of all users. */
const LAST_ENTRY = `(SELECT h.balance_after FROM payment_history h FORCE INDEX (history_by_user)
                      WHERE h.user_id = m.id ORDER BY h.id DESC LIMIT 1)`;

/** What the last entry has left is the sum of all when each entry follows from the one before: see `brokenChain`. */
const offBalance = (userIds: string): string => `
  SELECT userId, CAST(balance AS CHAR) AS balance, CAST(total AS CHAR) AS ledger
    FROM (SELECT m.id AS userId, m.balance, COALESCE(${LAST_ENTRY}, 0) AS total
            FROM member m WHERE m.id ${userIds}) sums
   WHERE balance <> total OR balance < 0`;

const OF_FRESH_ENTRIES = 'IN (SELECT user_id FROM payment_history WHERE id BETWEEN @first AND @last)';

/**
 * Entries of one user are written under the lock of its row, so their ids are in order. The one before an entry is
 * the row before it; at the start of a span it is the span's to say where that is. As DECIMAL: an entry that is far out
 * is to be found, and not to fail the check.
 */
const brokenChain = (beforeSpan: string, span: string): string => `
  SELECT entryId, userId, kind, CAST(amount AS CHAR) AS amount, CAST(balanceAfter AS CHAR) AS balanceAfter,
         CAST(expected AS CHAR) AS expected
    FROM (SELECT h.id AS entryId, h.user_id AS userId, h.kind, h.amount, h.balance_after AS balanceAfter,
                 CAST(h.amount AS DECIMAL(30)) + COALESCE(LAG(h.balance_after) OVER (PARTITION BY h.user_id ORDER BY h.id), ${beforeSpan}) AS expected
            FROM payment_history h ${span}) entries
   WHERE (balanceAfter <> expected OR balanceAfter < 0)`;

/** The row that the span begins behind is read with it, and not judged. */
const CHAIN_BY_USER = `${brokenChain(
  '0',
  `FORCE INDEX (history_by_user)
           WHERE (h.user_id = @after_user AND h.id >= @after_id OR h.user_id > @after_user)
             AND (h.user_id < @last_user OR h.user_id = @last_user AND h.id <= @last_id)`,
)} AND NOT (userId = @after_user AND entryId = @after_id)`;

/**
 * Fresh entries are the last ones: the entry before them is near the end of their user's. Without LIMIT the server
 * would look it up once per entry rather than once per user.
 */
const FRESH_CHAIN = brokenChain(
  'u.balance_before, 0',
  `FORCE INDEX (PRIMARY)
   STRAIGHT_JOIN (SELECT f.user_id,
                         (SELECT b.balance_after FROM payment_history b FORCE INDEX (history_by_user)
                           WHERE b.user_id = f.user_id AND b.id < f.first_id ORDER BY b.id DESC LIMIT 1) AS balance_before
                    FROM (SELECT user_id, MIN(id) AS first_id FROM payment_history
                           WHERE id BETWEEN @first AND @last GROUP BY user_id) f
                   LIMIT ${Number.MAX_SAFE_INTEGER}) u ON u.user_id = h.user_id
   WHERE h.id BETWEEN @first AND @last`,
);

const PAYMENT_UNBOOKED = `
  SELECT p.id AS paymentId, p.user_id AS userId, CAST(p.amount AS CHAR) AS amount, h.id AS entryId,
         h.user_id AS entryUserId, CAST(h.amount AS CHAR) AS entryAmount
    FROM payment p
    LEFT JOIN payment_history h ON h.payment_id = p.id AND h.kind = 'PAYMENT'
   WHERE p.id BETWEEN @first AND @last AND p.status = 'DONE'
     AND (h.id IS NULL OR h.user_id <> p.user_id OR h.amount <> -p.amount)`;

/** A payment taken back keeps its entry and has a REFUND of the same amount. */
const BOOKED_UNPAID = `
  SELECT h.id AS entryId, h.kind, h.user_id AS userId, CAST(h.amount AS CHAR) AS amount, h.payment_id AS paymentId, p.status AS paymentStatus
    FROM payment_history h
    LEFT JOIN payment p ON p.id = h.payment_id
    LEFT JOIN payment_history b ON b.payment_id = h.payment_id AND b.kind = 'REFUND'
   WHERE h.id BETWEEN @first AND @last AND h.kind <> 'CHARGE'
     AND (p.id IS NULL OR p.user_id <> h.user_id OR ABS(h.amount) <> p.amount
          OR (p.status = 'DONE') = (b.id IS NOT NULL))`;

/** Follows from the others when they hold for every row. What was charged is either still there or was paid for seats that are sold. */
const NOT_CONSERVED = `
  SELECT CAST(charged AS CHAR) AS charged, CAST(balances AS CHAR) AS balances, CAST(sold AS CHAR) AS sold
    FROM (SELECT (SELECT COALESCE(SUM(amount), 0) FROM payment_history WHERE kind = 'CHARGE') AS charged,
                 (SELECT COALESCE(SUM(balance), 0) FROM member) AS balances,
                 (SELECT COALESCE(SUM(amount), 0) FROM reservation WHERE status = 'RESERVED') AS sold) totals
   WHERE charged <> balances + sold`;

/** I2: balances and their ledger. */
export const moneyChecks = (): SqlCheck[] => [
  {
    invariant: 'I2',
    along: 'member',
    what: 'balances that are not the sum of the ledger, or negative',
    sql: offBalance('BETWEEN @first AND @last'),
    fresh: { along: 'payment_history', sql: offBalance(OF_FRESH_ENTRIES) },
  },
  {
    invariant: 'I2',
    along: 'payment_history by user',
    what: 'ledger entries whose balance_after does not follow',
    sql: CHAIN_BY_USER,
    fresh: { along: 'payment_history', sql: FRESH_CHAIN },
  },
  {
    invariant: 'I2',
    along: 'payment',
    what: 'DONE payments without their ledger entry',
    sql: PAYMENT_UNBOOKED,
  },
  {
    invariant: 'I2',
    along: 'payment_history',
    what: 'ledger entries without their payment',
    sql: BOOKED_UNPAID,
  },
  { invariant: 'I2', what: 'money that came from nowhere or went nowhere', sql: NOT_CONSERVED },
];
