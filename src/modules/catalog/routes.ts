import type { RequestHandler, Router } from 'express';
import { z } from 'zod';
import { Compressible } from '../../http/encoding/compressible';
import { EncodedResponse, sendEncoded, successBytesOf } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import { Schedule, Seat, SeatQuery } from './schema';
import type { ListAnswer } from './list';
import type { ConcertService } from './service';

/**
 * The lists are answered from memory, so nothing of them is shed. A list that is in no memory, of a schedule that nobody
 * has asked for, is read for few requests of a user at once.
 */
export function catalogRoutes(concerts: ConcertService, middleware: RouteMiddleware): Router {
  const { token, validate, perUser, measured, active } = middleware;
  const router = literalRouter();
  const fewUnread: RequestHandler = (req, res, next) =>
    concerts.hasSeats(Number(req.query.scheduleId)) ? next() : perUser(req, res, next);

  router.get(
    '/v1/api/concerts/schedule',
    token,
    active('read'),
    measured('read'),
    answers(LIST_SCHEDULES, async (req, res) => {
      await sendEncoded(req, res, encode(await concerts.schedules()));
    }),
  );

  router.get(
    '/v1/api/concerts/seat',
    token,
    validate(LIST_SEATS),
    active('read'),
    fewUnread,
    measured('read'),
    answers(LIST_SEATS, async (req, res) => {
      await sendEncoded(req, res, encode(await concerts.seats(req.query.scheduleId)));
    }),
  );

  return refuseOtherMethods(router);
}

const LISTS =
  'The list is whole, however long; it comes compressed (br, gzip) to a client that accepts that, and 304 answers If-None-Match as long as it has not changed. When the list cannot be read, the last good one is answered with `X-Fallback: stale`, or an empty one with `X-Fallback: empty`.';

const LIST_SCHEDULES = operation({
  tag: 'Concert',
  summary: 'Future schedules that still have seats',
  description: LISTS,
  conditional: true,
  answer: z.array(Schedule),
  example: [
    {
      scheduleId: 1,
      concertTitle: 'Winter Lights',
      openDate: '2030-01-31',
      startTime: '19:00',
      endTime: '21:30',
      startsAt: '2030-01-31T19:00:00+09:00',
      endsAt: '2030-01-31T21:30:00+09:00',
      opensAt: '2030-01-02T20:00:00+09:00',
      closesAt: null,
      queueId: 'main',
      seatStatus: 'AVAILABLE',
    },
  ],
});

const LIST_SEATS = operation({
  tag: 'Concert',
  summary: 'Seats of a schedule that can be reserved',
  description: LISTS,
  conditional: true,
  query: SeatQuery,
  answer: z.array(Seat),
  example: [{ seatId: 1, position: 1, amount: 150_000, seatStatus: 'AVAILABLE' }],
  errors: { '404': 'There is no such schedule', '429': 'Too many requests from this user at once' },
});

/** An answer is made once per list, and each of its compressed forms, however many read it. */
const prepared = new WeakMap<object, EncodedResponse>();

export function encode(list: Pick<ListAnswer, 'json' | 'etag' | 'fallback'>): EncodedResponse {
  const known = prepared.get(list);
  if (known !== undefined) return known;
  const { json, etag, fallback } = list;
  const headers = ['ETag', etag, 'Cache-Control', 'private, no-cache', 'Vary', 'Accept-Encoding'];
  if (fallback !== undefined) headers.push('X-Fallback', fallback);
  const bytes = successBytesOf(json);
  const answer = new EncodedResponse(bytes, headers, etag, new Compressible(bytes));
  prepared.set(list, answer);
  return answer;
}
