import { randomUUID } from 'node:crypto';
import { type Violation } from '../../support/rows/day';

/** What must be found of balances, keys, events and payments (I2–I5, I9). */
export const OF_MONEY_AND_EVENTS: Violation[] = [
  [
    'a balance from nowhere',
    ({ shop }) => [`UPDATE member SET balance = balance + 1 WHERE id = ${shop.userId}`],
    'I2',
    'balances that are not the sum of the ledger, or negative',
    ({ shop }) => ({ userId: shop.userId, balance: '1000151', ledger: '1000150' }),
  ],
  [
    'a user with a balance and no ledger',
    () => ["INSERT INTO member (id, name, balance) VALUES (777, 'x', 5)"],
    'I2',
    'balances that are not the sum of the ledger, or negative',
    () => ({ userId: 777, balance: '5', ledger: '0' }),
  ],
  [
    'a negative balance, though the ledger agrees',
    () => [
      "INSERT INTO member (id, name, balance) VALUES (777, 'x', -5)",
      "INSERT INTO payment_history (user_id, kind, amount, balance_after) VALUES (777, 'CHARGE', -5, -5)",
    ],
    'I2',
    'balances that are not the sum of the ledger, or negative',
    () => ({ userId: 777, balance: '-5' }),
  ],
  [
    'a ledger whose chain is broken',
    ({ shop }) => [
      `UPDATE payment_history SET balance_after = 7 WHERE user_id = ${shop.userId} AND kind = 'PAYMENT'`,
    ],
    'I2',
    'ledger entries whose balance_after does not follow',
    ({ shop }) => ({ userId: shop.userId, kind: 'PAYMENT', balanceAfter: '7', expected: '999900' }),
  ],
  [
    'a ledger entry beyond 2^53',
    () => [
      "INSERT INTO payment_history (user_id, kind, amount, balance_after) VALUES (777, 'CHARGE', 1, 9007199254740993)",
    ],
    'I2',
    'ledger entries whose balance_after does not follow',
    () => ({ userId: 777, amount: '1', balanceAfter: '9007199254740993', expected: '1' }),
  ],
  [
    'a balance beyond 2^53',
    () => ["INSERT INTO member (id, name, balance) VALUES (777, 'x', 9007199254740993)"],
    'I2',
    'balances that are not the sum of the ledger, or negative',
    () => ({ userId: 777, balance: '9007199254740993', ledger: '0' }),
  ],
  [
    'a payment that is not in the ledger',
    ({ sold }) => [`DELETE FROM payment_history WHERE payment_id = ${sold.paymentId}`],
    'I2',
    'DONE payments without their ledger entry',
    ({ sold }) => ({ paymentId: sold.paymentId, entryId: null }),
  ],
  [
    'a payment booked to another user',
    ({ sold }) => [`UPDATE payment_history SET user_id = 4711 WHERE payment_id = ${sold.paymentId}`],
    'I2',
    'DONE payments without their ledger entry',
    ({ sold }) => ({ paymentId: sold.paymentId, entryUserId: 4711 }),
  ],
  [
    'a ledger entry for a payment that is not there',
    ({ shop }) => [
      `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
       VALUES (${shop.userId}, 'PAYMENT', -50, 1000100, 4711)`,
      `UPDATE member SET balance = balance - 50 WHERE id = ${shop.userId}`,
    ],
    'I2',
    'ledger entries without their payment',
    () => ({ paymentId: 4711, paymentStatus: null }),
  ],
  [
    'a payment taken back without a refund',
    ({ sold }) => [`UPDATE payment SET status = 'CANCELED' WHERE id = ${sold.paymentId}`],
    'I2',
    'ledger entries without their payment',
    ({ sold }) => ({ paymentId: sold.paymentId, paymentStatus: 'CANCELED' }),
  ],
  [
    'money that vanished with its ledger',
    ({ shop }) => [
      `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
       VALUES (${shop.userId}, 'PAYMENT', -50, 1000100, 4711)`,
      `UPDATE member SET balance = balance - 50 WHERE id = ${shop.userId}`,
    ],
    'I2',
    'money that came from nowhere or went nowhere',
    () => ({ charged: '1000250', balances: '1000100', sold: '100' }),
  ],
  [
    'a key committed without its answer',
    ({ shop }) => [`UPDATE idempotency_key SET status = 0 WHERE user_id = ${shop.userId}`],
    'I4',
    'keys without an answer',
    ({ shop }) => ({ userId: shop.userId }),
  ],
  [
    'a payment without an event',
    () => ["DELETE FROM outbox WHERE topic = 'payment-notification'"],
    'I5',
    'payments without exactly one event',
    ({ sold }) => ({ reservationId: sold.reservationId, events: 0 }),
  ],
  [
    'a payment with two events',
    () => [
      `INSERT INTO outbox (event_id, topic, partition_key, payload)
       SELECT '${randomUUID()}', topic, partition_key, payload FROM outbox WHERE topic = 'payment-notification'`,
    ],
    'I5',
    'payments without exactly one event',
    ({ sold }) => ({ reservationId: sold.reservationId, events: 2 }),
  ],
  [
    'a refund without an event',
    ({ sold }) => [
      `UPDATE orders o JOIN payment p ON p.order_id = o.id JOIN reservation r ON r.order_id = o.id
         JOIN concert_seat s ON s.id = r.seat_id JOIN member m ON m.id = o.user_id
          SET o.status = 'CANCELED', p.status = 'CANCELED', r.status = 'CANCELED', s.status = 'AVAILABLE',
              m.balance = m.balance + p.amount
        WHERE r.id = ${sold.reservationId}`,
      `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
       SELECT p.user_id, 'REFUND', p.amount, m.balance, p.id
         FROM payment p JOIN member m ON m.id = p.user_id WHERE p.reservation_id = ${sold.reservationId}`,
    ],
    'I5',
    'refunded seats without exactly one event',
    ({ sold }) => ({ reservationId: sold.reservationId, events: 0 }),
  ],
  [
    'a hold without an event',
    ({ held }) => [
      `DELETE FROM outbox WHERE topic = 'reservation-notification' AND partition_key = '${held.reservationId}'`,
    ],
    'I5',
    'holds without exactly one event',
    ({ held }) => ({ reservationId: held.reservationId, events: 0 }),
  ],
  [
    'an event that was delivered and did not act',
    () => [
      "UPDATE outbox SET delivered_at = NOW(3) - INTERVAL 61 SECOND, delivered_by = 'process' WHERE topic = 'payment-notification'",
    ],
    'I5',
    'events handled in-process more than 60 s ago without a notification',
    () => ({ topic: 'payment-notification' }),
  ],
  [
    "a payment for another's reservation",
    ({ sold }) => [`UPDATE reservation SET user_id = user_id + 1 WHERE id = ${sold.reservationId}`],
    'I9',
    'payments for the reservation of another',
    ({ shop, sold }) => ({ paymentId: sold.paymentId, payer: shop.userId, holder: shop.userId + 1 }),
  ],
];
