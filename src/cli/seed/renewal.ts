import type { Database } from '../../platform/database/database';
import { titleOf } from './titles';

/** Dates move by whole periods, which keeps their weekday and hour, and the programme spread out. */
const PERIOD_DAYS = 28;

/** Dates that have begun and in which nobody has a seat. A hold counts until the worker has cancelled it. */
const PAST = `
  SELECT d.id, c.id AS concertId, c.title
    FROM concert_schedule d JOIN concert c ON c.id = d.concert_id
   WHERE d.starts_at <= NOW(3)
     AND NOT EXISTS (SELECT 1 FROM concert_seat s JOIN reservation r ON r.live_seat_id = s.id WHERE s.schedule_id = d.id)`;

/** At least a day ahead. ends_at comes first: the second assignment would see the first one's new value. */
const MOVE = `
  UPDATE concert_schedule
     SET ends_at = ends_at + INTERVAL (TIMESTAMPDIFF(DAY, starts_at, NOW(3) + INTERVAL 1 DAY) DIV ${PERIOD_DAYS} + 1) * ${PERIOD_DAYS} DAY,
         starts_at = starts_at + INTERVAL (TIMESTAMPDIFF(DAY, starts_at, NOW(3) + INTERVAL 1 DAY) DIV ${PERIOD_DAYS} + 1) * ${PERIOD_DAYS} DAY
   WHERE id = ? AND starts_at <= NOW(3)`;

const UPCOMING = 'SELECT 1 FROM concert_schedule WHERE starts_at > NOW(3) LIMIT 1';

/** Moves the seed's own past dates ahead, unless somebody bought a seat. Seats of a past date cannot be taken. @returns how many */
export async function renewDates(database: Database): Promise<number> {
  const past = await database.query<{ id: number; concertId: number; title: string }>(PAST);
  let renewed = 0;
  for (const { id, concertId, title } of past)
    if (title === titleOf(concertId)) renewed += (await database.execute(MOVE, [id])).affectedRows;
  return renewed;
}

export async function hasUpcomingDates(database: Database): Promise<boolean> {
  return (await database.query(UPCOMING)).length > 0;
}
