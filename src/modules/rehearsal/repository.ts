import { Lifecycle, scoped } from 'tsyringe';
import { Conflict } from '../../common/errors';
import { Database, type SqlExecutor } from '../../platform/database/database';
import type { FoundCapacity, Stage, WaitingRehearsal } from './schema';

/** A rehearsal whose rows are still there. */
export interface Leftover {
  id: number;
  concertId: number;
  firstUserId: number;
  userCount: number;
  lastOutboxId: number;
}

/** Ids between the users of today and the test users: nobody who signs up before they are reserved gets one of them. */
const DISTANCE = 1_000_000;
/** Rows of one transaction: few enough to block nobody for long. */
const USERS_AT_ONCE = 500;
const AT_ONCE = 10_000;
/** Won. */
const PRICE = 100;
const TITLE = 'Rehearsal';

const LAST_OUTBOX = 'SELECT COALESCE(MAX(id), 0) AS id FROM outbox';
const START = `
  UPDATE rehearsal h,
         (SELECT ${DISTANCE} + GREATEST((SELECT COALESCE(MAX(id), 0) FROM member),
                                        (SELECT COALESCE(MAX(first_user_id + user_count), 0) FROM rehearsal)) AS id) n
     SET h.concert_id = ?, h.first_user_id = n.id, h.last_outbox_id = ?, h.started_at = NOW(3)
   WHERE h.id = ? AND h.started_at IS NULL AND h.ended_at IS NULL`;
const FIRST_USER = 'SELECT first_user_id AS firstUserId FROM rehearsal WHERE id = ?';
/** The last one first: from then on users who sign up get ids behind it. */
const RESERVE_USERS = `INSERT INTO member (id, name) VALUES (?, '${TITLE}')`;
/** From an id on; at most AT_ONCE. */
const ADD_USERS = `INSERT INTO member (id, name) SELECT ? + seq, '${TITLE}' FROM seq_0_to_9999 n WHERE seq < ?`;
const SCHEDULE = `
  INSERT INTO concert_schedule (concert_id, starts_at, ends_at)
  VALUES (?, NOW(3) + INTERVAL 30 DAY, NOW(3) + INTERVAL 31 DAY)`;
const ADD_SEATS = `
  INSERT INTO concert_seat (schedule_id, position, amount) SELECT ?, ? + seq, ${PRICE} FROM seq_0_to_9999 n WHERE seq < ?`;

const LEFTOVERS = `
  SELECT id, concert_id AS concertId, first_user_id AS firstUserId, user_count AS userCount, last_outbox_id AS lastOutboxId
    FROM rehearsal WHERE first_user_id IS NOT NULL AND removed_at IS NULL`;
const CLOSE = 'UPDATE concert_schedule SET closes_at = NOW(3) WHERE concert_id = ? AND closes_at IS NULL';
const LOCK_USERS = 'SELECT id FROM member WHERE id BETWEEN ? AND ? FOR UPDATE';
const LOCK_SEATS = `
  SELECT s.id FROM concert_seat s JOIN concert_schedule d ON d.id = s.schedule_id
   WHERE d.concert_id = ? AND s.status <> 'AVAILABLE' ORDER BY s.id FOR UPDATE`;
const FREE_SEATS = `
  UPDATE concert_seat s JOIN reservation r ON r.live_seat_id = s.id
     SET s.status = 'AVAILABLE', s.held_until = NULL
   WHERE r.user_id BETWEEN ? AND ?`;
/** In the order of their foreign keys. */
const OF_USERS = [
  'DELETE FROM payment_history WHERE user_id BETWEEN ? AND ?',
  'DELETE FROM payment WHERE user_id BETWEEN ? AND ?',
  'DELETE FROM reservation WHERE user_id BETWEEN ? AND ?',
  'DELETE FROM orders WHERE user_id BETWEEN ? AND ?',
  'DELETE FROM idempotency_key WHERE user_id BETWEEN ? AND ?',
  'DELETE FROM notification WHERE user_id BETWEEN ? AND ?',
];
const USERS = 'DELETE FROM member WHERE id BETWEEN ? AND ?';
const EVENTS = `
  DELETE FROM outbox
   WHERE id > ? AND CAST(JSON_VALUE(payload, '$.userId') AS UNSIGNED) BETWEEN ? AND ?`;
const SEATS = `
  DELETE FROM concert_seat WHERE schedule_id IN (SELECT id FROM concert_schedule WHERE concert_id = ?)
   LIMIT ${AT_ONCE}`;
const REMOVED = `
  UPDATE rehearsal
     SET removed_at = NOW(3), concert_id = NULL,
         failure = IF(ended_at IS NULL, 'It was ended by force.', failure), ended_at = COALESCE(ended_at, NOW(3))
   WHERE id = ?`;

const KEPT = `
  SELECT capacity, is_limit = 1 AS isLimit FROM rehearsal WHERE capacity IS NOT NULL ORDER BY id DESC LIMIT 1`;

/**
 * The rows of rehearsals. All but `lastCapacity` need the owner's account (DATABASE_ADMIN_URL): the application may
 * delete neither users nor sales.
 */
@scoped(Lifecycle.ContainerScoped)
export class RehearsalRepository {
  constructor(private readonly database: Database) {}

  /** Result of the last rehearsal that has one. @throws DatabaseUnavailable */
  async lastCapacity(): Promise<FoundCapacity | undefined> {
    const [row] = await this.database.query<{ capacity: number; isLimit: 0 | 1 | null }>(KEPT);
    return row && { capacity: row.capacity, isLimit: row.isLimit === 1 };
  }

  /**
   * Makes the shadow concert and the test users. What it has made is known to `leftovers` before it is there.
   * @throws Conflict (409): it was canceled or has begun before
   */
  async prepare({ rehearsalId, queueId, users, seats }: WaitingRehearsal): Promise<Stage> {
    const { firstUserId, concertId } = await this.database.transaction(async (tx) => {
      const concert = await tx.execute('INSERT INTO concert (title, queue_id) VALUES (?, ?)', [
        TITLE,
        queueId,
      ]);
      const [outbox] = await tx.query<{ id: number }>(LAST_OUTBOX);
      const started = await tx.execute(START, [concert.insertId, outbox?.id ?? 0, rehearsalId]);
      const [row] = await tx.query<{ firstUserId: number }>(FIRST_USER, [rehearsalId]);
      if (started.affectedRows !== 1 || row === undefined)
        throw new Conflict(`Rehearsal ${rehearsalId} was canceled, or has begun before.`);
      await tx.execute(RESERVE_USERS, [row.firstUserId + users - 1]);
      return { ...row, concertId: concert.insertId };
    });
    const lastUserId = firstUserId + users - 1;
    for (const [from, to] of chunks(firstUserId, lastUserId - 1, AT_ONCE))
      await this.database.execute(ADD_USERS, [from, to - from + 1]);
    const { insertId: scheduleId } = await this.database.execute(SCHEDULE, [concertId]);
    for (const [from, to] of chunks(1, seats, AT_ONCE))
      await this.database.execute(ADD_SEATS, [scheduleId, from, to - from + 1]);
    return { rehearsalId, scheduleId, firstUserId, users };
  }

  async leftovers(): Promise<Leftover[]> {
    return this.database.query<Leftover>(LEFTOVERS);
  }

  /** Removes everything that a rehearsal made. Every transaction keeps the invariants, and the call may be repeated. */
  async remove({ id, concertId, firstUserId, userCount, lastOutboxId }: Leftover): Promise<void> {
    await this.database.execute(CLOSE, [concertId]);
    const lastUserId = firstUserId + userCount - 1;
    for (const [from, to] of chunks(firstUserId, lastUserId, USERS_AT_ONCE))
      await this.database.transaction((tx) => removeUsers(tx, from, to, { concertId, lastOutboxId }));
    while ((await this.database.execute(SEATS, [concertId])).affectedRows === AT_ONCE);
    await this.database.transaction(async (tx) => {
      await tx.execute('DELETE FROM concert_schedule WHERE concert_id = ?', [concertId]);
      await tx.execute(REMOVED, [id]);
      await tx.execute('DELETE FROM concert WHERE id = ?', [concertId]);
    });
  }
}

/** Their sales, money and events go with them, in one step. Locks are taken as a sale takes them. */
async function removeUsers(
  tx: SqlExecutor,
  from: number,
  to: number,
  { concertId, lastOutboxId }: Pick<Leftover, 'concertId' | 'lastOutboxId'>,
): Promise<void> {
  await tx.query(LOCK_USERS, [from, to]);
  await tx.query(LOCK_SEATS, [concertId]);
  await tx.execute(FREE_SEATS, [from, to]);
  for (const sql of OF_USERS) await tx.execute(sql, [from, to]);
  await tx.execute(EVENTS, [lastOutboxId, from, to]);
  await tx.execute(USERS, [from, to]);
}

/** [from, to] in pieces; none where `to` is less. */
function chunks(from: number, to: number, size: number): [from: number, to: number][] {
  const pieces: [number, number][] = [];
  for (let at = from; at <= to; at += size) pieces.push([at, Math.min(to, at + size - 1)]);
  return pieces;
}
