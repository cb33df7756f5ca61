import { z } from 'zod';
import { Compressible } from '../../http/compressible';
import { endpoint, type Endpoint } from '../../http/endpoint';
import { EncodedResponse, successOf } from '../../http/envelope';
import { Schedule, Seat, SeatQuery } from './schema';
import type { ConcertService, ListAnswer } from './service';

const LISTS =
  'The list is whole, however long; it comes compressed (br, gzip) to a client that accepts that, and 304 answers If-None-Match as long as it has not changed. When the list cannot be read, the last good one is answered with `X-Fallback: stale`, or an empty one with `X-Fallback: empty`.';

export function concertEndpoints(concerts: ConcertService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/api/concerts/schedule',
      summary: 'Future schedules that still have seats',
      description: LISTS,
      conditional: true,
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
      description: LISTS,
      conditional: true,
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

/** An answer is made once per list, and each of its compressed forms, however many read it. */
const prepared = new WeakMap<ListAnswer, EncodedResponse>();

function present(list: ListAnswer): EncodedResponse {
  const known = prepared.get(list);
  if (known !== undefined) return known;
  const { json, etag, fallback } = list;
  const headers = ['ETag', etag, 'Cache-Control', 'private, no-cache', 'Vary', 'Accept-Encoding'];
  if (fallback !== undefined) headers.push('X-Fallback', fallback);
  const bytes = bytesOf(successOf(json));
  const answer = new EncodedResponse(bytes, headers, etag, new Compressible(bytes));
  prepared.set(list, answer);
  return answer;
}

/** In memory of its own: Buffer.from cuts short texts off a pool, all of which would live as long as the list is cached. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
