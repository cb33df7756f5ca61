import type { RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Redis } from '../../platform/redis/redis';
import { addressOf } from '../limits/client-address';
import { TooManyRequests } from '../errors';
import { documented } from '../operation';

export interface RateLimitOptions {
  /** 0: no limit. */
  perMinute: number;
  /** Trusted proxies in front. */
  hops: number;
  /** Of the main queue: installations that share a Redis count each for itself. */
  queueId: string;
}

/**
 * At most `perMinute` requests a minute of one client address, counted over all replicas in Redis; while Redis is away
 * each process counts for itself. Stands before the body is read, so a refused client cannot make us read.
 */
export function rateLimit(redis: Redis, { perMinute, hops, queueId }: RateLimitOptions): RequestHandler {
  const budget = { keyPrefix: `rate:${queueId}:token`, points: perMinute, duration: 60 };
  const limiter = new RateLimiterRedis({
    ...budget,
    storeClient: redis,
    insuranceLimiter: new RateLimiterMemory(budget),
  });
  const limit: RequestHandler = async (req, _res, next) => {
    try {
      await limiter.consume(addressOf(req, hops));
    } catch (refused) {
      if (refused instanceof RateLimiterRes)
        throw new TooManyRequests('address', Math.ceil(refused.msBeforeNext / 1000));
      throw refused;
    }
    next();
  };
  const skip: RequestHandler = (_req, _res, next) => next();
  return documented(perMinute === 0 ? skip : limit, {
    errors: { '429': 'Too many requests from this address' },
  });
}
