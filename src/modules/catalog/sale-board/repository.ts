import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import type { SeatHolders } from '../../waiting-room/state/admission-store';
import { QUEUE_OF_CONCERT, SALE_OF_SCHEDULE, type Sale } from '../repository';

export interface ScheduleSale {
  queueId: string;
  sale: Sale;
  opensAt: Date | null;
}

/** Seats of one class, over all schedules of a queue whose sales are in the same state. */
export interface ClassCount {
  queueId: string;
  sale: Sale;
  name: string;
  amount: number;
  free: number;
  /** On hold: free again, or sold, when it ends. */
  held: number;
}

const SCHEDULES = `
  SELECT ${QUEUE_OF_CONCERT} AS queueId, ${SALE_OF_SCHEDULE} AS sale, MIN(d.opens_at) AS opensAt
    FROM concert_schedule d JOIN concert c ON c.id = d.concert_id
   WHERE d.state <> 'DRAFT' AND d.ends_at > NOW(3) - INTERVAL 1 DAY
     AND EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status <> 'BLOCKED')
   GROUP BY queueId, sale`;

/**
 * Reads rows of free and held seats only: what is left of a sale, not the whole of it, so the fewer seats are left the
 * sooner it answers. Classes without a seat come from price_class.
 */
const COUNTS = `
  WITH open_sale AS (
    SELECT d.id, ${QUEUE_OF_CONCERT} AS queue_id, ${SALE_OF_SCHEDULE} AS sale
      FROM concert_schedule d JOIN concert c ON c.id = d.concert_id
     WHERE d.state = 'PUBLISHED' AND d.starts_at > NOW(3) AND (d.closes_at IS NULL OR d.closes_at > NOW(3)))
  SELECT queue_id AS queueId, sale, name, amount,
         CAST(SUM(free) AS UNSIGNED) AS free, CAST(SUM(held) AS UNSIGNED) AS held
    FROM (SELECT o.queue_id, o.sale, p.name, p.amount, 0 AS free, 0 AS held
            FROM open_sale o JOIN price_class p ON p.schedule_id = o.id
           UNION ALL
          SELECT o.queue_id, o.sale, COALESCE(s.price_class, s.amount), s.amount, COUNT(*), 0
            FROM open_sale o JOIN concert_seat s ON s.schedule_id = o.id AND s.status = 'AVAILABLE'
           GROUP BY o.queue_id, o.sale, s.price_class, s.amount
           UNION ALL
          SELECT o.queue_id, o.sale, COALESCE(s.price_class, s.amount), s.amount,
                 SUM(s.held_until <= NOW(3)), SUM(s.held_until > NOW(3))
            FROM open_sale o JOIN concert_seat s ON s.schedule_id = o.id AND s.status = 'TEMP_RESERVED'
           GROUP BY o.queue_id, o.sale, s.price_class, s.amount) AS counted
   GROUP BY queue_id, sale, name, amount
   ORDER BY amount DESC, name`;

/** Bytes: two million seqs. The server cuts a longer list, by default at 1 MiB. */
const LONGEST_LIST = 16 * 1024 * 1024;

/** Sessions that hold seats, and the numbers of those whose last hold ends within some seconds. */
const HOLDERS = `SET STATEMENT group_concat_max_len = ${LONGEST_LIST} FOR
  SELECT queueId, COUNT(*) AS count, GROUP_CONCAT(IF(heldUntil <= NOW(3) + INTERVAL ? SECOND, seq, NULL)) AS ending
    FROM (SELECT queue_id AS queueId, queue_seq AS seq, MAX(held_until) AS heldUntil FROM reservation
           WHERE status = 'TEMP_RESERVED' AND held_until > NOW(3) AND queue_id IS NOT NULL
           GROUP BY queue_id, queue_generation, queue_seq) AS sessions
   GROUP BY queueId`;

const LAST_PAYMENT = 'SELECT COALESCE(MAX(id), 0) AS id FROM payment';

/** A payment that names a session has ended it. */
const BOUGHT = `
  SELECT queueId, COUNT(*) AS buyers, CAST(SUM(seats) AS UNSIGNED) AS seats,
         CAST(SUM(seats * seats) AS UNSIGNED) AS seatsSquared
    FROM (SELECT p.queue_id AS queueId, COUNT(*) AS seats
            FROM payment p JOIN reservation r ON r.order_id = p.order_id
           WHERE p.id > ? AND p.id <= ? AND p.queue_id IS NOT NULL
           GROUP BY p.id, p.queue_id) AS payments
   GROUP BY queueId`;

/** The state of every queue’s sale. An expired hold counts as free immediately. */
@scoped(Lifecycle.ContainerScoped)
export class SaleBoardRepository {
  private readonly mainQueueId: string;

  constructor(
    private readonly database: Database,
    @inject(CONFIG) config: Config,
  ) {
    this.mainQueueId = config.QUEUE_ID;
  }

  /** The sessions that hold seats, by queue. @param endingSeconds time within which holds count as ending */
  async holders(endingSeconds: number): Promise<({ queueId: string } & SeatHolders)[]> {
    const rows = await this.database.query<{ queueId: string; count: number; ending: string | null }>(
      HOLDERS,
      [endingSeconds],
    );
    return rows.map((row) => ({ ...row, ending: row.ending?.split(',').map(Number) ?? [] }));
  }

  async lastPayment(): Promise<number> {
    const [row] = await this.database.query<{ id: number }>(LAST_PAYMENT);
    return row?.id ?? 0;
  }

  /** Purchases of the sessions that payments (after, upTo] ended. */
  async bought(
    after: number,
    upTo: number,
  ): Promise<{ queueId: string; buyers: number; seats: number; seatsSquared: number }[]> {
    return this.database.query(BOUGHT, [after, upTo]);
  }

  /** One row per queue and state of a sale; none of drafts, schedules without seats, or what ended more than a day ago. */
  async sales(): Promise<ScheduleSale[]> {
    return this.database.query<ScheduleSale>(SCHEDULES, [this.mainQueueId]);
  }

  /** Of schedules whose sale is open or will open; most expensive first. */
  async counts(): Promise<ClassCount[]> {
    return this.database.query<ClassCount>(COUNTS, [this.mainQueueId]);
  }
}
