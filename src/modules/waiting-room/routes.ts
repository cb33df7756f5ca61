import type { z } from 'zod';
import { endpoint, type Endpoint } from '../../http/endpoint';
import { EncodedResponse, successOf } from '../../http/envelope';
import { SseResponse } from '../../http/event-stream';
import type { QueueStreams } from './streams/streams';
import {
  ChallengeBody,
  CheckedToken,
  IssueBody,
  IssuedChallenge,
  IssuedTicket,
  IssuedToken,
  ProvenIssueBody,
} from './schema';
import type { QueueService } from './service';

/** A poll's answer, written by hand: a crowd asks for it all day. */
function present({ queuePosition, status, etaSeconds, pollAfterMs }: CheckedToken): EncodedResponse {
  const json = `{"queuePosition":${queuePosition},"status":"${status}","etaSeconds":${etaSeconds},"pollAfterMs":${pollAfterMs}}`;
  return new EncodedResponse(
    successOf(json),
    pollAfterMs > 0 ? ['Retry-After', String(Math.round(pollAfterMs / 1000))] : [],
  );
}

export function queueEndpoints(queue: QueueService, events: QueueStreams): Endpoint[] {
  const issueBody: z.ZodType<ProvenIssueBody> = queue.requiresProofOfWork ? ProvenIssueBody : IssueBody;
  const polled = [
    endpoint({
      method: 'post',
      path: '/v1/api/queue/token',
      summary: 'Take a place in line',
      description: 'The same user asking again gets the same place while it is live.',
      tag: 'Queue',
      access: 'public',
      rateLimited: true,
      body: issueBody,
      answer: IssuedToken,
      example: { queueToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjF9.c2lnbmF0dXJl' },
      errors: {
        ...(queue.requiresProofOfWork
          ? { '403': 'The proof of work is missing, wrong, too old or spent' }
          : {}),
        '404': 'There is no such member, or no such line',
      },
      handle: ({ body }) => queue.issue(body.userId, body.queueId, body.proof),
    }),
    endpoint({
      method: 'post',
      path: '/v1/api/queue/token/check',
      summary: 'Look at the place in line',
      description:
        'Keeps the place: a waiter unseen for QUEUE_PRESENCE_TIMEOUT_SECONDS or more is passed over until it is back.',
      tag: 'Queue',
      access: 'token',
      answer: CheckedToken,
      example: { queuePosition: 120, status: 'WAITING', etaSeconds: 24, pollAfterMs: 2400 },
      errors: { '001': 'The token never came through this queue' },
      handle: async ({ claims }) => present(await queue.check(claims)),
    }),
  ];
  return [
    ...(queue.requiresProofOfWork ? [challengeEndpoint(queue)] : []),
    ...polled,
    ...(events.max > 0 ? pushedEndpoints(queue, events) : []),
  ];
}

const challengeEndpoint = (queue: QueueService): Endpoint =>
  endpoint({
    method: 'post',
    path: '/v1/api/queue/challenge',
    summary: 'Take a challenge, whose solution a token costs',
    tag: 'Queue',
    access: 'public',
    body: ChallengeBody,
    answer: IssuedChallenge,
    example: {
      challenge: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJwdXJwb3NlIjoi.c2ln',
      bits: 18,
      expiresInSeconds: 120,
    },
    errors: {},
    handle: ({ body }) => Promise.resolve(queue.issueChallenge(body.userId)),
  });

function pushedEndpoints(queue: QueueService, events: QueueStreams): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/v1/api/queue/events/ticket',
      summary: 'Take a ticket for the events',
      description: 'For EventSource, which cannot send headers. It is no queue token: nothing else takes it.',
      tag: 'Queue',
      access: 'token',
      answer: IssuedTicket,
      example: { ticket: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJwdXJwb3NlIjoi.c2ln', expiresInSeconds: 60 },
      errors: { '001': 'The token never came through this queue' },
      handle: ({ claims }) => Promise.resolve(queue.issueStreamToken(claims)),
    }),
    endpoint({
      method: 'get',
      path: '/v1/api/queue/events',
      summary: 'Be told instead of asking',
      description:
        'Keeps the place as polling does. After the last event the stream ends; one that ends without it was cut: come back after `retry`. The new stream begins with the current position, or is 204 when the last event has been received.',
      tag: 'Queue',
      access: 'ticket',
      answer: CheckedToken,
      events: {
        position: 'at once, then whenever the position has changed, at most once a second',
        admitted: 'last: the token is in PROGRESS',
        done: 'last: the token has paid',
        expired: 'last: the token has expired',
      },
      example: { queuePosition: 120, status: 'WAITING', etaSeconds: 24, pollAfterMs: 2400 },
      errors: {
        '001': 'The token never came through this queue',
        '503': 'A dependency is down, or the process has QUEUE_MAX_STREAMS streams: poll instead',
      },
      handle: async ({ claims }) => new SseResponse(await events.open(claims)),
    }),
  ];
}
