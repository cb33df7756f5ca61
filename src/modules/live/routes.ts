import type { Router } from 'express';
import { startStream } from '../../http/event-stream';
import { sendData } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import { readToken } from '../../http/token';
import type { Access } from '../organizer/middleware';
import type { OperatorService } from '../organizer/operators/service';
import { EXAMPLE } from './example';
import { LiveEvent, LiveReport } from './schema';
import type { LiveService } from './service';
import type { LiveStreams } from './streams';

interface LiveServices {
  live: LiveService;
  streams: LiveStreams;
  operators: OperatorService;
}

/** What the operator's page shows. */
export function liveRoutes({ live, streams, operators }: LiveServices, access: Access): Router {
  const router = literalRouter();

  router.get(
    '/v1/admin/live',
    access('viewer'),
    answers(LIVE, async (_req, res) => sendData(res, await live.reportNow())),
  );

  router.get(
    '/v1/admin/live/events',
    access('viewer'),
    answers(EVENTS, (req, res) => {
      const key = readToken(req);
      streams.requireCapacity();
      startStream(req, res, (out) => streams.begin(out, () => operators.authorize(key, 'viewer')));
    }),
  );

  return refuseOtherMethods(router);
}

const tag = 'Live';
const LIVE = operation({
  tag,
  summary: 'How everything is now',
  answer: LiveReport,
  example: EXAMPLE,
  description: 'What cannot be read is as it was last, and says how old it is.',
});
const EVENTS = operation({
  tag,
  summary: 'The same as a stream of server-sent events',
  answer: LiveEvent,
  example: EXAMPLE,
  description:
    'A report a second, made once for all who look; at most 32 streams a process. A key that is revoked ends the stream within 30 s.',
  events: {
    history: 'once, at first: the last 15 minutes of the curves',
    report: 'at first, and then each second',
  },
});
