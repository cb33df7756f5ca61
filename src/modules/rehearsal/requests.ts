import { Lifecycle, scoped } from 'tsyringe';
import { Database, isDuplicateKey, type SqlExecutor } from '../../platform/database/database';
import type { PassClaims, RehearsalOutcome, RehearsalWanted, WaitingRehearsal } from './schema';

/** A row of the table `rehearsal`. */
export interface RehearsalRow {
  id: number;
  queueId: string;
  users: number;
  seats: number | null;
  waitMinutes: number | null;
  realSeats: number | null;
  realBuyers: number | null;
  requestedBy: string | null;
  requestedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  outcome: string | null;
  failure: string | null;
}

export const REHEARSALS_PER_PAGE = 20;
const COLUMNS = `
  id, queue_id AS queueId, user_count AS users, seat_count AS seats, wait_minutes AS waitMinutes,
  real_seats AS realSeats, real_buyers AS realBuyers, requested_by AS requestedBy, requested_at AS requestedAt,
  started_at AS startedAt, ended_at AS endedAt, outcome, failure`;
const LIST = `SELECT ${COLUMNS} FROM rehearsal WHERE id < ? ORDER BY id DESC LIMIT ${REHEARSALS_PER_PAGE}`;
const FIND = `SELECT ${COLUMNS} FROM rehearsal WHERE id = ?`;
const UNDER_WAY = `SELECT ${COLUMNS} FROM rehearsal WHERE ended_at IS NULL`;
const LAST_OF_QUEUE = `
  SELECT ${COLUMNS} FROM rehearsal WHERE queue_id = ? AND started_at IS NOT NULL AND ended_at IS NOT NULL
   ORDER BY id DESC LIMIT 1`;
const NEXT = `
  SELECT ${COLUMNS} FROM rehearsal WHERE started_at IS NULL AND ended_at IS NULL ORDER BY id LIMIT 1`;
const REQUEST = `
  INSERT INTO rehearsal
         (queue_id, user_count, seat_count, wait_minutes, real_seats, real_buyers, requested_by, started_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, NULL)`;
const CANCEL = `
  UPDATE rehearsal SET ended_at = NOW(3) WHERE id = ? AND started_at IS NULL AND ended_at IS NULL`;
const FINISH = `
  UPDATE rehearsal SET ended_at = NOW(3), outcome = ?, failure = ?, capacity = ?, is_limit = ?
   WHERE id = ? AND ended_at IS NULL`;
const STAGED = `
  SELECT queue_id AS queueId, first_user_id AS firstUserId, user_count AS users FROM rehearsal
   WHERE id = ? AND first_user_id IS NOT NULL AND removed_at IS NULL`;

/** Requests for rehearsals, and their results. `finish` needs the owner's account, the rest the application's. */
@scoped(Lifecycle.ContainerScoped)
export class RehearsalRequests {
  constructor(private readonly database: Database) {}

  /** The newest first. @param before only those with smaller ids */
  async list(before = Number.MAX_SAFE_INTEGER): Promise<RehearsalRow[]> {
    return this.database.query<RehearsalRow>(LIST, [before]);
  }

  async find(id: number, on: SqlExecutor = this.database): Promise<RehearsalRow | undefined> {
    const [row] = await on.query<RehearsalRow>(FIND, [id]);
    return row;
  }

  /** The one that waits or runs. */
  async underWay(on: SqlExecutor = this.database): Promise<RehearsalRow | undefined> {
    const [row] = await on.query<RehearsalRow>(UNDER_WAY);
    return row;
  }

  /** The one that ended last in this queue. */
  async lastOf(queueId: string): Promise<RehearsalRow | undefined> {
    const [row] = await this.database.query<RehearsalRow>(LAST_OF_QUEUE, [queueId]);
    return row;
  }

  /** The oldest that waits. */
  async next(): Promise<WaitingRehearsal | undefined> {
    const [row] = await this.database.query<RehearsalRow>(NEXT);
    return row && wantedOf(row);
  }

  /** @param by the operator; null: the command line. @returns its id; undefined: another one waits or runs */
  async request(
    wanted: RehearsalWanted,
    by: string | null,
    on: SqlExecutor = this.database,
  ): Promise<number | undefined> {
    const { queueId, users, seats, waitMinutes, real } = wanted;
    const values = [queueId, users, seats, waitMinutes, real?.seats ?? null, real?.buyers ?? null, by];
    try {
      return (await on.execute(REQUEST, values)).insertId;
    } catch (error) {
      if (isDuplicateKey(error, 'one_rehearsal_at_once')) return undefined;
      throw error;
    }
  }

  /** @returns false: it had begun or ended */
  async cancel(id: number, on: SqlExecutor): Promise<boolean> {
    return (await on.execute(CANCEL, [id])).affectedRows === 1;
  }

  /** @param result what it has shown, or why nothing */
  async finish(id: number, result: RehearsalOutcome | string): Promise<void> {
    const [outcome, failure] = typeof result === 'string' ? [undefined, result] : [result, null];
    const capacity = outcome?.capacity ?? undefined;
    const values = [outcome === undefined ? null : JSON.stringify(outcome), failure?.slice(0, 500) ?? null];
    const found = [capacity?.users ?? null, capacity === undefined ? null : Number(capacity.isLimit)];
    await this.database.execute(FINISH, [...values, ...found, id]);
  }

  /** The test users of a rehearsal that is under way. */
  async staged(id: number): Promise<Pick<PassClaims, 'queueId' | 'firstUserId' | 'users'> | undefined> {
    const [row] = await this.database.query<Pick<PassClaims, 'queueId' | 'firstUserId' | 'users'>>(STAGED, [
      id,
    ]);
    return row;
  }
}

export const wantedOf = (row: RehearsalRow): WaitingRehearsal => ({
  rehearsalId: row.id,
  queueId: row.queueId,
  users: row.users,
  seats: row.seats ?? 1,
  waitMinutes: row.waitMinutes ?? 1,
  real:
    row.realSeats === null || row.realBuyers === null
      ? null
      : { seats: row.realSeats, buyers: row.realBuyers },
});
