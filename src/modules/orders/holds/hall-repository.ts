import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../../platform/database/database';
import { Hall, type HallSeat } from './best-seats';

/** A process reads a page in some 20 ms. */
const SEATS_PER_PAGE = 5000;

const SEATS = `
  SELECT s.id, s.position, s.section, s.row_label AS \`row\`, s.x, s.y,
         s.status = 'AVAILABLE' OR s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3) AS isFree,
         s.status IN ('RESERVED', 'BLOCKED') AS isSold, ? IS NULL OR s.price_class = ? AS isWanted
    FROM concert_seat s JOIN concert_schedule d ON d.id = s.schedule_id
   WHERE s.schedule_id = ? AND s.position > ? AND d.state <> 'DRAFT'
   ORDER BY s.position LIMIT ${SEATS_PER_PAGE}`;

/** As the database has no booleans. */
type Row = { [Field in keyof HallSeat]: HallSeat[Field] extends boolean ? 0 | 1 | null : HallSeat[Field] };

/** The seats of a schedule as the choice of adjacent ones needs them. */
@scoped(Lifecycle.ContainerScoped)
export class HallRepository {
  constructor(private readonly database: Database) {}

  /** Page by page. @param priceClass seats of another class count as taken */
  async hallOf(scheduleId: number, priceClass: string | null = null): Promise<Hall> {
    const hall = new Hall();
    for (let after: number | undefined = 0; after !== undefined;) {
      const rows: Row[] = await this.database.query<Row>(SEATS, [priceClass, priceClass, scheduleId, after]);
      hall.add(rows.map(seatOf));
      after = rows.length < SEATS_PER_PAGE ? undefined : rows.at(-1)?.position;
    }
    return hall;
  }
}

const seatOf = ({ isFree, isSold, isWanted, ...seat }: Row): HallSeat => ({
  ...seat,
  isFree: isFree === 1 && isWanted === 1,
  isSold: isSold === 1,
  isWanted: isWanted === 1,
});
