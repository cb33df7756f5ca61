import type { Router } from 'express';
import { Compressible } from '../../../http/encoding/compressible';
import { EncodedResponse, sendEncoded, successBytesOf } from '../../../http/envelope';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { RouteMiddleware } from '../../middleware';
import { Availability, AvailabilityQuery, LayoutQuery, SeatLayout } from './schema';
import type { SeatMapPart, SeatMapService } from './service';

/** Below that, the headers are most of the answer. */
const MIN_COMPRESSED_BYTES = 256;

/** One and the same answer for everybody, without a token: browsers, proxies and CDNs may keep it. */
const CACHE_CONTROL = {
  /** The URL names the content. */
  immutable: 'public, max-age=31536000, immutable',
  layout: 'public, max-age=10',
  availability: 'public, max-age=1, stale-if-error=60',
};

/** Answered from memory: nothing is shed. */
export function seatMapRoutes(seatMaps: SeatMapService, { validate }: RouteMiddleware): Router {
  const router = literalRouter();

  router.get(
    '/v1/api/concerts/layout',
    validate(GET_LAYOUT),
    answers(GET_LAYOUT, async (req, res) => {
      const { scheduleId, version } = req.query;
      const { layout } = await seatMaps.seatMap(scheduleId);
      const isNamed = version === layout.version;
      await sendEncoded(req, res, encode(layout, isNamed ? CACHE_CONTROL.immutable : CACHE_CONTROL.layout));
    }),
  );

  router.get(
    '/v1/api/concerts/availability',
    validate(GET_AVAILABILITY),
    answers(GET_AVAILABILITY, async (req, res) => {
      const { availability, isStale } = await seatMaps.seatMap(req.query.scheduleId);
      const cacheControl = isStale === true ? 'no-store' : CACHE_CONTROL.availability;
      if (isStale === true) res.exchange.headers.push('X-Fallback', 'stale');
      await sendEncoded(req, res, encode(availability, cacheControl));
    }),
  );

  return refuseOtherMethods(router);
}

const NOT_PUBLIC = {
  '404': 'There is no such schedule, it is not published, or it ended more than a day ago',
};

const GET_LAYOUT = operation({
  tag: 'Concert',
  summary: 'Sections, rows and seats of a schedule, with coordinates and price classes',
  description:
    'Public and the same for everybody. A layout never changes: with its own `version` in the URL the answer may be kept for a year, without it for 10 s.',
  conditional: true,
  query: LayoutQuery,
  answer: SeatLayout,
  example: {
    version: 'Zm9vYmFyYmF6cXV4',
    scheduleId: 1,
    seatCount: 2,
    priceClasses: [{ name: 'VIP', amount: 200_000 }],
    sections: [
      {
        name: 'Stalls',
        rows: [
          {
            label: 'A',
            seats: [
              { seatId: 1, number: '1', x: 0, y: 0, priceClass: 0, accessible: true },
              { seatId: 2, number: '2', x: 10, y: 0, priceClass: 0 },
            ],
          },
        ],
      },
    ],
  },
  errors: NOT_PUBLIC,
});

const GET_AVAILABILITY = operation({
  tag: 'Concert',
  summary: 'Which seats of a schedule are free, two bits per seat',
  description:
    'Public and the same for everybody, at most a second old. A reserve always looks at the database. When the seats cannot be read, the last good answer is given with `X-Fallback: stale`.',
  conditional: true,
  query: AvailabilityQuery,
  answer: Availability,
  example: { layoutVersion: 'Zm9vYmFyYmF6cXV4', sale: 'OPEN', seats: 'CA==' },
  errors: NOT_PUBLIC,
});

/** An answer is made once per part and Cache-Control, and each of its compressed forms, however many read it. */
const prepared = new WeakMap<SeatMapPart, { forms: Compressible; answers: Map<string, EncodedResponse> }>();

function encode(part: SeatMapPart, cacheControl: string): EncodedResponse {
  const made = prepared.get(part) ?? {
    forms: new Compressible(successBytesOf(part.json), {
      minBytes: MIN_COMPRESSED_BYTES,
      isLasting: true,
    }),
    answers: new Map<string, EncodedResponse>(),
  };
  prepared.set(part, made);
  const known = made.answers.get(cacheControl);
  if (known !== undefined) return known;
  const { forms, answers } = made;
  const headers = ['ETag', part.etag, 'Cache-Control', cacheControl, 'Vary', 'Accept-Encoding'];
  const answer = new EncodedResponse(forms.bytes, headers, part.etag, forms);
  answers.set(cacheControl, answer);
  return answer;
}
