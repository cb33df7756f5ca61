import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';
import { CatalogModels } from './models';
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

const SEATS = `
  SELECT id AS seatId, position, amount, 'AVAILABLE' AS seatStatus
    FROM concert_seat
   WHERE schedule_id = ? AND (status = 'AVAILABLE' OR (status = 'TEMP_RESERVED' AND held_until <= NOW(3)))
   ORDER BY position`;

@scoped(Lifecycle.ContainerScoped)
export class ConcertRepository {
  constructor(
    private readonly database: Database,
    private readonly models: CatalogModels,
  ) {}

  async schedules(): Promise<ScheduleRow[]> {
    return this.database.query<ScheduleRow>(SCHEDULES);
  }

  /** @returns undefined when there is no such schedule, or only its draft */
  async sale(scheduleId: number): Promise<Sale | undefined> {
    const [row] = await this.database.query<{ sale: Sale }>(SALE, [scheduleId]);
    return row?.sale;
  }

  /** The seats that can be reserved now. */
  async availableSeats(scheduleId: number): Promise<Seat[]> {
    return this.database.query<Seat>(SEATS, [scheduleId]);
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

  /** All seats of a schedule, in the order of `position`. */
  async seats(scheduleId: number): Promise<SeatRow[]> {
    return this.database.modelTransaction(({ transaction }) =>
      this.models.seat.findAll({
        where: { scheduleId },
        attributes: { exclude: ['scheduleId', 'status', 'heldUntil'] },
        order: ['position'],
        raw: true,
        transaction,
      }),
    );
  }
}
