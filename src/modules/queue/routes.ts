import { endpoint, type Endpoint } from '../../http/endpoint';
import { CheckedToken, IssueBody, IssuedToken } from './schema';
import type { QueueService } from './service';

export function queueEndpoints(queue: QueueService): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/v1/api/queue/token',
      summary: 'Take a place in line',
      description: 'The same user asking again gets the same place while it is live.',
      tag: 'Queue',
      access: 'public',
      rateLimited: true,
      body: IssueBody,
      answer: IssuedToken,
      example: { queueToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjF9.c2lnbmF0dXJl' },
      errors: { '404': 'There is no such member' },
      handle: ({ body }) => queue.issue(body.userId),
    }),
    endpoint({
      method: 'post',
      path: '/v1/api/queue/token/check',
      summary: 'Look at the place in line',
      description: 'Keeps the place: a waiter unseen for QUEUE_AWAY_SECONDS is passed over until it is back.',
      tag: 'Queue',
      access: 'token',
      answer: CheckedToken,
      example: { queuePosition: 120, status: 'WAITING', etaSeconds: 24, pollAfterMs: 2400 },
      errors: { '001': 'The token never came through this queue' },
      handle: ({ claims }) => queue.check(claims),
    }),
  ];
}
