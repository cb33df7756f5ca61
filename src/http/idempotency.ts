import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { BadInput } from '../common/errors';
import type { RequestKey } from '../modules/idempotency/key';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key, tied to its user and to what it asks for. @throws BadInput (400) */
export function readRequestKey(
  req: Request,
  userId: number,
  path: string,
  body: unknown,
): RequestKey | undefined {
  const id = req.headers['idempotency-key'];
  if (id === undefined) return undefined;
  if (typeof id !== 'string' || !KEY.test(id))
    throw new BadInput('Idempotency-Key: send 1 to 255 printable ASCII characters without spaces.');
  const fingerprint = createHash('sha256')
    .update(`${req.method} ${path} ${JSON.stringify(body)}`)
    .digest();
  return { userId, id, fingerprint };
}
