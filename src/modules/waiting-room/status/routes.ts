import type { Router } from 'express';
import { z } from 'zod';
import { Compressible } from '../../../http/encoding/compressible';
import { EncodedResponse, sendEncoded, sendNothing, successOf } from '../../../http/envelope';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { QueueMiddleware } from '../guard/middleware';
import type { QueueService } from '../service';
import { QueueStatusReport } from './schema';
import type { QueueStatusService, StatusAnswer } from './service';

/** Routes for waiting pages. None of them uses a store, so none is shed. */
export function statusRoutes(
  statuses: QueueStatusService,
  queue: QueueService,
  { token }: Pick<QueueMiddleware, 'token'>,
): Router {
  const router = literalRouter();

  router.get(
    '/v1/api/queues/:queueId/status',
    answers(STATUS, async (req, res) => {
      await sendEncoded(req, res, encode(statuses.status(req.params.queueId ?? '')));
    }),
  );

  router.post(
    '/v1/api/queue/presence',
    token,
    answers(PRESENCE, ({ claims }, res) => {
      queue.poll(claims);
      sendNothing(res);
    }),
  );

  return refuseOtherMethods(router);
}

/** Any cache may keep it for a second, and goes on with it for a minute when nothing answers behind it. */
const CACHEABLE = 'public, max-age=1, stale-while-revalidate=5, stale-if-error=60';
const HEADERS = ['Cache-Control', CACHEABLE, 'Vary', 'Accept-Encoding', 'Access-Control-Allow-Origin', '*'];

const prepared = new WeakMap<StatusAnswer, EncodedResponse>();

function encode(status: StatusAnswer): EncodedResponse {
  const known = prepared.get(status);
  if (known !== undefined) return known;
  const bytes = Buffer.from(successOf(status.json));
  const answer = new EncodedResponse(bytes, HEADERS, undefined, new Compressible(bytes));
  prepared.set(status, answer);
  return answer;
}

const STATUS = operation({
  tag: 'Queue',
  summary: 'The status of a queue, the same for everybody',
  description:
    'For pages behind a cache. A client reads `seq` and `gen` from its own token, computes its position, and polls its token only when `headSeq` has reached its seq. It keeps its entry present by POST /v1/api/queue/presence.',
  answer: QueueStatusReport,
  example: {
    queueId: 'main',
    state: 'OPEN',
    nowMs: 1_900_000_000_000,
    opensAt: null,
    generation: 1_048_577,
    firstGeneration: 1_048_576,
    headSeq: 40,
    issued: 48,
    waiting: 7,
    active: 30,
    admissionsPerSecond: 2.5,
    etaBand: { low: 0.8, high: 1.3 },
    mode: 'fifo',
    left: null,
    countedAtMs: 1_900_000_000_000,
    chances: { likelyUpTo: 120, possibleUpTo: 180 },
    notice: null,
    pace: [
      { position: 1, etaSeconds: 1, statusAfterMs: 1000, presenceAfterMs: 9090 },
      { position: 8, etaSeconds: 4, statusAfterMs: 1000, presenceAfterMs: 9090 },
    ],
    rejoined: 0,
    exact: '/g==',
    counts: [],
  },
  errors: { '404': 'There is no such queue' },
});

const PRESENCE = operation({
  tag: 'Queue',
  summary: 'Stay present',
  description:
    'Says that the user is still here, as a poll does, and answers nothing: 204. At the interval that the status gives.',
  status: 204,
  answer: z.null(),
  example: null,
  errors: { '001': 'This queue has not issued the token' },
});
