import type { Request } from 'express';
import { Unauthorized } from '../common/errors';

/** The queue token of a request: raw in Authorization, or as `Bearer <token>`. @throws Unauthorized (401) */
export function readToken(req: Pick<Request, 'headers'>): string {
  const header = req.headers.authorization;
  if (header === undefined || header === '')
    throw new Unauthorized('Authorization: send the queue token of POST /v1/api/queue/token.');
  return /^bearer /i.test(header) ? header.slice('bearer '.length).trim() : header;
}
