import type { Config } from '../../../config/config';
import { PAYMENT_TOPIC, REFUND_TOPIC, RESERVATION_TOPIC } from '../../outbox/events';
import { KINDS } from '../../outbox/topics';
import { placeholders } from '../../../platform/database/database';
import type { SqlCheck } from '../schema';

/** A delivered event has acted after this, if nothing fails. */
const ACTED_WITHIN_SECONDS = 60;
/** When Kafka is not asked: by the defaults of EVENT_DLQ_*, an event that fails is given up after this. */
const TRIED_FOR_SECONDS = 150;
/** Delivered events are kept at least so long: older sales are not looked up in the outbox. */
const EVENTS_KEPT_HOURS = 24;

/** Not bounded by users, one of whom may have any number of keys. Compared as the column is, so that its index serves. */
const UNANSWERED = `
  SELECT user_id AS userId, id AS idempotencyKey, created_at AS createdAt
    FROM idempotency_key
   WHERE (user_id = @after_user AND id > CONVERT(@after_id USING ascii) COLLATE ascii_bin OR user_id > @after_user)
     AND (user_id < @last_user OR user_id = @last_user AND id <= CONVERT(@last_id USING ascii) COLLATE ascii_bin)
     AND status = 0`;

type DeliveredBy = 'process' | 'kafka';

/** An older version did not record how it delivered an event, so the event may still wait in Kafka. */
const deliveredWithoutEffectSince = (by: DeliveredBy, seconds: number): string => `
  SELECT o.id AS outboxId, o.event_id AS eventId, o.topic, o.delivered_at AS deliveredAt
    FROM outbox o
    LEFT JOIN notification n ON n.event_id = o.event_id
   WHERE o.id BETWEEN @first AND @last AND o.topic IN (${placeholders(KINDS.length)})
     AND ${by === 'process' ? "o.delivered_by = 'process'" : "COALESCE(o.delivered_by, 'kafka') = 'kafka'"}
     AND o.delivered_at < NOW(3) - INTERVAL ${seconds} SECOND AND n.event_id IS NULL
   ORDER BY o.id`;

const eventsPerReservation = `
  (SELECT CAST(JSON_VALUE(payload, '$.reservationId') AS UNSIGNED) AS reservation_id, COUNT(*) AS events
     FROM outbox WHERE id >= @events_from AND topic = ? GROUP BY reservation_id)`;

const PAID_WITHOUT_EVENT = `
  SELECT p.id AS paymentId, p.reservation_id AS reservationId, COALESCE(e.events, 0) AS events
    FROM payment p
    LEFT JOIN ${eventsPerReservation} e ON e.reservation_id = p.reservation_id
   WHERE p.id BETWEEN @first AND @last AND p.status = 'DONE'
     AND p.created_at > NOW(3) - INTERVAL ${EVENTS_KEPT_HOURS} HOUR AND COALESCE(e.events, 0) <> 1`;

const REFUNDED_WITHOUT_EVENT = `
  SELECT h.id AS entryId, p.order_id AS orderId, r.id AS reservationId, COALESCE(e.events, 0) AS events
    FROM payment_history h
    JOIN payment p ON p.id = h.payment_id
    JOIN reservation r ON r.order_id = p.order_id
    LEFT JOIN ${eventsPerReservation} e ON e.reservation_id = r.id
   WHERE h.id BETWEEN @first AND @last AND h.kind = 'REFUND'
     AND h.created_at > NOW(3) - INTERVAL ${EVENTS_KEPT_HOURS} HOUR AND COALESCE(e.events, 0) <> 1`;

const HELD_WITHOUT_EVENT = `
  SELECT r.id AS reservationId, r.user_id AS userId, COALESCE(e.events, 0) AS events
    FROM reservation r
    LEFT JOIN ${eventsPerReservation} e ON e.reservation_id = r.id
   WHERE r.id BETWEEN @first AND @last
     AND r.reserved_at > NOW(3) - INTERVAL ${EVENTS_KEPT_HOURS} HOUR AND COALESCE(e.events, 0) <> 1`;

const GIVEN_UP = `
  SELECT id AS outboxId, event_id AS eventId, topic, attempts, last_error AS lastError
    FROM outbox WHERE delivered_at IS NULL AND given_up_at IS NOT NULL`;

/** @param seconds within which a delivered event must have acted */
export const deliveredWithoutEffect = (by: DeliveredBy, seconds = ACTED_WITHIN_SECONDS): SqlCheck => ({
  invariant: 'I5',
  along: 'outbox',
  what: `events ${by === 'kafka' ? 'delivered' : 'handled in-process'} more than ${seconds} s ago without a notification`,
  sql: deliveredWithoutEffectSince(by, seconds),
  binds: [...KINDS],
});

type Retries = Pick<Config, 'EVENT_DLQ_MAX_ATTEMPTS' | 'EVENT_DLQ_RETRY_DELAY_MS'>;

/**
 * Without asking Kafka, by a process that is configured as the consumers are: an event is not lost as long as it may be
 * tried from the DLQ.
 */
export const deliveredToKafkaWithoutEffect = (retries?: Retries): SqlCheck =>
  deliveredWithoutEffect(
    'kafka',
    retries === undefined
      ? TRIED_FOR_SECONDS
      : ACTED_WITHIN_SECONDS +
          Math.ceil((retries.EVENT_DLQ_MAX_ATTEMPTS * retries.EVENT_DLQ_RETRY_DELAY_MS) / 1000),
  );

/** I4 and I5: what was promised to be answered and published, as far as the rows show. The contents of Kafka are not checked here. */
export const eventChecks = (): SqlCheck[] => [
  { invariant: 'I4', along: 'idempotency_key by user', what: 'keys without an answer', sql: UNANSWERED },
  deliveredWithoutEffect('process'),
  { invariant: 'I5', what: 'events given up (handled in-process)', severity: 'warning', sql: GIVEN_UP },
  {
    invariant: 'I5',
    along: 'payment',
    whileFresh: true,
    what: 'payments without exactly one event',
    sql: PAID_WITHOUT_EVENT,
    binds: [PAYMENT_TOPIC],
  },
  {
    invariant: 'I5',
    along: 'reservation',
    whileFresh: true,
    what: 'holds without exactly one event',
    sql: HELD_WITHOUT_EVENT,
    binds: [RESERVATION_TOPIC],
  },
  {
    invariant: 'I5',
    along: 'payment_history',
    whileFresh: true,
    what: 'refunded seats without exactly one event',
    sql: REFUNDED_WITHOUT_EVENT,
    binds: [REFUND_TOPIC],
  },
];
