import type { Request } from 'express';
import { Unauthorized } from '../common/errors';

const QUEUE_TOKEN = 'the queue token of POST /v1/api/queue/token';

/**
 * The token of a request: raw in Authorization, or as `Bearer <token>`.
 * @param what must be sent, said to a client that sends none
 * @throws Unauthorized (401)
 */
export function readToken(req: Pick<Request, 'headers'>, what = QUEUE_TOKEN): string {
  const header = req.headers.authorization;
  if (header === undefined || header === '') throw new Unauthorized(`Authorization: send ${what}.`);
  return /^bearer /i.test(header) ? header.slice('bearer '.length).trim() : header;
}
