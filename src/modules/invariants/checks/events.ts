import { PAYMENT_TOPIC, RESERVATION_TOPIC } from '../../notification/events';
import type { SqlCheck } from '../schema';

/** A delivered event has acted after this at the latest. */
const ACTED_WITHIN_SECONDS = 60;
/** Delivered events are kept at least so long: older sales are not looked up in the outbox. */
const EVENTS_KEPT_HOURS = 24;

const UNANSWERED = `
  SELECT user_id AS userId, id AS idempotencyKey, created_at AS createdAt
    FROM idempotency_key WHERE user_id BETWEEN @first AND @last AND status = 0`;

const DELIVERED_IN_VAIN = `
  SELECT o.id AS outboxId, o.event_id AS eventId, o.topic, o.delivered_at AS deliveredAt
    FROM outbox o
    LEFT JOIN notification n ON n.event_id = o.event_id
   WHERE o.id BETWEEN @first AND @last AND o.topic IN (?, ?)
     AND o.delivered_at < NOW(3) - INTERVAL ${ACTED_WITHIN_SECONDS} SECOND AND n.event_id IS NULL`;

const eventsPerReservation = `
  (SELECT CAST(JSON_VALUE(payload, '$.reservationId') AS UNSIGNED) AS reservation_id, COUNT(*) AS events
     FROM outbox WHERE id >= @events_from AND topic = ? GROUP BY reservation_id)`;

const PAID_UNTOLD = `
  SELECT p.id AS paymentId, p.reservation_id AS reservationId, COALESCE(e.events, 0) AS events
    FROM payment p
    LEFT JOIN ${eventsPerReservation} e ON e.reservation_id = p.reservation_id
   WHERE p.id BETWEEN @first AND @last AND p.status = 'DONE'
     AND p.created_at > NOW(3) - INTERVAL ${EVENTS_KEPT_HOURS} HOUR AND COALESCE(e.events, 0) <> 1`;

const HELD_UNTOLD = `
  SELECT r.id AS reservationId, r.user_id AS userId, COALESCE(e.events, 0) AS events
    FROM reservation r
    LEFT JOIN ${eventsPerReservation} e ON e.reservation_id = r.id
   WHERE r.id BETWEEN @first AND @last
     AND r.reserved_at > NOW(3) - INTERVAL ${EVENTS_KEPT_HOURS} HOUR AND COALESCE(e.events, 0) <> 1`;

const GIVEN_UP = `
  SELECT id AS outboxId, event_id AS eventId, topic, attempts, last_error AS lastError
    FROM outbox WHERE delivered_at IS NULL AND given_up_at IS NOT NULL`;

/** With Kafka, where such an event is decides whether it is lost: see `EventsInKafka`. */
export const deliveredInVain: SqlCheck = {
  invariant: 'I5',
  along: 'outbox',
  what: `events delivered more than ${ACTED_WITHIN_SECONDS} s ago without a notification`,
  sql: DELIVERED_IN_VAIN,
  binds: [PAYMENT_TOPIC, RESERVATION_TOPIC],
};

/** I4 and I5: what was promised to be answered and told. */
export const eventChecks = (): SqlCheck[] => [
  { invariant: 'I4', along: 'member', what: 'keys without an answer', sql: UNANSWERED },
  deliveredInVain,
  { invariant: 'I5', what: 'events given up (handled in-process)', severity: 'warning', sql: GIVEN_UP },
  {
    invariant: 'I5',
    along: 'payment',
    whileFresh: true,
    what: 'payments without exactly one event',
    sql: PAID_UNTOLD,
    binds: [PAYMENT_TOPIC],
  },
  {
    invariant: 'I5',
    along: 'reservation',
    whileFresh: true,
    what: 'holds without exactly one event',
    sql: HELD_UNTOLD,
    binds: [RESERVATION_TOPIC],
  },
];
