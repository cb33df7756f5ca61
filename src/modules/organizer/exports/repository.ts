import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../../platform/database/database';
import type { CsvValue } from './csv';

/** Rows that are read, and are in memory, at once. */
const CHUNK = 2000;

const ORDERS = `
  SELECT o.id, o.user_id AS userId, o.schedule_id AS scheduleId, o.status, o.total, o.created_at AS createdAt,
         o.paid_at AS paidAt, o.ended_at AS endedAt,
         (SELECT r.concert_title FROM reservation r WHERE r.order_id = o.id ORDER BY r.id LIMIT 1) AS concertTitle,
         (SELECT GROUP_CONCAT(r.seat_position ORDER BY r.seat_position SEPARATOR ' ')
            FROM reservation r WHERE r.order_id = o.id) AS positions
    FROM orders o WHERE o.id > ? AND (? IS NULL OR o.schedule_id = ?) ORDER BY o.id LIMIT ${CHUNK}`;

const SEATS = `
  SELECT s.id, s.schedule_id AS scheduleId, s.position, s.section, s.row_label AS rowLabel, s.seat_number AS seatNumber,
         s.price_class AS priceClass, s.is_accessible AS isAccessible, s.amount, s.status
    FROM concert_seat s WHERE s.id > ? AND (? IS NULL OR s.schedule_id = ?) ORDER BY s.id LIMIT ${CHUNK}`;

const LEDGER = `
  SELECT h.id, h.user_id AS userId, h.kind, h.amount, h.balance_after AS balanceAfter, h.payment_id AS paymentId,
         p.order_id AS orderId, h.created_at AS createdAt
    FROM payment_history h
    LEFT JOIN payment p ON p.id = h.payment_id
    LEFT JOIN orders o ON o.id = p.order_id
   WHERE h.id > ? AND (? IS NULL OR o.schedule_id = ?) ORDER BY h.id LIMIT ${CHUNK}`;

const AUDIT = `
  SELECT id, at, actor, role, act, subject, reason, before_state AS beforeState, after_state AS afterState
    FROM audit WHERE id > ? AND (? IS NULL OR subject = CONCAT('schedule:', ?)) ORDER BY id LIMIT ${CHUNK}`;

export const EXPORTS = ['orders', 'seats', 'ledger', 'audit'] as const;
export type ExportName = (typeof EXPORTS)[number];

const STATEMENTS: Record<ExportName, string> = { orders: ORDERS, seats: SEATS, ledger: LEDGER, audit: AUDIT };

/** What the statements select, in their order: an empty table has a header as well. */
export const COLUMNS: Record<ExportName, string[]> = {
  orders: 'id userId scheduleId status total createdAt paidAt endedAt concertTitle positions'.split(' '),
  seats: 'id scheduleId position section rowLabel seatNumber priceClass isAccessible amount status'.split(
    ' ',
  ),
  ledger: 'id userId kind amount balanceAfter paymentId orderId createdAt'.split(' '),
  audit: 'id at actor role act subject reason beforeState afterState'.split(' '),
};

type Row = Record<string, CsvValue> & { id: number };

/** Tables, chunk by chunk in ascending id: as large as they may be, one chunk is in memory. */
@scoped(Lifecycle.ContainerScoped)
export class ExportRepository {
  constructor(private readonly database: Database) {}

  /** @param scheduleId undefined: of all schedules */
  async *chunks(name: ExportName, scheduleId: number | undefined): AsyncGenerator<Row[]> {
    const filter = scheduleId ?? null;
    for (let after = 0; ;) {
      const rows = await this.database.query<Row>(STATEMENTS[name], [after, filter, filter]);
      if (rows.length > 0) yield rows;
      if (rows.length < CHUNK) return;
      after = rows.at(-1)?.id ?? after;
    }
  }
}
