import type { RequestHandler } from 'express';
import { documented } from '../../http/operation';
import type { IdentityService } from './service';

interface AssertedBody {
  assertion: string;
  queueId?: string;
}

/**
 * The shop's assertion in the body, if one is required: `req.subject`. It stands before load shedding, as the check of a
 * queue token does: it needs no store, and who waits for the shop's keys must not look like load.
 * @param nowMs Redis' clock
 */
export function asserted(identity: IdentityService, nowMs: () => number): RequestHandler {
  if (!identity.isRequired) return (_req, _res, next) => next();
  const verify: RequestHandler = async (req, _res, next) => {
    const { assertion, queueId } = req.body as AssertedBody;
    req.subject = await identity.verify(assertion, nowMs(), queueId);
    next();
  };
  return documented(verify, {
    errors: {
      '401': 'The assertion is not the shop’s, not for this product, or not valid now',
      '403': 'The shop does not entitle the user to the queue',
    },
  });
}
