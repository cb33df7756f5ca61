import { at } from '../../support/at';
import { copyOf, type Violation } from '../../support/rows/day';

/** What must be found of seats and holds (I1, I8). */
export const OF_SEATS: Violation[] = [
  [
    'a seat sold twice',
    ({ sold }) => [
      'DROP INDEX one_live_reservation_per_seat ON reservation',
      copyOf(sold.reservationId, 'RESERVED'),
    ],
    'I1',
    'seats with several live reservations',
    ({ sold }) => ({ seatId: sold.seatId, liveReservations: 2 }),
  ],
  [
    'a sold seat that became free',
    ({ sold }) => [`UPDATE concert_seat SET status = 'AVAILABLE' WHERE id = ${sold.seatId}`],
    'I1',
    'seats that disagree with their reservation',
    ({ sold }) => ({ seatId: sold.seatId, seatStatus: 'AVAILABLE', reservationId: sold.reservationId }),
  ],
  [
    'a seat that is sold to nobody',
    ({ shop }) => [`UPDATE concert_seat SET status = 'RESERVED' WHERE id = ${at(shop.seatIds, 5)}`],
    'I1',
    'taken seats without a live reservation',
    ({ shop }) => ({ seatId: at(shop.seatIds, 5), seatStatus: 'RESERVED' }),
  ],
  [
    'a seat sold while its reservation is a hold',
    ({ held }) => [
      `UPDATE concert_seat SET status = 'RESERVED', held_until = NULL WHERE id = ${held.seatId}`,
    ],
    'I1',
    'seats that disagree with their reservation',
    ({ held }) => ({ seatId: held.seatId, seatStatus: 'RESERVED', reservationStatus: 'TEMP_RESERVED' }),
  ],
  [
    'a hold whose seat has another end',
    ({ held }) => [
      `UPDATE concert_seat SET held_until = held_until + INTERVAL 1 SECOND WHERE id = ${held.seatId}`,
    ],
    'I1',
    'seats that disagree with their reservation',
    ({ held }) => ({ seatId: held.seatId, reservationId: held.reservationId }),
  ],
  [
    'a seat reserved under another schedule',
    ({ held }) => [`UPDATE reservation SET schedule_id = schedule_id + 1 WHERE id = ${held.reservationId}`],
    'I1',
    'seats that disagree with their reservation',
    ({ held }) => ({ reservationId: held.reservationId }),
  ],
  [
    'a ticket that nobody paid for',
    ({ held }) => [
      `UPDATE reservation SET status = 'RESERVED' WHERE id = ${held.reservationId}`,
      `UPDATE concert_seat SET status = 'RESERVED', held_until = NULL WHERE id = ${held.seatId}`,
    ],
    'I1',
    'sold reservations without exactly one DONE payment',
    ({ held }) => ({ reservationId: held.reservationId, donePayments: 0 }),
  ],
  [
    'a payment without a ticket',
    ({ sold }) => [
      `UPDATE reservation SET status = 'CANCELED' WHERE id = ${sold.reservationId}`,
      `UPDATE concert_seat SET status = 'AVAILABLE' WHERE id = ${sold.seatId}`,
    ],
    'I1',
    'DONE payments whose reservation is not sold at that price',
    ({ sold }) => ({ paymentId: sold.paymentId, reservationStatus: 'CANCELED' }),
  ],
  [
    'a payment at another price',
    ({ sold }) => [`UPDATE payment SET amount = amount - 1 WHERE id = ${sold.paymentId}`],
    'I1',
    'DONE payments whose reservation is not sold at that price',
    ({ sold }) => ({ paymentId: sold.paymentId, paid: 99, price: 100 }),
  ],
  [
    'a seat that was sold after its sale had closed',
    ({ held }) => [`UPDATE reservation SET sale_closes_at = reserved_at WHERE id = ${held.reservationId}`],
    'I11',
    'seats that were sold before their sale had opened, or after it had closed',
    ({ held }) => ({ reservationId: held.reservationId }),
  ],
  [
    'a seat that was sold before its sale had opened',
    ({ held }) => [
      `UPDATE reservation SET sale_opens_at = reserved_at + INTERVAL 1000 MICROSECOND WHERE id = ${held.reservationId}`,
    ],
    'I11',
    'seats that were sold before their sale had opened, or after it had closed',
    ({ held }) => ({ reservationId: held.reservationId }),
  ],
  [
    'a hold that is too long',
    ({ held }) => [
      `UPDATE reservation SET held_until = held_until + INTERVAL 1 SECOND WHERE id = ${held.reservationId}`,
      `UPDATE concert_seat SET held_until = held_until + INTERVAL 1 SECOND WHERE id = ${held.seatId}`,
    ],
    'I8',
    'holds that are too long',
    ({ held }) => ({ reservationId: held.reservationId }),
  ],
];
