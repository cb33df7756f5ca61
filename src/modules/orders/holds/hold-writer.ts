import { Lifecycle, scoped } from 'tsyringe';
import { forIds, type SqlExecutor, type SqlWriter } from '../../../platform/database/database';
import { IS_ON_SALE } from './hold-repository';
import type { HeldRow, HoldTimes, NewOrder } from './hold-rows';

/**
 * The statement that sells. It judges again what time may have changed since it was read: whether the seat is free, and
 * whether the schedule is in the future and on sale. Nothing else can have changed: queue, title and window are in rows
 * that are locked, and who pays, which ends a session, or holds seats has to lock the user first.
 */
const RESERVE_SEATS = `
  UPDATE concert_seat s FORCE INDEX (PRIMARY)
     SET s.status = 'TEMP_RESERVED', s.held_until = ?
   WHERE s.id IN (?) AND s.status = 'AVAILABLE'
     AND (SELECT d.starts_at > NOW(3) AND ${IS_ON_SALE} FROM concert_schedule d WHERE d.id = s.schedule_id)`;

const INSERT_ORDERS = `
  INSERT INTO orders (user_id, schedule_id, total, created_at, held_until, queue_id, queue_seq, queue_generation)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  RETURNING id, user_id AS userId`;

/**
 * A reservation keeps what was bought: title, times, seat and price as they were, and the window in which it was sold.
 * That is the one which the selling statement judges: the schedule's row is locked.
 */
const INSERT_RESERVATIONS = `
  INSERT INTO reservation (order_id, user_id, schedule_id, seat_id, concert_title, starts_at, ends_at, seat_position,
                           amount, reserved_at, held_until, hold_seconds, queue_id, queue_generation, queue_seq,
                           sale_opens_at, sale_closes_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  RETURNING id, seat_id AS seatId`;

/** Writes holds, any number of them in a statement. The database's clock and guarded updates decide. */
@scoped(Lifecycle.ContainerScoped)
export class HoldWriter {
  /** Puts the seats on hold as far as nobody has them and they are on sale. @returns whether these were all */
  async reserveSeats(tx: SqlExecutor, orders: NewOrder[], { heldUntil }: HoldTimes): Promise<boolean> {
    const seatIds = orders.flatMap(({ seats }) => seats.map(({ id }) => id));
    const { sql, ids } = forIds(RESERVE_SEATS, seatIds);
    return (await tx.execute(sql, [heldUntil, ...ids])).affectedRows === seatIds.length;
  }

  /** Writes orders of seats that were reserved in this transaction, and their reservations. @returns those, by seat */
  async insertOrders(
    tx: SqlWriter,
    orders: NewOrder[],
    times: HoldTimes,
  ): Promise<{ orderIds: number[]; rows: Map<number, HeldRow> }> {
    const { reservedAt, heldUntil } = times;
    const inserted = await tx.insertRows<{ id: number; userId: number }>(
      INSERT_ORDERS,
      orders.map(({ user, schedule, total }) => [
        user.userId,
        schedule.id,
        total,
        reservedAt,
        heldUntil,
        user.queueId,
        user.seq,
        user.gen,
      ]),
    );
    const orderIds = orders.map(({ user }, i) => {
      const row = inserted[i];
      if (row?.userId !== user.userId) throw new Error(`No order for user ${user.userId}.`);
      return row.id;
    });
    return { orderIds, rows: await this.insertReservations(tx, orders, orderIds, times) };
  }

  private async insertReservations(
    tx: SqlWriter,
    orders: NewOrder[],
    orderIds: number[],
    { holdSeconds, reservedAt, heldUntil }: HoldTimes,
  ): Promise<Map<number, HeldRow>> {
    const items = orders.flatMap(({ user, seats, schedule }, i) =>
      seats.map((seat) => ({ user, seat, schedule, orderId: orderIds[i] ?? 0 })),
    );
    const inserted = await tx.insertRows<{ id: number; seatId: number }>(
      INSERT_RESERVATIONS,
      items.map(({ user, seat, schedule, orderId }) => [
        orderId,
        user.userId,
        schedule.id,
        seat.id,
        schedule.concertTitle,
        schedule.startsAt,
        schedule.endsAt,
        seat.position,
        seat.amount,
        reservedAt,
        heldUntil,
        holdSeconds,
        user.queueId,
        user.gen,
        user.seq,
        schedule.windowOpensAt,
        schedule.windowClosesAt,
      ]),
    );
    return new Map(
      items.map(({ seat, schedule: { concertTitle } }, i) => {
        const row = inserted[i];
        if (row?.seatId !== seat.id) throw new Error(`No reservation for seat ${seat.id}.`);
        const { position: seatPosition, amount } = seat;
        return [seat.id, { ...row, concertTitle, seatPosition, amount, reservedAt, heldUntil }];
      }),
    );
  }
}
