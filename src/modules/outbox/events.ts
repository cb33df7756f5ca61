import { z } from 'zod';
import type { DomainEvent } from './append';

export const PAYMENT_TOPIC = 'payment-notification';
export const RESERVATION_TOPIC = 'reservation-notification';
export const REFUND_TOPIC = 'refund-notification';

const id = z.number().int().positive();

/** The payload of a payment event. Unknown fields are accepted, because a newer version may write more. */
export const paymentDoneSchema = z.object({
  reservationId: id,
  userId: id,
  /** Won. */
  paymentAmount: z.number().int().nonnegative(),
  concertTitle: z.string(),
  seatPosition: z.number().int(),
});

export const reservationMadeSchema = z.object({
  reservationId: id,
  userId: id,
  concertTitle: z.string(),
  seatPosition: z.number().int(),
  /** ISO 8601, UTC. */
  heldUntil: z.iso.datetime(),
});

/** One for each seat of an order whose money went back. */
export const paymentRefundedSchema = z.object({
  reservationId: id,
  orderId: id,
  userId: id,
  /** Won. */
  refundAmount: z.number().int().nonnegative(),
  concertTitle: z.string(),
  seatPosition: z.number().int(),
  /** Who gave the ticket back: its buyer, an operator, or the cancellation of the whole schedule. */
  canceledBy: z.enum(['buyer', 'operator', 'schedule']),
});

export type PaymentDone = z.infer<typeof paymentDoneSchema>;
export type ReservationMade = z.infer<typeof reservationMadeSchema>;

export type PaymentRefunded = z.infer<typeof paymentRefundedSchema>;
export type CanceledBy = PaymentRefunded['canceledBy'];

export const paymentDone = (event: PaymentDone): DomainEvent => ({
  topic: PAYMENT_TOPIC,
  partitionKey: String(event.reservationId),
  payload: { ...event },
});

export const reservationMade = (event: ReservationMade): DomainEvent => ({
  topic: RESERVATION_TOPIC,
  partitionKey: String(event.reservationId),
  payload: { ...event },
});

export const paymentRefunded = (event: PaymentRefunded): DomainEvent => ({
  topic: REFUND_TOPIC,
  partitionKey: String(event.reservationId),
  payload: { ...event },
});
