import { z } from 'zod';
import { Id, OffsetTime, text, Won } from '../../http/fields';

/** Most seats of one order. */
const MAX_SEATS = 20;

const Seats = z.array(Id).min(1).max(MAX_SEATS);
const Best = z.strictObject({
  count: z.int().min(1).max(MAX_SEATS),
  priceClass: text(40).optional(),
});

export const OrderBody = z
  .strictObject({
    scheduleId: Id,
    seatIds: Seats.optional().describe('The seats, all or none'),
    best: Best.optional().describe('This number of adjacent seats, chosen by the service'),
  })
  .refine(
    ({ seatIds, best }) => (seatIds === undefined) !== (best === undefined),
    'send either seatIds or best',
  );
export type OrderBody = z.infer<typeof OrderBody>;

export const OrderSeat = z.object({
  reservationId: Id,
  seatId: Id,
  position: z.int(),
  section: z.string().nullable(),
  row: z.string().nullable(),
  number: z.string().nullable(),
  amount: Won,
});

export const Order = z.object({
  orderId: Id,
  scheduleId: Id,
  status: z.enum(['HELD', 'PAID', 'CANCELED', 'EXPIRED']),
  concertTitle: z.string(),
  startsAt: OffsetTime,
  seats: z.array(OrderSeat),
  totalAmount: Won,
  reservedDate: z.string().describe('yyyy-MM-dd HH:mm:ss in the display zone'),
  reservedUntilDate: z.string().describe('yyyy-MM-dd HH:mm:ss in the display zone: pay before'),
  reservedAt: OffsetTime,
  reservedUntil: OffsetTime,
  extended: z.boolean().describe('The hold was prolonged'),
  paidAt: OffsetTime.nullable(),
  endedAt: OffsetTime.nullable().describe('When it was canceled, or had expired'),
  refundableUntil: OffsetTime.nullable().describe('Until when it may be canceled for its money'),
});
export type Order = z.infer<typeof Order>;

export const PaidOrder = z.object({
  orderId: Id,
  paymentAmount: Won,
  status: z.literal('PAID'),
  queueStatus: z
    .enum(['DONE', 'PROGRESS'])
    .describe('DONE: the session has ended; PROGRESS: you hold another order, so it goes on'),
});
export type PaidOrder = z.infer<typeof PaidOrder>;

export const ORDERS_PER_PAGE = 100;

export const OrderQuery = z.object({
  before: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'Invalid input: expected a positive whole number')
    .transform(Number)
    .optional()
    .describe('Orders with smaller ids only: the last orderId of the page before'),
});
