import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';

/** An order of a schedule that the report covers, with the times at which its seats were held, sold and given back. */
export interface SoldOrder {
  id: number;
  seats: number;
  /** Won. */
  total: number;
  heldAt: Date;
  /** null: never paid. */
  paidAt: Date | null;
  /** When the seats became free again; null: they did not. */
  endedAt: Date | null;
}

export interface Hall {
  scheduleId: number;
  title: string;
  /** Seats that can be sold. */
  seats: number;
}

/**
 * Schedules of the queue that had been published, or the one wanted: those of its concerts (without a queue it is the
 * main one), and those that its sessions have bought from, in case a concert has got another queue since.
 */
const HALLS = `
  SELECT d.id AS scheduleId, c.title, COUNT(s.id) AS seats
    FROM concert_schedule d
    JOIN concert c ON c.id = d.concert_id
    LEFT JOIN concert_seat s ON s.schedule_id = d.id AND s.status <> 'BLOCKED'
   WHERE d.state <> 'DRAFT' AND (? IS NULL OR d.id = ?)
     AND (COALESCE(NULLIF(c.queue_id, ''), ?) = ?
          OR EXISTS (SELECT 1 FROM orders o WHERE o.schedule_id = d.id AND o.queue_id = ?))
   GROUP BY d.id, c.title
   ORDER BY d.id`;

/** A hold that has passed gives its seats back when it ends, whatever its row says until the worker comes. */
const ORDERS = `
  SELECT o.id, COUNT(r.id) AS seats, o.total, o.created_at AS heldAt, o.paid_at AS paidAt,
         COALESCE(o.ended_at, IF(o.status = 'HELD' AND o.held_until <= NOW(3), o.held_until, NULL)) AS endedAt
    FROM orders o
    JOIN reservation r ON r.order_id = o.id
   WHERE o.schedule_id = ?
   GROUP BY o.id
   ORDER BY o.created_at, o.id`;

/** The sale as the stored rows describe it. @throws DatabaseUnavailable */
@scoped(Lifecycle.ContainerScoped)
export class AfterSaleRepository {
  constructor(private readonly database: Database) {}

  /** @param scheduleId undefined: all of the queue */
  async halls(queueId: string, mainQueueId: string, scheduleId: number | undefined): Promise<Hall[]> {
    const wanted = scheduleId ?? null;
    return this.database.query<Hall>(HALLS, [wanted, wanted, mainQueueId, queueId, queueId]);
  }

  async orders(scheduleId: number): Promise<SoldOrder[]> {
    return this.database.query<SoldOrder>(ORDERS, [scheduleId]);
  }
}
