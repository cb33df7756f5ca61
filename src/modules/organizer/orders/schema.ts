import { z } from 'zod';
import { Id, OffsetTime, QueryId, Reason, Won } from '../../../http/fields';
import { OrderSeat } from '../../orders/order-schema';

const OrderStatus = z.enum(['HELD', 'PAID', 'CANCELED', 'EXPIRED']);

export const OrderQuery = z.object({
  userId: QueryId.optional(),
  scheduleId: QueryId.optional(),
  status: OrderStatus.optional(),
  before: QueryId.optional().describe('Only orders with a smaller id: the last one of the page before'),
});
export type OrderQuery = z.infer<typeof OrderQuery>;

export const OrderView = z.object({
  orderId: Id,
  userId: Id,
  scheduleId: Id,
  status: OrderStatus,
  total: Won,
  heldUntil: OffsetTime,
  createdAt: OffsetTime,
  paidAt: OffsetTime.nullable(),
  endedAt: OffsetTime.nullable(),
});
export type OrderView = z.infer<typeof OrderView>;

export const OrderDetail = OrderView.extend({
  concertTitle: z.string(),
  seats: z.array(OrderSeat.extend({ status: z.enum(['TEMP_RESERVED', 'RESERVED', 'CANCELED']) })),
});
export type OrderDetail = z.infer<typeof OrderDetail>;

export const RefundInput = z.strictObject({ reason: Reason });
