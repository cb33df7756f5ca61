import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { QUEUE_OF_CONCERT } from '../../catalog/repository';

interface OfQueue {
  queueId: string;
}

export interface ClassRow extends OfQueue {
  name: string;
  amount: number;
  free: number;
  held: number;
  sold: number;
  blocked: number;
}

export interface SoldRow extends OfQueue {
  /** Minutes since 1970. */
  minute: number;
  name: string;
  seats: number;
  won: number;
}

export interface LapseRow extends OfQueue {
  minute: number;
  lapses: number;
}

export interface HoldRow extends OfQueue {
  holds: number;
}

const CLASSES = `
  SELECT ${QUEUE_OF_CONCERT} AS queueId, COALESCE(s.price_class, s.amount) AS name, s.amount,
         CAST(SUM(s.status = 'AVAILABLE' OR (s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3))) AS UNSIGNED) AS free,
         CAST(SUM(s.status = 'TEMP_RESERVED' AND s.held_until > NOW(3)) AS UNSIGNED) AS held,
         CAST(SUM(s.status = 'RESERVED') AS UNSIGNED) AS sold,
         CAST(SUM(s.status = 'BLOCKED') AS UNSIGNED) AS blocked
    FROM concert_schedule d JOIN concert c ON c.id = d.concert_id JOIN concert_seat s ON s.schedule_id = d.id
   WHERE d.state = 'PUBLISHED' AND d.starts_at > NOW(3)
   GROUP BY queueId, name, s.amount
   ORDER BY s.amount DESC, name`;

/**
 * An order is paid before its hold ends, so the index by the end of the hold finds what was paid lately, without an index
 * by the time of the payment, which each payment would have to keep.
 */
const SOLD = `
  SELECT ${QUEUE_OF_CONCERT} AS queueId, FLOOR(UNIX_TIMESTAMP(o.paid_at) / 60) AS minute,
         COALESCE(s.price_class, s.amount) AS name, COUNT(*) AS seats, CAST(SUM(r.amount) AS UNSIGNED) AS won
    FROM orders o FORCE INDEX (order_by_hold_end)
    JOIN reservation r ON r.order_id = o.id
    JOIN concert_seat s ON s.id = r.seat_id
    JOIN concert_schedule d ON d.id = o.schedule_id JOIN concert c ON c.id = d.concert_id
   WHERE o.status = 'PAID' AND o.held_until > NOW(3) - INTERVAL ? MINUTE
     AND o.paid_at >= FROM_UNIXTIME(60 * (FLOOR(UNIX_TIMESTAMP(NOW(3)) / 60) - ?))
   GROUP BY queueId, minute, name`;

const LAPSES = `
  SELECT ${QUEUE_OF_CONCERT} AS queueId, FLOOR(UNIX_TIMESTAMP(o.held_until) / 60) AS minute, COUNT(*) AS lapses
    FROM orders o FORCE INDEX (order_by_hold_end)
    JOIN concert_schedule d ON d.id = o.schedule_id JOIN concert c ON c.id = d.concert_id
   WHERE o.status = 'EXPIRED' AND o.held_until >= FROM_UNIXTIME(60 * (FLOOR(UNIX_TIMESTAMP(NOW(3)) / 60) - ?))
   GROUP BY queueId, minute`;

const HOLDS = `
  SELECT ${QUEUE_OF_CONCERT} AS queueId, COUNT(*) AS holds
    FROM orders o FORCE INDEX (order_by_hold_end)
    JOIN concert_schedule d ON d.id = o.schedule_id JOIN concert c ON c.id = d.concert_id
   WHERE o.status = 'HELD' AND o.held_until > NOW(3)
   GROUP BY queueId`;

/** What all queues have sold, and what of it is left. */
@scoped(Lifecycle.ContainerScoped)
export class SalesRepository {
  private readonly mainQueueId: string;

  constructor(
    private readonly database: Database,
    @inject(CONFIG) config: Config,
  ) {
    this.mainQueueId = config.QUEUE_ID;
  }

  /** Seats of published schedules that have not begun, most expensive first. */
  async classes(): Promise<ClassRow[]> {
    return this.database.query<ClassRow>(CLASSES, [this.mainQueueId]);
  }

  /** Seats paid for in this minute and in those before it. */
  async sold(minutesBefore: number): Promise<SoldRow[]> {
    return this.database.query<SoldRow>(SOLD, [this.mainQueueId, minutesBefore + 1, minutesBefore]);
  }

  /** Orders whose hold ended without a payment, in this minute and in those before it. */
  async lapses(minutesBefore: number): Promise<LapseRow[]> {
    return this.database.query<LapseRow>(LAPSES, [this.mainQueueId, minutesBefore]);
  }

  /** Orders on hold now. */
  async holds(): Promise<HoldRow[]> {
    return this.database.query<HoldRow>(HOLDS, [this.mainQueueId]);
  }
}
