import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../../platform/database/database';
import type { HallSeat } from './best-seats';

const SEATS = `
  SELECT s.id, s.position, s.section, s.row_label AS \`row\`, s.x, s.y,
         s.status = 'AVAILABLE' OR s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3) AS isFree,
         s.status IN ('RESERVED', 'BLOCKED') AS isSold, ? IS NULL OR s.price_class = ? AS isWanted
    FROM concert_seat s JOIN concert_schedule d ON d.id = s.schedule_id
   WHERE s.schedule_id = ? AND d.state <> 'DRAFT'`;

/** As the database has no booleans. */
type Row = { [Field in keyof HallSeat]: HallSeat[Field] extends boolean ? 0 | 1 | null : HallSeat[Field] };

/** The seats of a schedule as the choice of adjacent ones needs them. */
@scoped(Lifecycle.ContainerScoped)
export class HallRepository {
  constructor(private readonly database: Database) {}

  /** @param priceClass seats of another class count as taken */
  async seatsOf(scheduleId: number, priceClass: string | null = null): Promise<HallSeat[]> {
    const rows = await this.database.query<Row>(SEATS, [priceClass, priceClass, scheduleId]);
    return rows.map(({ isFree, isSold, isWanted, ...seat }) => ({
      ...seat,
      isFree: isFree === 1 && isWanted === 1,
      isSold: isSold === 1,
      isWanted: isWanted === 1,
    }));
  }
}
