import type { Response, Router } from 'express';
import { sendData, sendText, successOf } from '../../http/envelope';
import { startStream } from '../../http/event-stream';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import type { QueueStreams } from './streams/streams';
import { asserted } from '../identity/middleware';
import type { IdentityService } from '../identity/service';
import { CheckedToken, IssuedTicket } from './schema';
import type { QueueService } from './service';
import { CHALLENGE, issueOperation } from './tokens/operations';

export function queueRoutes(
  queue: QueueService,
  streams: QueueStreams,
  identity: IdentityService,
  middleware: RouteMiddleware,
): Router {
  const { token, validate, rateLimited, shed } = middleware;
  const router = literalRouter();
  const issue = issueOperation(queue.gateName, identity);

  // Answered from the snapshot: it uses no store, so it is not shed.
  router.post(
    '/v1/api/queue/token/check',
    token,
    answers(CHECK, ({ claims }, res) => {
      const position = queue.poll(claims);
      if (position === undefined) return queue.check(claims).then((checked) => sendPosition(res, checked));
      sendPosition(res, queue.describe(claims, position));
      return undefined;
    }),
  );

  router.post(
    '/v1/api/queue/token',
    rateLimited,
    validate(issue),
    asserted(identity, () => queue.nowMs),
    shed,
    answers(issue, async ({ body, subject, headers: { authorization } }, res) => {
      const userId = await identity.userIdOf(subject, body.userId);
      sendData(res, await queue.issue(userId, { queueId: body.queueId, proof: body.proof, authorization }));
    }),
  );

  if (queue.gateName === 'proof-of-work')
    // Made without a store, so it is not shed.
    router.post(
      '/v1/api/queue/challenge',
      validate(CHALLENGE),
      answers(CHALLENGE, ({ body }, res) => sendData(res, queue.issueChallenge(body.userId))),
    );
  if (streams.max > 0) addStreams(router, queue, streams, middleware);

  return refuseOtherMethods(router);
}

function addStreams(
  router: Router,
  queue: QueueService,
  streams: QueueStreams,
  { token, streamToken }: RouteMiddleware,
): void {
  router.post(
    '/v1/api/queue/events/ticket',
    token,
    answers(ISSUE_TICKET, ({ claims }, res) => sendData(res, queue.issueStreamToken(claims))),
  );

  router.get(
    '/v1/api/queue/events',
    streamToken,
    answers(STREAM, async (req, res) => startStream(req, res, await streams.open(req.claims))),
  );
}

/** A poll's answer, written without a serializer: it is the most frequent answer. */
function sendPosition(res: Response, checked: CheckedToken): void {
  const { queuePosition, status, etaSeconds, pollAfterMs, seq, queueState, opensAt, chance } = checked;
  const quoted = (text: string | null): string => (text === null ? 'null' : `"${text}"`);
  const position = `"queuePosition":${queuePosition},"status":"${status}","etaSeconds":${etaSeconds},"pollAfterMs":${pollAfterMs}`;
  const json = `{${position},"seq":${seq},"queueState":"${queueState}","opensAt":${quoted(opensAt)},"chance":${quoted(chance)}}`;
  const headers = pollAfterMs > 0 ? ['Retry-After', String(Math.round(pollAfterMs / 1000))] : [];
  sendText(res, 200, successOf(json), headers);
}

const CHECKED: CheckedToken = {
  queuePosition: 120,
  status: 'WAITING',
  etaSeconds: 24,
  pollAfterMs: 2400,
  seq: 4711,
  queueState: 'OPEN',
  opensAt: null,
  chance: 'likely',
};

const NOT_ISSUED_HERE = { '001': 'This queue has not issued the token' };

const CHECK = operation({
  tag: 'Queue',
  summary: 'Poll the position',
  description:
    'Keeps the entry present: a user who has not polled for QUEUE_PRESENCE_TIMEOUT_SECONDS is passed over until the next poll.',
  answer: CheckedToken,
  example: CHECKED,
  errors: NOT_ISSUED_HERE,
});

const ISSUE_TICKET = operation({
  tag: 'Queue',
  summary: 'Get a stream token for the events',
  description:
    'For EventSource, which cannot send headers. It opens the events only and is not accepted as a queue token.',
  answer: IssuedTicket,
  example: { ticket: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJwdXJwb3NlIjoi.c2ln', expiresInSeconds: 60 },
  errors: NOT_ISSUED_HERE,
});

const STREAM = operation({
  tag: 'Queue',
  summary: 'Receive the position as events instead of polling',
  description:
    'Keeps the entry present as polling does. After the last event the stream ends. A stream that ends without it was cut: reconnect after `retry`. The new stream begins with the current position, or is 204 when the last event has been received.',
  answer: CheckedToken,
  events: {
    position: 'at once, then whenever the position has changed, at most once a second',
    admitted: 'last: the token is in PROGRESS',
    done: 'last: the token has paid',
    expired: 'last: the token has expired',
  },
  example: CHECKED,
  errors: {
    ...NOT_ISSUED_HERE,
    '503': 'A dependency is down, or the process has QUEUE_MAX_STREAMS streams: poll instead',
  },
});
