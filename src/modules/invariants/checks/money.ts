import type { SqlCheck } from '../schema';

// Sums are compared by the server and shown as text: they may be larger than 2^53.

const OFF_BALANCE = `
  SELECT m.id AS userId, m.balance, CAST(COALESCE(h.total, 0) AS CHAR) AS ledger
    FROM member m
    LEFT JOIN (SELECT user_id, SUM(amount) AS total FROM payment_history GROUP BY user_id) h ON h.user_id = m.id
   WHERE m.balance <> COALESCE(h.total, 0) OR m.balance < 0`;

/** Entries of one member are written under the lock of its row, so their ids are in order. */
const BROKEN_CHAIN = `
  SELECT id AS entryId, user_id AS userId, kind, amount, balance_after AS balanceAfter, CAST(running AS CHAR) AS expected
    FROM (SELECT id, user_id, kind, amount, balance_after,
                 SUM(amount) OVER (PARTITION BY user_id ORDER BY id) AS running
            FROM payment_history) entries
   WHERE balance_after <> running OR balance_after < 0`;

const PAYMENT_UNBOOKED = `
  SELECT p.id AS paymentId, p.user_id AS userId, p.amount, h.id AS entryId, h.user_id AS entryUserId, h.amount AS entryAmount
    FROM payment p
    LEFT JOIN payment_history h ON h.payment_id = p.id AND h.kind = 'PAYMENT'
   WHERE p.status = 'DONE' AND (h.id IS NULL OR h.user_id <> p.user_id OR h.amount <> -p.amount)`;

/** A payment taken back keeps its entry and has a REFUND of the same amount. */
const BOOKED_UNPAID = `
  SELECT h.id AS entryId, h.kind, h.user_id AS userId, h.amount, h.payment_id AS paymentId, p.status AS paymentStatus
    FROM payment_history h
    LEFT JOIN payment p ON p.id = h.payment_id
    LEFT JOIN payment_history b ON b.payment_id = h.payment_id AND b.kind = 'REFUND'
   WHERE h.kind <> 'CHARGE'
     AND (p.id IS NULL OR p.user_id <> h.user_id OR ABS(h.amount) <> p.amount
          OR (p.status = 'DONE') = (b.id IS NOT NULL))`;

/** What was charged is either still there or was paid for seats that are sold. */
const NOT_CONSERVED = `
  SELECT CAST(charged AS CHAR) AS charged, CAST(balances AS CHAR) AS balances, CAST(sold AS CHAR) AS sold
    FROM (SELECT (SELECT COALESCE(SUM(amount), 0) FROM payment_history WHERE kind = 'CHARGE') AS charged,
                 (SELECT COALESCE(SUM(balance), 0) FROM member) AS balances,
                 (SELECT COALESCE(SUM(amount), 0) FROM reservation WHERE status = 'RESERVED') AS sold) totals
   WHERE charged <> balances + sold`;

/** I2: balances and their ledger. */
export const moneyChecks = (): SqlCheck[] => [
  { invariant: 'I2', what: 'balances that are not the sum of the ledger, or negative', sql: OFF_BALANCE },
  { invariant: 'I2', what: 'ledger entries whose balance_after does not follow', sql: BROKEN_CHAIN },
  { invariant: 'I2', what: 'DONE payments without their ledger entry', sql: PAYMENT_UNBOOKED },
  { invariant: 'I2', what: 'ledger entries without their payment', sql: BOOKED_UNPAID },
  { invariant: 'I2', what: 'money that came from nowhere or went nowhere', sql: NOT_CONSERVED },
];
