import { z } from 'zod';
import type { DisplayTime } from '../../common/calendar/display-time';
import { MalformedEvent, shortened } from '../outbox/errors';
import { type IncomingEvent, isEventId } from '../outbox/event';
import {
  PAYMENT_TOPIC,
  paymentDoneSchema,
  paymentRefundedSchema,
  type CanceledBy,
  type PaymentDone,
  type PaymentRefunded,
  REFUND_TOPIC,
  type ReservationMade,
  reservationMadeSchema,
} from '../outbox/events';
import type { Notification } from './notifier';
import type { Kind } from '../outbox/topics';

/** The column notification.message. */
const LONGEST_MESSAGE = 500;

/** @throws MalformedEvent */
export function toNotification(kind: Kind, event: IncomingEvent, time: DisplayTime): Notification {
  const { eventId } = event;
  if (!isEventId(eventId)) throw new MalformedEvent(`the event id "${eventId}" is not a UUID`);
  const { payload, message } = composed(kind, event, time);
  const { userId, reservationId } = payload;
  return { eventId, topic: event.topic, userId, reservationId, message: shortened(message, LONGEST_MESSAGE) };
}

function composed(kind: Kind, event: IncomingEvent, time: DisplayTime) {
  if (kind === PAYMENT_TOPIC) return compose(event, paymentDoneSchema, paid);
  if (kind === REFUND_TOPIC) return compose(event, paymentRefundedSchema, refunded);
  return compose(event, reservationMadeSchema, (made) => reserved(made, time));
}

function compose<T>(event: IncomingEvent, schema: z.ZodType<T>, write: (payload: T) => string) {
  let json: unknown;
  try {
    json = JSON.parse(event.payload);
  } catch {
    throw new MalformedEvent('the payload is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new MalformedEvent(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return { payload: parsed.data, message: write(parsed.data) };
}

const won = new Intl.NumberFormat('en');

const paid = (it: PaymentDone): string =>
  `Your payment of ${won.format(it.paymentAmount)} won is complete: ` +
  `seat ${it.seatPosition} of “${it.concertTitle}” is yours (reservation ${it.reservationId}).`;

const reserved = (it: ReservationMade, time: DisplayTime): string =>
  `Seat ${it.seatPosition} of “${it.concertTitle}” is held for you until ${time.text(new Date(it.heldUntil))}: ` +
  `please pay before then (reservation ${it.reservationId}).`;

const BECAUSE: Record<CanceledBy, string> = {
  buyer: 'that you gave back',
  operator: 'that was taken back',
  schedule: 'because the concert was canceled',
};

const refunded = (it: PaymentRefunded): string =>
  `${won.format(it.refundAmount)} won are on your balance again for seat ${it.seatPosition} of “${it.concertTitle}” ` +
  `${BECAUSE[it.canceledBy]} (reservation ${it.reservationId}).`;
