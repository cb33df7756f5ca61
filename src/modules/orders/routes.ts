import { endpoint, type Endpoint } from '../../http/endpoint';
import { Hold, ReserveBody } from './schema';
import type { ReservationService } from './service';

export function reservationEndpoints(reservations: ReservationService): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/v1/api/concerts/reserve',
      summary: 'Put a seat on hold',
      description:
        'The hold ends after HOLD_SECONDS unless it is paid for; until then the session lasts. A seat that you hold already is answered with that same hold, which is not prolonged.',
      tag: 'Reservation',
      access: 'inside',
      holds: true,
      idempotent: true,
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
        '403': 'The concert has another line than the one that let you in',
        '404': 'No such schedule, or no such seat in it',
        '409':
          'The schedule has begun, you have MAX_SEATS_PER_USER of its seats, or your session is over but for what you hold',
      },
      replayed: (_body, { reservationId }) => reservations.replayed(reservationId),
      handle: ({ visitor, body, key }) => reservations.hold(visitor, body.scheduleId, body.seatId, key),
    }),
  ];
}
