import type { Request, RequestHandler } from 'express';
import { TooManyRequests } from '../errors';
import { documented } from '../operation';
import { PerUserLimiter } from '../limits/per-user-limiter';

/** One for all: a stack trace costs more than the rest of the refusal. */
const TOO_MANY = new TooManyRequests('user', 1);

export interface PerUserOptions {
  /** Most requests of one user that are processed at once. */
  atOnce: number;
  /** Most requests of one user at once, waiting ones included. */
  asked: number;
  /** Longest time that a request waits for the user's earlier ones. */
  patienceMs: number;
  userOf: (req: Request) => number;
}

export const perUserLimiter = (limits: Omit<PerUserOptions, 'userOf'>): PerUserLimiter =>
  new PerUserLimiter({ ...limits, refusal: () => TOO_MANY });

/** Processes at most `atOnce` requests of one user at once; further ones wait. */
export function perUser({ userOf, ...limits }: PerUserOptions): RequestHandler {
  const limiter = perUserLimiter(limits);
  return documented<RequestHandler>(
    async (req, res, next) => {
      res.exchange.onAnswered(await limiter.enter(userOf(req)));
      next();
    },
    { errors: { '429': 'Too many requests from this user at once' } },
  );
}
