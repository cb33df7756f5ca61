import { Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../common/calendar/display-time';
import type { OrderRow } from './order-repository';
import type { Order } from './order-schema';

/** Makes an order's answer of its rows. */
@scoped(Lifecycle.ContainerScoped)
export class OrderPresenter {
  constructor(private readonly displayTime: DisplayTime) {}

  present(order: OrderRow): Order {
    const { createdAt, heldUntil, paidAt, endedAt, refundableUntil, items } = order;
    const offset = (time: Date): string => this.displayTime.withOffset(time);
    const optional = (time: Date | null): string | null => (time === null ? null : offset(time));
    return {
      orderId: order.id,
      scheduleId: order.scheduleId,
      status: order.status,
      concertTitle: items[0]?.concertTitle ?? '',
      startsAt: offset(items[0]?.startsAt ?? createdAt),
      seats: items.map(({ reservationId, seatId, seatPosition, section, row, number, amount }) => ({
        reservationId,
        seatId,
        position: seatPosition,
        section,
        row,
        number,
        amount,
      })),
      totalAmount: order.total,
      reservedDate: this.displayTime.dateTime(createdAt),
      reservedUntilDate: this.displayTime.dateTime(heldUntil),
      reservedAt: offset(createdAt),
      reservedUntil: offset(heldUntil),
      extended: order.extended === 1,
      paidAt: optional(paidAt),
      endedAt: optional(endedAt),
      refundableUntil: optional(refundableUntil),
    };
  }
}
