import type { Request } from 'express';
import type { z } from 'zod';
import { BadInput } from '../common/errors';
import type { RequestKey } from '../modules/idempotency/key';
import type { QueueService } from '../modules/waiting-room/service';
import type { Claims } from '../modules/waiting-room/tokens/token';
import { readJson } from './body';
import type { Endpoint } from './endpoint';
import { readStreamToken } from './event-stream';
import { readRequestKey } from './idempotency';
import { readToken } from './token';

/** What a request brings, checked. */
export interface RequestInput {
  claims: Claims | undefined;
  body: unknown;
  query: unknown;
  key: RequestKey | undefined;
}

/** Who asks, and for what. @throws Unauthorized (401), BadInput (400), and what a body may be refused for */
export async function readInput(
  it: Endpoint,
  req: Request,
  queue: QueueService,
  bodyBytes: number,
): Promise<RequestInput> {
  const claims = it.access === 'public' ? undefined : identify(it, req, queue);
  const body = it.body && check('body', it.body, await readJson(req, bodyBytes));
  const query = it.query && check('query', it.query, req.query);
  const key = it.idempotent && claims ? readRequestKey(req, claims.userId, it.path, body) : undefined;
  return { claims, body, query, key };
}

/** Whose token it is, or ticket. @throws Unauthorized (401) */
function identify(it: Endpoint, req: Request, queue: QueueService): Claims {
  const ticket = it.access === 'ticket' ? readStreamToken(req) : undefined;
  return ticket === undefined ? queue.identify(readToken(req)) : queue.identifyByStreamToken(ticket);
}

/** @throws BadInput that names every bad field */
function check(where: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${issue.path.map(String).join('.') || where}: ${issue.message}`,
  );
  throw new BadInput(faults.join('; '));
}
