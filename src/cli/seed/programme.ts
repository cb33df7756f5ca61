import type { Database, SqlExecutor } from '../../platform/database/database';
import { titleOf } from './titles';

export interface Wanted {
  concerts: number;
  /** Upcoming dates per concert. */
  dates: number;
  /** Seats per date. */
  seats: number;
}

export interface Added {
  concerts: number;
  dates: number;
  seats: number;
}

const MISSING_CONCERT =
  'INSERT INTO concert (id, title) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM concert WHERE id = ?)';

const UPCOMING = `
  SELECT d.id FROM concert_schedule d JOIN concert c ON c.id = d.concert_id
   WHERE c.id = ? AND c.title = ? AND d.starts_at > NOW(3) ORDER BY d.starts_at`;

const IS_OURS = 'SELECT 1 FROM concert WHERE id = ? AND title = ?';

/** 19:00 to 21:30 in Seoul, which is UTC+9 all year; the day is counted from today in Seoul. */
const NEW_DATE = `
  INSERT INTO concert_schedule (id, concert_id, starts_at, ends_at)
  SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM concert_schedule), ?, day + INTERVAL '10:00' HOUR_MINUTE,
         day + INTERVAL '12:30' HOUR_MINUTE
    FROM (SELECT TIMESTAMP(DATE(NOW(3) + INTERVAL 9 HOUR)) + INTERVAL ? DAY AS day) today
  RETURNING id`;

/** VIP 10 %, R 20 %, S 30 %, A 40 % of the hall, from the front; won. */
const missingSeats = (count: number): string => `
  INSERT INTO concert_seat (id, schedule_id, position, amount)
  SELECT (SELECT COALESCE(MAX(id), 0) FROM concert_seat) + ROW_NUMBER() OVER (ORDER BY seq), ?, seq,
         CASE WHEN seq <= ${count} * 0.1 THEN 200000
              WHEN seq <= ${count} * 0.3 THEN 150000
              WHEN seq <= ${count} * 0.6 THEN 120000
              ELSE 90000 END
    FROM seq_1_to_${count} n
   WHERE NOT EXISTS (SELECT 1 FROM concert_seat s WHERE s.schedule_id = ? AND s.position = n.seq)`;

/** The first in a week, the concerts three days apart within four weeks, each again every week. */
const dayOf = (concert: number, date: number): number => 7 + (((concert - 1) * 3) % 28) + (date - 1) * 7;

/**
 * Adds concerts, dates and seats that are missing. Ids are given, not drawn: without gaps, so that a first run always
 * makes the same programme. A concert with another title than ours belongs to somebody else and is left alone.
 */
export async function seedProgramme(
  database: Database,
  wanted: Wanted,
  onProgress: (seats: number) => void,
): Promise<Added> {
  const added: Added = { concerts: 0, dates: 0, seats: 0 };
  for (let concert = 1; concert <= wanted.concerts; concert++) {
    const title = titleOf(concert);
    added.concerts += (await database.execute(MISSING_CONCERT, [concert, title, concert])).affectedRows;
    const ours = (await database.query(IS_OURS, [concert, title])).length > 0;
    const upcoming = await database.query<{ id: number }>(UPCOMING, [concert, title]);
    for (let date = 1; date <= wanted.dates; date++) {
      if (ours) {
        const known = upcoming[date - 1]?.id;
        added.seats += await database.transaction(async (tx) =>
          addSeats(tx, known ?? (await addDate(tx, concert, date)), wanted.seats),
        );
        if (known === undefined) added.dates++;
      }
      onProgress(wanted.seats);
    }
  }
  return added;
}

async function addDate(tx: SqlExecutor, concert: number, date: number): Promise<number> {
  const [row] = await tx.query<{ id: number }>(NEW_DATE, [concert, dayOf(concert, date)]);
  if (row === undefined) throw new Error(`No date was added to concert ${concert}.`);
  return row.id;
}

async function addSeats(tx: SqlExecutor, scheduleId: number, count: number): Promise<number> {
  return (await tx.execute(missingSeats(count), [scheduleId, scheduleId])).affectedRows;
}
