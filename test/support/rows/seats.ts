import type { Held } from '../../../src/modules/orders/holds/hold-batch';
import type { SqlTransaction } from '../../../src/platform/database/database';
import { at } from '../at';
import { activeUser, MAIN, refusalOf, Sales } from './sales';

/** Users of whom there is no row. */
export const [USER, OTHER] = [1_000_001, 1_000_002];

/** What is done to one seat, in a transaction of the test. */
export function seatActs(sales = new Sales()) {
  const ask = (
    tx: SqlTransaction,
    schedule: number,
    seat: number,
    user = USER,
    queueId = MAIN,
  ): ReturnType<Sales['hold']> =>
    sales.hold(tx, [{ user: activeUser(user, queueId), scheduleId: schedule, seatIds: [seat] }]);

  /** @returns whether the seat was free, and is now on hold */
  const take = async (
    tx: SqlTransaction,
    schedule: number,
    seat: number,
    queueId = MAIN,
  ): Promise<boolean> => {
    const [outcome] = await ask(tx, schedule, seat, OTHER + 1, queueId);
    return outcome?.kind === 'done' && outcome.value.isNew;
  };

  const why = (
    tx: SqlTransaction,
    schedule: number,
    seat: number,
    user = USER + 9,
  ): Promise<string | undefined> => refusalOf(ask(tx, schedule, seat, user));

  const holdOf = async (tx: SqlTransaction, schedule: number, seat: number, user = USER): Promise<Held> => {
    const [outcome] = await ask(tx, schedule, seat, user);
    if (outcome?.kind !== 'done' || !outcome.value.isNew) throw new Error(JSON.stringify(outcome));
    return outcome.value;
  };

  /** @returns the reservation's id */
  const hold = async (tx: SqlTransaction, schedule: number, seat: number, user = USER): Promise<number> =>
    at((await holdOf(tx, schedule, seat, user)).rows, 0).id;

  /** By the statement that sells. */
  const sell = async (tx: SqlTransaction, id: number, userId = USER): Promise<boolean> => {
    const [row] = await tx.query<{ orderId: number; seatId: number }>(
      'SELECT order_id AS orderId, seat_id AS seatId FROM reservation WHERE id = ?',
      [id],
    );
    const { orderId = 0, seatId = 0 } = row ?? {};
    // As a payment that sells nothing rolls back.
    await tx.execute('SAVEPOINT sale');
    const isSold = await sales.payments.sell(tx, [
      { orderId, userId, items: [{ reservationId: id, seatId }] },
    ]);
    if (!isSold) await tx.execute('ROLLBACK TO SAVEPOINT sale');
    return isSold;
  };

  /** Lets what is held be past, the seat and its reservation as they are. */
  const isPast = async (tx: SqlTransaction, seatId: number, seconds = 1): Promise<void> => {
    for (const sql of [
      'UPDATE concert_seat SET held_until = NOW(3) - INTERVAL ? SECOND WHERE id = ? AND held_until IS NOT NULL',
      'UPDATE reservation SET held_until = NOW(3) - INTERVAL ? SECOND WHERE seat_id = ?',
    ])
      await tx.execute(sql, [seconds, seatId]);
  };

  /** "TEMP_RESERVED CANCELED": the seat, and its reservations in order. */
  const look = async (tx: SqlTransaction, seatId: number): Promise<string> => {
    const [seat] = await tx.query<{ status: string }>('SELECT status FROM concert_seat WHERE id = ?', [
      seatId,
    ]);
    const all = await tx.query<{ status: string }>(
      'SELECT status FROM reservation WHERE seat_id = ? ORDER BY id',
      [seatId],
    );
    return [seat?.status, ...all.map(({ status }) => status)].join(' ');
  };

  return { ask, take, why, holdOf, hold, sell, isPast, look };
}
