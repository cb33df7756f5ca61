import { Lifecycle, scoped } from 'tsyringe';
import { Database, placeholders, type SqlExecutor } from '../../../platform/database/database';
import type { ActiveUser, SessionId } from './session';

/** A hold that has not expired. */
export interface SessionHold extends SessionId {
  reservationId: number;
  /** Time left by the database's clock. */
  leftMs: number;
}

export interface LiveHold extends SessionHold {
  heldUntil: Date;
}

/** Binds: queue, seq, generation. A session buys once (unique key `one_payment_per_session`). */
const HAS_PAID = `EXISTS (SELECT 1 FROM payment p
                                  WHERE p.queue_id = ? AND p.queue_seq = ? AND p.queue_generation = ?)`;

/** The session as columns of a JSON_TABLE: places 3 to 5 of each row. */
export const SESSION_COLUMNS = `queue_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PATH '$[3]',
    queue_seq BIGINT UNSIGNED PATH '$[4]', queue_generation BIGINT UNSIGNED PATH '$[5]'`;

/**
 * The payment `p` of the session of each row of a table `q` that has SESSION_COLUMNS: NULL, when it has not paid. Not
 * EXISTS: MariaDB would make a temporary table for it, which takes 0.2 ms.
 */
export const PAYMENT_OF_Q = `LEFT JOIN payment p FORCE INDEX (one_payment_per_session)
      ON p.queue_id = q.queue_id AND p.queue_seq = q.queue_seq AND p.queue_generation = q.queue_generation`;

const SELECT_PAID = `SELECT ${HAS_PAID} AS hasPaid`;

/** Seqs per statement: always the same number, so that it is prepared once. */
const SEQS = 500;

const PAID_AMONG = `SELECT queue_generation AS gen, queue_seq AS seq FROM payment
                     WHERE queue_id = ? AND queue_seq IN (${placeholders(SEQS)})`;

const SESSION = 'queue_id AS queueId, queue_generation AS gen, queue_seq AS seq';

/** By the order: the payment names its first reservation only. */
const OF_PAYMENT = `SELECT p.queue_id AS queueId, p.queue_generation AS gen, p.queue_seq AS seq
                      FROM reservation r JOIN payment p ON p.order_id = r.order_id
                     WHERE r.id = ? AND p.queue_id IS NOT NULL`;

const OF_ORDER = `SELECT ${SESSION} FROM payment WHERE order_id = ? AND queue_id IS NOT NULL`;

const HOLD = `id AS reservationId, ${SESSION}, TIMESTAMPDIFF(MICROSECOND, NOW(3), held_until) / 1000 AS leftMs`;
const IS_LIVE_HOLD = "status = 'TEMP_RESERVED' AND held_until > NOW(3) AND queue_id IS NOT NULL";

const HOLD_OF = `SELECT ${HOLD} FROM reservation WHERE id = ? AND ${IS_LIVE_HOLD}`;

const LIVE_HOLDS = `SELECT ${HOLD}, held_until AS heldUntil FROM reservation FORCE INDEX (reservation_by_hold_end)
                     WHERE ${IS_LIVE_HOLD} AND (held_until > ? OR held_until = ? AND id > ?)
                     ORDER BY held_until, id LIMIT ?`;

const LAST_HOLD = `SELECT TIMESTAMPDIFF(MICROSECOND, NOW(3), MAX(held_until)) / 1000 AS leftMs
                     FROM orders FORCE INDEX (order_by_user)
                    WHERE user_id = ? AND status = 'HELD' AND held_until > NOW(3)
                      AND queue_id = ? AND queue_seq = ? AND queue_generation = ?`;

const HOLDS_PER_PAGE = 1000;

/** What committed rows say of sessions: which have paid, and which hold seats. */
@scoped(Lifecycle.ContainerScoped)
export class SessionRepository {
  constructor(private readonly database: Database) {}

  async hasPaid({ queueId, gen, seq }: SessionId, on: SqlExecutor = this.database): Promise<boolean> {
    const [row] = await on.query<{ hasPaid: 0 | 1 }>(SELECT_PAID, [queueId, seq, gen]);
    return row?.hasPaid === 1;
  }

  /** Which of these seqs have paid, whatever their generation; any number of seqs. */
  async paidAmong(queueId: string, seqs: number[]): Promise<{ gen: number; seq: number }[]> {
    const paid = [];
    for (let from = 0; from < seqs.length; from += SEQS) {
      const piece = seqs.slice(from, from + SEQS);
      const filled = [...piece, ...Array<number>(SEQS - piece.length).fill(0)]; // no entry has seq 0
      paid.push(await this.database.query<{ gen: number; seq: number }>(PAID_AMONG, [queueId, ...filled]));
    }
    return paid.flat();
  }

  /** The session that paid; undefined: there is no payment, or a version wrote it that did not store the session. */
  async sessionOfPayment(reservationId: number): Promise<SessionId | undefined> {
    const [row] = await this.database.query<SessionId>(OF_PAYMENT, [reservationId]);
    return row;
  }

  /** The session that the payment of the order has ended. */
  async sessionOfOrder(orderId: number): Promise<SessionId | undefined> {
    const [row] = await this.database.query<SessionId>(OF_ORDER, [orderId]);
    return row;
  }

  /** The hold, unless it has expired. */
  async holdOf(reservationId: number): Promise<SessionHold | undefined> {
    const [row] = await this.database.query<SessionHold>(HOLD_OF, [reservationId]);
    return row;
  }

  /** How long the last hold of the session lasts; undefined: it has none. */
  async lastHoldMs({ userId, queueId, seq, gen }: ActiveUser): Promise<number | undefined> {
    const [row] = await this.database.query<{ leftMs: number | null }>(LAST_HOLD, [
      userId,
      queueId,
      seq,
      gen,
    ]);
    return row?.leftMs ?? undefined;
  }

  /** All holds that have not expired, of all queues, in pages. One that is made or ends meanwhile may be missed or come twice. */
  async *liveHolds(): AsyncGenerator<LiveHold[]> {
    let [until, lastId] = [new Date(0), 0];
    for (;;) {
      const page = await this.database.query<LiveHold>(LIVE_HOLDS, [until, until, lastId, HOLDS_PER_PAGE]);
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < HOLDS_PER_PAGE) return;
      [until, lastId] = [last.heldUntil, last.reservationId];
    }
  }
}
