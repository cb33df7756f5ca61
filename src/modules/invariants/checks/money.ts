import type { SqlCheck } from '../schema';

// Sums are compared by the server and shown as text: they may be larger than 2^53.

/** Not as a join with the sums of all: executed anew with a longer span, that compares each member with each sum. */
const OFF_BALANCE = `
  SELECT userId, balance, CAST(total AS CHAR) AS ledger
    FROM (SELECT m.id AS userId, m.balance,
                 (SELECT COALESCE(SUM(h.amount), 0) FROM payment_history h WHERE h.user_id = m.id) AS total
            FROM member m WHERE m.id BETWEEN @first AND @last) sums
   WHERE balance <> total OR balance < 0`;

/**
 * Entries of one member are written under the lock of its row, so their ids are in order. FORCE INDEX: to find the one
 * before by the order of the primary key, the server would wade through everybody's.
 */
const BROKEN_CHAIN = `
  SELECT entryId, userId, kind, amount, balanceAfter, CAST(expected AS CHAR) AS expected
    FROM (SELECT h.id AS entryId, h.user_id AS userId, h.kind, h.amount, h.balance_after AS balanceAfter,
                 h.amount + COALESCE((SELECT b.balance_after FROM payment_history b FORCE INDEX (history_by_user)
                                       WHERE b.user_id = h.user_id AND b.id < h.id
                                       ORDER BY b.id DESC LIMIT 1), 0) AS expected
            FROM payment_history h WHERE h.id BETWEEN @first AND @last) entries
   WHERE balanceAfter <> expected OR balanceAfter < 0`;

const NOT_AS_LEFT = `
  SELECT m.id AS userId, m.balance, h.id AS entryId, h.balance_after AS balanceAfter
    FROM payment_history h
    JOIN member m ON m.id = h.user_id
   WHERE h.id BETWEEN @first AND @last AND m.balance <> h.balance_after
     AND NOT EXISTS (SELECT 1 FROM payment_history l WHERE l.user_id = h.user_id AND l.id > h.id)`;

const PAYMENT_UNBOOKED = `
  SELECT p.id AS paymentId, p.user_id AS userId, p.amount, h.id AS entryId, h.user_id AS entryUserId, h.amount AS entryAmount
    FROM payment p
    LEFT JOIN payment_history h ON h.payment_id = p.id AND h.kind = 'PAYMENT'
   WHERE p.id BETWEEN @first AND @last AND p.status = 'DONE'
     AND (h.id IS NULL OR h.user_id <> p.user_id OR h.amount <> -p.amount)`;

/** A payment taken back keeps its entry and has a REFUND of the same amount. */
const BOOKED_UNPAID = `
  SELECT h.id AS entryId, h.kind, h.user_id AS userId, h.amount, h.payment_id AS paymentId, p.status AS paymentStatus
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
    sql: OFF_BALANCE,
  },
  {
    invariant: 'I2',
    along: 'payment_history',
    what: 'balances that are not what the last ledger entry has left',
    sql: NOT_AS_LEFT,
  },
  {
    invariant: 'I2',
    along: 'payment_history',
    what: 'ledger entries whose balance_after does not follow',
    sql: BROKEN_CHAIN,
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
