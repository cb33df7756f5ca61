import type { Router } from 'express';
import { sendData } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import { Hold, ReserveBody } from './reservation-schema';
import type { ReservationService } from './reservation-service';

export function reservationRoutes(reservations: ReservationService, middleware: RouteMiddleware): Router {
  const { validate, idempotent, byActiveUser } = middleware;
  const router = literalRouter();
  const once = idempotent((_body, hold: Hold) => reservations.replayed(hold.reservationId));

  router.post(
    '/v1/api/concerts/reserve',
    ...byActiveUser(
      'hold',
      once,
      answers(RESERVE, async ({ activeUser, body, idempotencyKey }, res) => {
        sendData(res, await reservations.hold(activeUser, body.scheduleId, body.seatId, idempotencyKey));
      }),
      validate(RESERVE),
    ),
  );

  return refuseOtherMethods(router);
}

const RESERVE = operation({
  tag: 'Reservation',
  summary: 'Put a seat on hold',
  description:
    'The hold ends after HOLD_SECONDS unless it is paid for; until then the session lasts. A seat that you hold already is answered with that same hold, which is not prolonged.',
  body: ReserveBody,
  answer: Hold,
  example: {
    reservationId: 1,
    seatStatus: 'TEMP_RESERVED',
    reservedDate: '2030-01-01 12:00:00',
    reservedUntilDate: '2030-01-01 12:05:00',
    reservedAt: '2030-01-01T12:00:00+09:00',
    reservedUntil: '2030-01-01T12:05:00+09:00',
  },
  errors: {
    '002': 'Every seat of the schedule is sold',
    '004': 'Somebody else holds the seat, or it is sold',
    '403': 'The concert is sold by another queue than the one that admitted you',
    '404': 'No such schedule, or no such seat in it',
    NOT_ON_SALE: 'The sale of the schedule has not opened yet, or has closed',
    '409':
      'The schedule has begun, you have MAX_SEATS_PER_USER of its seats, or your session is over but for what you hold',
  },
});
