import type { RequestHandler, Router } from 'express';
import { sendData } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import { IssuedToken } from '../waiting-room/schema';
import type { RehearsalPasses } from './passes';
import { PassedIssueBody } from './schema';

/** Where test users of a rehearsal get their tokens. */
export function rehearsalRoutes(passes: RehearsalPasses, { validate, shed }: RouteMiddleware): Router {
  const router = literalRouter();

  router.post(
    '/v1/api/queue/rehearsal-token',
    validate(ISSUE),
    passed(passes),
    shed,
    answers(ISSUE, async ({ body: { userId, queueId } }, res) => {
      sendData(res, await passes.issueToken(userId, queueId));
    }),
  );

  return refuseOtherMethods(router);
}

/** It needs no store, so a forged pass is refused before load shedding. */
const passed =
  (passes: RehearsalPasses): RequestHandler =>
  (req, _res, next) => {
    const { pass, userId, queueId } = req.body as PassedIssueBody;
    passes.check(pass, userId, queueId);
    next();
  };

const ISSUE = operation({
  tag: 'Queue',
  summary: 'Join the queue as a test user of a rehearsal',
  description:
    'A rehearsal sells hidden seats to test users, who pay no proof, bring no assertion and are not limited by their address.',
  body: PassedIssueBody,
  answer: IssuedToken,
  example: { queueToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjF9.c2lnbmF0dXJl' },
  errors: {
    '403': 'The pass is not of this installation, too old, or for other users or another queue',
    '404': 'The rehearsal is over: there is no such user any more',
  },
});
