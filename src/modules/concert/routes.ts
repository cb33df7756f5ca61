import { z } from 'zod';
import { endpoint, type Endpoint } from '../../http/endpoint';
import { Prepared, successOf } from '../../http/envelope';
import { Schedule, Seat, SeatQuery } from './schema';
import type { ConcertService, ListAnswer } from './service';

const FALLBACKS =
  'When the list cannot be read, the last good one is answered with `X-Fallback: stale`, or an empty one with `X-Fallback: empty`.';

export function concertEndpoints(concerts: ConcertService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/api/concerts/schedule',
      summary: 'Future schedules that still have seats',
      description: FALLBACKS,
      tag: 'Concert',
      access: 'inside',
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
          seatStatus: 'AVAILABLE',
        },
      ],
      errors: {},
      handle: async () => present(await concerts.schedules()),
    }),
    endpoint({
      method: 'get',
      path: '/v1/api/concerts/seat',
      summary: 'Seats of a schedule that can be reserved',
      description: FALLBACKS,
      tag: 'Concert',
      access: 'inside',
      query: SeatQuery,
      answer: z.array(Seat),
      example: [{ seatId: 1, position: 1, amount: 150_000, seatStatus: 'AVAILABLE' }],
      errors: { '404': 'There is no such schedule' },
      handle: async ({ query }) => present(await concerts.seats(query.scheduleId)),
    }),
  ];
}

/** An answer is made once per list, however many read it. */
const prepared = new WeakMap<ListAnswer, Prepared>();

function present(list: ListAnswer): Prepared {
  const known = prepared.get(list);
  if (known !== undefined) return known;
  const { json, etag, fallback } = list;
  const headers = ['ETag', etag, 'Cache-Control', 'private, no-cache'];
  if (fallback !== undefined) headers.push('X-Fallback', fallback);
  const answer = new Prepared(bytesOf(successOf(json)), headers, etag);
  prepared.set(list, answer);
  return answer;
}

/** In memory of its own: Buffer.from cuts short texts off a pool, all of which would live as long as the list is cached. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
