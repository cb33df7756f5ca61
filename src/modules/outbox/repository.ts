import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { Database, padded, placeholders } from '../../platform/database/database';
import type { IncomingEvent } from './event';
import { KINDS, Topics } from './topics';

/** Most events taken in one read. */
export const BATCH = 100;
const PURGE_BATCH = 500;
const KEEP_DELIVERED_HOURS = 7 * 24;
/** Counting stops here: a higher number would cost more than it helps. */
const BACKLOG_COUNTED = 100_000;

/** The last event of the same key that is neither acted upon nor given up: a later one must not overtake it. */
const EARLIER = `(SELECT MAX(e.id) FROM outbox e FORCE INDEX (outbox_by_key)
                    LEFT JOIN notification n ON n.event_id = e.event_id
                   WHERE e.partition_key = o.partition_key AND e.id < o.id AND e.topic IN (${placeholders(KINDS.length)})
                     AND e.given_up_at IS NULL AND n.event_id IS NULL)`;
const COLUMNS = `o.id, o.event_id AS eventId, o.topic, o.partition_key AS partitionKey, o.payload, o.traceparent, o.attempts,
                 ${EARLIER} AS earlierId`;
const OPEN = 'delivered_at IS NULL AND given_up_at IS NULL';

// FORCE INDEX: in the order of the primary key the server would wade through a week of delivered events.
const FRESH = `SELECT ${COLUMNS} FROM outbox o FORCE INDEX (outbox_backlog)
                WHERE ${OPEN} AND next_try_at IS NULL AND topic IN (${placeholders(KINDS.length)}) ORDER BY id LIMIT ${BATCH}`;
const DUE = `SELECT ${COLUMNS} FROM outbox o FORCE INDEX (outbox_backlog)
              WHERE ${OPEN} AND next_try_at <= NOW(3) AND topic IN (${placeholders(KINDS.length)}) ORDER BY next_try_at, id LIMIT ${BATCH}`;
const DELIVERED = `UPDATE outbox SET delivered_at = NOW(3), delivered_by = ?
                    WHERE id IN (${placeholders(BATCH)}) AND delivered_at IS NULL`;
const FAILED = 'UPDATE outbox SET attempts = ?, last_error = ? WHERE id = ?';
const POSTPONE = `UPDATE outbox SET attempts = ?, last_error = ?, next_try_at = NOW(3) + INTERVAL ? MICROSECOND
                   WHERE id = ?`;
const GIVE_UP = 'UPDATE outbox SET attempts = ?, last_error = ?, given_up_at = NOW(3) WHERE event_id = ?';
/** Looked at again after a quarter of its age, 0.1 to 60 s: soon behind a busy buyer, seldom behind an outage. */
const POSTPONE_BEHIND = `UPDATE outbox
                            SET next_try_at = NOW(3) + INTERVAL LEAST(GREATEST(
                                  TIMESTAMPDIFF(MICROSECOND, created_at, NOW(3)) DIV 4, 100000), 60000000) MICROSECOND
                          WHERE id IN (${placeholders(BATCH)})`;
const BACKLOG = `SELECT b.backlog, COALESCE(TIMESTAMPDIFF(MICROSECOND, o.created_at, NOW(3)), 0) / 1000000 AS ageSeconds
                   FROM (SELECT COUNT(*) AS backlog, MIN(id) AS oldest
                           FROM (SELECT id FROM outbox WHERE ${OPEN} LIMIT ${BACKLOG_COUNTED}) open) b
                   LEFT JOIN outbox o ON o.id = b.oldest`;
const PURGE = `DELETE FROM outbox WHERE delivered_at < NOW(3) - INTERVAL ${KEEP_DELIVERED_HOURS} HOUR
                LIMIT ${PURGE_BATCH}`;

/** A committed event that is not delivered yet. */
export interface OutboxEvent extends IncomingEvent {
  id: number;
  partitionKey: string;
  /** Failed tries so far; in-process handling only. */
  attempts: number;
  /** The last earlier event of its key that is neither acted upon nor given up; null: the event may be delivered. */
  earlierId: number | null;
}

/**
 * States of an event: fresh → delivered, or fresh → postponed ⇄ due → delivered | given up. It is postponed behind an
 * earlier event of its key; in-process also as the DLQ does it.
 */
@scoped(Lifecycle.ContainerScoped)
export class OutboxRepository {
  /** One for each of the placeholders above, once for each of their places. */
  private readonly topics: string[];
  /** Whether Kafka has what is marked as delivered, or this process has handled it. */
  private readonly deliveredBy: 'process' | 'kafka';

  constructor(
    private readonly database: Database,
    topics: Topics,
    @inject(CONFIG) config: Config,
  ) {
    this.topics = [...topics.main, ...topics.main];
    this.deliveredBy = config.KAFKA_BROKERS === '' ? 'process' : 'kafka';
  }

  /** Events never tried without success, in the order of id. */
  fresh(): Promise<OutboxEvent[]> {
    return this.database.query<OutboxEvent>(FRESH, this.topics);
  }

  /** Postponed events whose time has come. */
  due(): Promise<OutboxEvent[]> {
    return this.database.query<OutboxEvent>(DUE, this.topics);
  }

  /** @param ids at most BATCH */
  async markDelivered(ids: number[]): Promise<void> {
    if (ids.length > 0) await this.database.execute(DELIVERED, [this.deliveredBy, ...padded(ids, BATCH)]);
  }

  /** Looks at these later, since earlier events of their keys come first. @param ids at most BATCH */
  async postponeBehind(ids: number[]): Promise<void> {
    if (ids.length > 0) await this.database.execute(POSTPONE_BEHIND, padded(ids, BATCH));
  }

  async recordFailure(id: number, attempts: number, error: string): Promise<void> {
    await this.database.execute(FAILED, [attempts, error, id]);
  }

  async postpone(id: number, attempts: number, error: string, waitMs: number): Promise<void> {
    await this.database.execute(POSTPONE, [attempts, error, waitMs * 1000, id]);
  }

  /** @param eventId a UUID */
  async giveUp(eventId: string, attempts: number, error: string): Promise<void> {
    await this.database.execute(GIVE_UP, [attempts, error, eventId]);
  }

  /** @returns events not delivered and not given up (counted up to 100,000), and the age of the oldest */
  async backlog(): Promise<{ backlog: number; ageSeconds: number }> {
    const [row] = await this.database.query<{ backlog: number; ageSeconds: number }>(BACKLOG);
    return row ?? { backlog: 0, ageSeconds: 0 };
  }

  /** Deletes a batch of events delivered more than a week ago. @returns whether there may be more */
  async purge(): Promise<boolean> {
    return (await this.database.execute(PURGE)).affectedRows === PURGE_BATCH;
  }
}
