import type { Connection, ConnectionConfig } from 'mariadb';
import { adminUrl, dependency } from './context.ts';

const mariadb = dependency('mariadb') as typeof import('mariadb');

const TABLES = [
  'notification',
  'outbox',
  'schedule_cancellation',
  'idempotency_key',
  'payment_history',
  'payment',
  'reservation',
  'orders',
  'concert_seat',
  'concert_schedule',
  'concert',
  'member',
  'queue_state',
];

/** What a connection to this URL needs. */
export function connectionOptions(url: string): ConnectionConfig {
  const { username, password, hostname, port, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port === '' ? 3306 : port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

let connection: Promise<Connection> | undefined;

/** As the administrator. */
const connect = (): Promise<Connection> => mariadb.createConnection(connectionOptions(adminUrl()));

async function run(sql: string): Promise<void> {
  connection ??= connect();
  await (await connection).query(sql);
}

/** Rows of a question to the server. */
export async function ask<T>(sql: string): Promise<T[]> {
  connection ??= connect();
  return (await connection).query<T[]>(sql);
}

export async function closeDatabase(): Promise<void> {
  await (await connection)?.end();
  connection = undefined;
}

/** Every benchmark makes its own rows. The database is a test database and nobody else's meanwhile. */
export async function emptyDatabase(): Promise<void> {
  await run('SET FOREIGN_KEY_CHECKS = 0');
  for (const table of TABLES) await run(`TRUNCATE TABLE ${table}`);
  await run('SET FOREIGN_KEY_CHECKS = 1');
}

/** What a process saved of the line is older than the line that comes next. */
export async function forgetQueueProgress(): Promise<void> {
  await run('DELETE FROM queue_state');
}

const BALANCE = 1_000_000;

/** Users of ids `from` … `from + count - 1`, each with money for many seats. */
export async function addUsers(from: number, count: number): Promise<void> {
  const ids = `seq_${from}_to_${from + count - 1}`;
  await run(
    `INSERT INTO member (id, name, balance) SELECT seq, CONCAT('User ', seq), ${BALANCE} FROM ${ids}`,
  );
}

/** Schedules 1 … `schedules`, a week ahead and later, with `seats` seats each. */
export async function addProgramme(schedules: number, seats: number): Promise<void> {
  await run("INSERT INTO concert (id, title) VALUES (1, 'Winter Lights')");
  await addSchedules(1, schedules);
  await run(`INSERT INTO concert_seat (schedule_id, position, amount)
             SELECT d.seq, s.seq, 90000 FROM seq_1_to_${schedules} d JOIN seq_1_to_${seats} s`);
}

async function addSchedules(from: number, count: number): Promise<void> {
  await run(`INSERT INTO concert_schedule (id, concert_id, starts_at, ends_at)
             SELECT seq, 1, NOW(3) + INTERVAL 7 DAY + INTERVAL seq HOUR,
                    NOW(3) + INTERVAL 7 DAY + INTERVAL seq HOUR + INTERVAL 150 MINUTE
               FROM seq_${from}_to_${from + count - 1}`);
}

export const SEATS_PER_SCHEDULE = 1000;
/** Ids far apart and far from small numbers: in recorded statements a value says what it is. */
const FIRST_SCHEDULE = 20_000;
const FIRST_SEAT = 10_000_000;
const FIRST_RESERVATION = 30_000_000;

export const seatId = (index: number): number => FIRST_SEAT + index;
export const scheduleOf = (index: number): number => FIRST_SCHEDULE + Math.floor(index / SEATS_PER_SCHEDULE);
export const reservationId = (index: number): number => FIRST_RESERVATION + index;

const schedulesUpTo = (seats: number): number => Math.ceil(seats / SEATS_PER_SCHEDULE);

/** Free seats of indexes `from` … `to - 1`, both multiples of SEATS_PER_SCHEDULE; `from` 0 begins. */
export async function addSeats(from: number, to: number): Promise<void> {
  if (from === 0) await run("INSERT IGNORE INTO concert (id, title) VALUES (1, 'Winter Lights')");
  await addSchedules(scheduleOf(from), schedulesUpTo(to - from));
  await run(`INSERT INTO concert_seat (id, schedule_id, position, amount)
             SELECT ${FIRST_SEAT} + seq, ${FIRST_SCHEDULE} + seq DIV ${SEATS_PER_SCHEDULE},
                    seq MOD ${SEATS_PER_SCHEDULE} + 1, 90000
               FROM seq_${from}_to_${to - 1}`);
}

/** Holds of an hour on seats of indexes `from` … `to - 1`, each of another user, from `firstUser` on. */
export async function addHolds(from: number, to: number, firstUser: number): Promise<void> {
  await run(`UPDATE concert_seat SET status = 'TEMP_RESERVED', held_until = NOW(3) + INTERVAL 1 HOUR
              WHERE id BETWEEN ${seatId(from)} AND ${seatId(to - 1)}`);
  const held = `FROM concert_seat s JOIN concert_schedule d ON d.id = s.schedule_id
               WHERE s.id BETWEEN ${seatId(from)} AND ${seatId(to - 1)}`;
  const id = `${FIRST_RESERVATION} + s.id - ${FIRST_SEAT}`; // of the order, and of its only reservation
  const userId = `${firstUser} + s.id - ${FIRST_SEAT}`;
  await run(`INSERT INTO orders (id, user_id, schedule_id, total, held_until)
             SELECT ${id}, ${userId}, d.id, s.amount, s.held_until ${held}`);
  await run(`INSERT INTO reservation (id, order_id, user_id, schedule_id, seat_id, concert_title, starts_at, ends_at,
                                      seat_position, amount, reserved_at, held_until)
             SELECT ${id}, ${id}, ${userId}, d.id, s.id, 'Winter Lights', d.starts_at, d.ends_at, s.position, s.amount,
                    NOW(3), s.held_until ${held}`);
}
