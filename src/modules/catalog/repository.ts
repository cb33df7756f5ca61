import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';
import type { Seat } from './schema';
import type { SeatRow } from './seat-map/layout';

export interface ScheduleRow {
  scheduleId: number;
  concertTitle: string;
  startsAt: Date;
  endsAt: Date;
  opensAt: Date | null;
  closesAt: Date | null;
  /** null or empty: the main queue. */
  queueId: string | null;
  available: 0 | 1;
}

export type Sale = 'BEFORE' | 'OPEN' | 'CLOSED' | 'CANCELED';

export interface AvailabilityRow {
  sale: Sale;
  /** A digit per seat, in the order of `position`: see seat-map/availability.ts. */
  seats: string;
}

/**
 * Published schedules in the future with seats that are not sold, without those of a rehearsal. A hold that has passed
 * counts as free, at once.
 */
const SCHEDULES = `
  SELECT d.id AS scheduleId, c.title AS concertTitle, d.starts_at AS startsAt, d.ends_at AS endsAt,
         d.opens_at AS opensAt, d.closes_at AS closesAt, c.queue_id AS queueId,
         EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status = 'AVAILABLE')
         OR EXISTS (SELECT 1 FROM concert_seat s
                     WHERE s.schedule_id = d.id AND s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3)) AS available
    FROM concert_schedule d
    JOIN concert c ON c.id = d.concert_id
   WHERE d.starts_at > NOW(3) AND d.state = 'PUBLISHED' AND (d.closes_at IS NULL OR d.closes_at > NOW(3))
     AND (EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status = 'AVAILABLE')
          OR EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status = 'TEMP_RESERVED'))
     AND NOT EXISTS (SELECT 1 FROM rehearsal h WHERE h.concert_id = c.id)
   ORDER BY d.starts_at, d.id`;

/** The queue that sells a concert `c`; no name means the main queue, whose name the statement is given. */
export const QUEUE_OF_CONCERT = "COALESCE(NULLIF(c.queue_id, ''), ?)";

/** State of the sale of a schedule `d` that is no draft. */
export const SALE_OF_SCHEDULE = `
  CASE WHEN d.state = 'CANCELED' THEN 'CANCELED'
       WHEN d.starts_at <= NOW(3) OR d.closes_at <= NOW(3) THEN 'CLOSED'
       WHEN d.opens_at > NOW(3) THEN 'BEFORE'
       ELSE 'OPEN' END`;

/** State of the sale of a schedule; a draft has none. */
const SALE = `SELECT ${SALE_OF_SCHEDULE} AS sale FROM concert_schedule d WHERE d.id = ? AND d.state <> 'DRAFT'`;

/** Schedules whose seat map is public: until a day after their end. */
const SHOWN = "SELECT id FROM concert_schedule WHERE state <> 'DRAFT' AND ends_at > NOW(3) - INTERVAL 1 DAY";

/** A digit per seat in one row, whatever their number: to read a row per seat takes five times as long. */
const AVAILABILITY = `
  SELECT ${SALE_OF_SCHEDULE} AS sale,
         (SELECT GROUP_CONCAT(
                   CASE WHEN s.status = 'AVAILABLE' OR (s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3)) THEN '0'
                        WHEN s.status = 'TEMP_RESERVED' THEN '1'
                        WHEN s.status = 'RESERVED' THEN '2'
                        ELSE '3' END ORDER BY s.position SEPARATOR '')
            FROM concert_seat s WHERE s.schedule_id = d.id) AS seats
    FROM concert_schedule d WHERE d.id = ? AND d.state <> 'DRAFT'`;

/** A process reads a page in some 20 ms, in which nothing else goes on there. */
const SEATS_PER_PAGE = 5000;

const AVAILABLE_SEATS = `
  SELECT id AS seatId, position, amount, 'AVAILABLE' AS seatStatus
    FROM concert_seat
   WHERE schedule_id = ? AND position > ?
     AND (status = 'AVAILABLE' OR (status = 'TEMP_RESERVED' AND held_until <= NOW(3)))
   ORDER BY position LIMIT ${SEATS_PER_PAGE}`;

const PLACES = `
  SELECT id, position, amount, section, row_label AS rowLabel, seat_number AS seatNumber, price_class AS priceClass,
         is_accessible AS isAccessible, x, y
    FROM concert_seat
   WHERE schedule_id = ? AND position > ?
   ORDER BY position LIMIT ${SEATS_PER_PAGE}`;

@scoped(Lifecycle.ContainerScoped)
export class ConcertRepository {
  constructor(private readonly database: Database) {}

  async schedules(): Promise<ScheduleRow[]> {
    return this.database.query<ScheduleRow>(SCHEDULES);
  }

  /** @returns undefined when there is no such schedule, or only its draft */
  async sale(scheduleId: number): Promise<Sale | undefined> {
    const [row] = await this.database.query<{ sale: Sale }>(SALE, [scheduleId]);
    return row?.sale;
  }

  /** The seats that can be reserved now, page by page. */
  availableSeats(scheduleId: number): AsyncIterable<Seat[]> {
    return this.pages<Seat>(AVAILABLE_SEATS, scheduleId);
  }

  /** The schedules whose seat map is public. */
  async shownSchedules(): Promise<Set<number>> {
    return new Set((await this.database.query<{ id: number }>(SHOWN)).map(({ id }) => id));
  }

  /** @returns undefined when there is no such schedule, or only its draft */
  async availability(scheduleId: number): Promise<AvailabilityRow | undefined> {
    const [row] = await this.database.query<{ sale: Sale; seats: string | null }>(AVAILABILITY, [scheduleId]);
    return row && { ...row, seats: row.seats ?? '' };
  }

  /** All seats of a schedule in the order of `position`, page by page. */
  places(scheduleId: number): AsyncIterable<SeatRow[]> {
    return this.pages<SeatRow>(PLACES, scheduleId);
  }

  private async *pages<T extends { position: number }>(sql: string, scheduleId: number): AsyncGenerator<T[]> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: T[] = await this.database.query<T>(sql, [scheduleId, after]);
      yield page;
      after = page.length < SEATS_PER_PAGE ? undefined : page.at(-1)?.position;
    }
  }
}
