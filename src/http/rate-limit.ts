import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyRequests } from '../common/errors';
import type { Redis } from '../platform/redis/redis';
import { addressOf } from './client-address';

export interface RateLimitOptions {
  /** 0: no limit. */
  perMinute: number;
  /** Trusted proxies in front. */
  hops: number;
  /** Of the main queue: installations that share a Redis count each for itself. */
  queueId: string;
}

/**
 * At most `perMinute` requests a minute of one client address, counted over all replicas in Redis; while Redis is
 * away each process counts for itself. The function throws TooManyRequests (429).
 */
export function rateLimit(
  redis: Redis,
  { perMinute, hops, queueId }: RateLimitOptions,
): (req: Request) => Promise<void> {
  if (perMinute === 0) return () => Promise.resolve();
  const budget = { keyPrefix: `rate:${queueId}:token`, points: perMinute, duration: 60 };
  const limiter = new RateLimiterRedis({
    ...budget,
    storeClient: redis,
    insuranceLimiter: new RateLimiterMemory(budget),
  });
  return async (req) => {
    try {
      await limiter.consume(addressOf(req, hops));
    } catch (refused) {
      if (refused instanceof RateLimiterRes)
        throw new TooManyRequests('address', Math.ceil(refused.msBeforeNext / 1000));
      throw refused;
    }
  };
}
