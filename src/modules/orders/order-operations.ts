import { z } from 'zod';
import { operation } from '../../http/operation';
import { Order, OrderBody, OrderQuery, ORDERS_PER_PAGE, PaidOrder } from './order-schema';

const HELD: Order = {
  orderId: 1,
  scheduleId: 1,
  status: 'HELD',
  concertTitle: 'Winter Lights',
  startsAt: '2030-01-31T19:00:00+09:00',
  seats: [
    { reservationId: 1, seatId: 11, position: 11, section: 'A', row: '2', number: '1', amount: 150_000 },
    { reservationId: 2, seatId: 12, position: 12, section: 'A', row: '2', number: '2', amount: 150_000 },
  ],
  totalAmount: 300_000,
  reservedDate: '2030-01-01 12:00:00',
  reservedUntilDate: '2030-01-01 12:05:00',
  reservedAt: '2030-01-01T12:00:00+09:00',
  reservedUntil: '2030-01-01T12:05:00+09:00',
  extended: false,
  paidAt: null,
  endedAt: null,
  refundableUntil: '2030-01-24T19:00:00+09:00',
};

const NOT_YOURS = {
  '400': 'Bad input: the message names each bad field',
  '403': 'The order is somebody else’s',
  '404': 'There is no such order',
};
const NOT_HELD = { HOLD_ENDED: 'The order is not held any more' };

export const LIST = operation({
  tag: 'Order',
  summary: 'Your orders, newest first',
  description: `At most ${ORDERS_PER_PAGE}; \`before\` asks for older ones. A token of any status will do.`,
  query: OrderQuery,
  answer: z.array(Order),
  example: [HELD],
});

export const FIND = operation({
  tag: 'Order',
  summary: 'One of your orders',
  description: 'A token of any status will do.',
  answer: Order,
  example: HELD,
  errors: NOT_YOURS,
});

export const CREATE = operation({
  tag: 'Order',
  summary: 'Put seats on hold',
  description:
    'All or none. The hold ends after HOLD_SECONDS unless it is paid for; until then the session lasts. Seats that you hold in one order already are answered with that order. `best` chooses adjacent seats near the stage, and leaves no single seat over where it can be helped.',
  body: OrderBody,
  answer: Order,
  example: HELD,
  errors: {
    '002': 'Every seat of the schedule is sold',
    '004': 'Somebody else holds the seats that the message names, or they are sold',
    '403': 'The concert is sold by another queue than the one that admitted you',
    '404': 'No such schedule, or no such seat in it',
    '409': 'The schedule has begun, or your session is over but for what you hold',
    SEAT_LIMIT: 'You would have more seats of the schedule than one may have',
    NOT_ON_SALE: 'The sale has not opened yet, or has closed',
    NO_ADJACENT_SEATS: 'There are not enough free seats next to each other',
  },
});

export const PAY = operation({
  tag: 'Order',
  summary: 'Pay for an order',
  description:
    'Takes the price off the balance and sells the seats. The session ends, so the next user is admitted, unless you hold another order.',
  answer: PaidOrder,
  example: { orderId: 1, paymentAmount: 300_000, status: 'PAID', queueStatus: 'DONE' },
  errors: {
    ...NOT_YOURS,
    ...NOT_HELD,
    '005': 'The balance is too small',
    '409': 'It is paid already',
  },
});

export const RELEASE = operation({
  tag: 'Order',
  summary: 'Let an order go',
  description: 'Its seats are free at once.',
  answer: Order,
  example: { ...HELD, status: 'CANCELED', endedAt: '2030-01-01T12:01:00+09:00' },
  errors: { ...NOT_YOURS, ...NOT_HELD },
});

export const EXTEND = operation({
  tag: 'Order',
  summary: 'Prolong the hold of an order',
  description: 'Once, by HOLD_EXTENSION_SECONDS; the session lasts as long.',
  answer: Order,
  example: { ...HELD, extended: true },
  errors: { ...NOT_YOURS, ...NOT_HELD, ALREADY_EXTENDED: 'It was prolonged before' },
});

export const CANCEL = operation({
  tag: 'Order',
  summary: 'Give tickets back',
  description:
    'The price goes back to the balance and the seats are free, until `refundableUntil`. A token of any status will do.',
  answer: Order,
  example: { ...HELD, status: 'CANCELED', paidAt: '2030-01-01T12:02:00+09:00' },
  errors: {
    ...NOT_YOURS,
    NOT_REFUNDABLE: 'It is not paid, or it is too late',
    '409': 'The balance cannot hold that much, or a request with this Idempotency-Key is under way',
  },
});
