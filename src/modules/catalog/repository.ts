import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';
import type { Seat } from './schema';

export interface ScheduleRow {
  scheduleId: number;
  concertTitle: string;
  startsAt: Date;
  endsAt: Date;
  available: 0 | 1;
}

/** Future schedules with seats that are not sold. A hold that has passed counts as free, at once. */
const SCHEDULES = `
  SELECT d.id AS scheduleId, c.title AS concertTitle, d.starts_at AS startsAt, d.ends_at AS endsAt,
         EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status = 'AVAILABLE')
         OR EXISTS (SELECT 1 FROM concert_seat s
                     WHERE s.schedule_id = d.id AND s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3)) AS available
    FROM concert_schedule d
    JOIN concert c ON c.id = d.concert_id
   WHERE d.starts_at > NOW(3)
     AND (EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status = 'AVAILABLE')
          OR EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = d.id AND s.status = 'TEMP_RESERVED'))
   ORDER BY d.starts_at, d.id`;

const HAS_STARTED = 'SELECT starts_at <= NOW(3) AS started FROM concert_schedule WHERE id = ?';

const SEATS = `
  SELECT id AS seatId, position, amount, 'AVAILABLE' AS seatStatus
    FROM concert_seat
   WHERE schedule_id = ? AND (status = 'AVAILABLE' OR (status = 'TEMP_RESERVED' AND held_until <= NOW(3)))
   ORDER BY position`;

@scoped(Lifecycle.ContainerScoped)
export class ConcertRepository {
  constructor(private readonly database: Database) {}

  async schedules(): Promise<ScheduleRow[]> {
    return this.database.query<ScheduleRow>(SCHEDULES);
  }

  /** @returns undefined when there is no such schedule */
  async hasStarted(scheduleId: number): Promise<boolean | undefined> {
    const [row] = await this.database.query<{ started: 0 | 1 }>(HAS_STARTED, [scheduleId]);
    return row && row.started === 1;
  }

  /** The seats that can be reserved now. */
  async availableSeats(scheduleId: number): Promise<Seat[]> {
    return this.database.query<Seat>(SEATS, [scheduleId]);
  }
}
