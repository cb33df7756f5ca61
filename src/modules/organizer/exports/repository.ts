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

/** Entries among which those of a schedule are looked for by one statement, whose time is limited. */
const WINDOW = 20_000;

const LEDGER_COLUMNS = `
  SELECT h.id, h.user_id AS userId, h.kind, h.amount, h.balance_after AS balanceAfter, h.payment_id AS paymentId,
         p.order_id AS orderId, h.created_at AS createdAt`;

const LEDGER = `${LEDGER_COLUMNS}
    FROM payment_history h LEFT JOIN payment p ON p.id = h.payment_id
   WHERE h.id > ? ORDER BY h.id LIMIT ${CHUNK}`;

/** A schedule may have few entries of millions: the ledger has no index by schedule. */
const LEDGER_OF_SCHEDULE = `${LEDGER_COLUMNS}
    FROM payment_history h FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN payment p ON p.id = h.payment_id
    STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = p.order_id
   WHERE h.id > ? AND h.id <= ? AND o.schedule_id = ? ORDER BY h.id`;

const LAST_ENTRY = 'SELECT COALESCE(MAX(id), 0) AS id FROM payment_history';

const AUDIT = `
  SELECT id, at, actor, role, act, subject, reason, before_state AS beforeState, after_state AS afterState
    FROM audit WHERE id > ? AND (? IS NULL OR subject = CONCAT('schedule:', ?)) ORDER BY id LIMIT ${CHUNK}`;

export const EXPORTS = ['orders', 'seats', 'ledger', 'audit'] as const;
export type ExportName = (typeof EXPORTS)[number];

const STATEMENTS: Record<Exclude<ExportName, 'ledger'>, string> = {
  orders: ORDERS,
  seats: SEATS,
  audit: AUDIT,
};

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
  chunks(name: ExportName, scheduleId: number | undefined): AsyncGenerator<Row[]> {
    const filter = scheduleId ?? null;
    if (name !== 'ledger') return this.pages(STATEMENTS[name], [filter, filter]);
    return scheduleId === undefined ? this.pages(LEDGER, []) : this.ledgerOf(scheduleId);
  }

  private async *ledgerOf(scheduleId: number): AsyncGenerator<Row[]> {
    const [last] = await this.database.query<{ id: number }>(LAST_ENTRY);
    for (let after = 0; after < (last?.id ?? 0); after += WINDOW) {
      const rows = await this.database.query<Row>(LEDGER_OF_SCHEDULE, [after, after + WINDOW, scheduleId]);
      if (rows.length > 0) yield rows;
    }
  }

  /** @param filters of the statement, behind the id that is before the page */
  private async *pages(statement: string, filters: (number | null)[]): AsyncGenerator<Row[]> {
    for (let after = 0; ;) {
      const rows = await this.database.query<Row>(statement, [after, ...filters]);
      if (rows.length > 0) yield rows;
      if (rows.length < CHUNK) return;
      after = rows.at(-1)?.id ?? after;
    }
  }
}
