import type { Router } from 'express';
import { z } from 'zod';
import { NotFound } from '../../../common/errors';
import { QueryId } from '../../../http/fields';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { RouteMiddleware } from '../../middleware';
import { Hash, PublishedDraw } from './schema';
import type { DrawService } from './service';

/** Everything that is needed to compute a draw again. */
export function drawRoutes(
  draws: DrawService,
  { shedAnonymous }: Pick<RouteMiddleware, 'shedAnonymous'>,
): Router {
  const router = literalRouter();
  const validate = validation(0);

  router.get(
    '/v1/api/queues/:queueId/draws',
    shedAnonymous,
    answers(DRAWS, async (req, res) => sendData(res, await draws.list(req.params.queueId ?? ''))),
  );

  router.get(
    '/v1/api/queues/:queueId/draws/:number/registrants',
    validate(REGISTRANTS),
    shedAnonymous,
    answers(REGISTRANTS, async (req, res) => {
      const number = QueryId.safeParse(req.params.number);
      if (!number.success) throw new NotFound(`Draw ${String(req.params.number)}`);
      sendData(res, await draws.registrants(req.params.queueId ?? '', number.data, req.query.after ?? 0));
    }),
  );

  return refuseOtherMethods(router);
}

const DRAWS = operation({
  tag: 'Queue',
  summary: 'The draws of a queue',
  description: 'All that is needed to make a draw again: npm run lab -- draw does so.',
  answer: z.array(PublishedDraw),
  example: [
    {
      number: 1,
      opensAt: '2030-01-01T20:00:00+09:00',
      firstSeq: 0,
      lastSeq: 3,
      registered: 3,
      root: '3b6d0b6b3a0b2b1c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4',
      commitments: [],
      beacon: 'drand 8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce 1 8d61d910',
      seed: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0',
      drawnAt: '2030-01-01T20:00:02+09:00',
    },
  ],
  errors: { '404': 'There is no such queue' },
});

const REGISTRANTS = operation({
  tag: 'Queue',
  summary: 'Who takes part in a draw',
  description: 'At most 10,000 at once, by seq: the next ones are those after the last one.',
  query: z.object({ after: QueryId.optional().describe('Only larger seqs') }),
  answer: z.array(z.tuple([z.int().min(1), Hash])),
  example: [[1, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']],
  errors: { '404': 'There is no such draw, or its registration has not closed' },
});
