import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../../platform/database/database';
import type { HallSeat } from './best-seats';

const SEATS = `
  SELECT id, position, section, row_label AS \`row\`, x, y,
         (status = 'AVAILABLE' OR status = 'TEMP_RESERVED' AND held_until <= NOW(3))
           AND (? IS NULL OR price_class = ?) AS isFree
    FROM concert_seat WHERE schedule_id = ?`;

/** The seats of a schedule as the choice of adjacent ones needs them. */
@scoped(Lifecycle.ContainerScoped)
export class HallRepository {
  constructor(private readonly database: Database) {}

  /** @param priceClass seats of another class count as taken */
  async seatsOf(scheduleId: number, priceClass: string | null = null): Promise<HallSeat[]> {
    const rows = await this.database.query<Omit<HallSeat, 'isFree'> & { isFree: 0 | 1 }>(SEATS, [
      priceClass,
      priceClass,
      scheduleId,
    ]);
    return rows.map((seat) => ({ ...seat, isFree: seat.isFree === 1 }));
  }
}
