import type { RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyRequests } from '../errors';
import type { Redis } from '../infra/redis';

/**
 * At most `perMinute` requests a minute of one client address, counted over all replicas in Redis; while Redis is
 * away each process counts for itself. 0: no limit.
 */
export function rateLimit(redis: Redis, perMinute: number): RequestHandler {
  if (perMinute === 0)
    return (_req, _res, next) => {
      next();
    };
  const budget = { keyPrefix: 'rate:token', points: perMinute, duration: 60 };
  const limiter = new RateLimiterRedis({
    ...budget,
    storeClient: redis,
    insuranceLimiter: new RateLimiterMemory(budget),
  });
  return async (req, _res, next) => {
    try {
      await limiter.consume(req.ip ?? 'unknown');
    } catch (refused) {
      if (refused instanceof RateLimiterRes)
        throw new TooManyRequests(Math.ceil(refused.msBeforeNext / 1000));
      throw refused;
    }
    next();
  };
}
