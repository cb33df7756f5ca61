import { between } from '../random.ts';
import type { Nemesis } from './nemesis.ts';

/** Everything is gone at once, and no client learns of it. */
const flush: Nemesis = {
  name: 'redis-flush',
  about: 'FLUSHALL',
  plan: (random) => ({ what: 'FLUSHALL', target: 'redis', lastsMs: between(random, 2500, 4000) }),
  inject: async (system) => {
    const redis = system.redis.connect();
    try {
      await new Promise((resolve) => redis.once('ready', resolve));
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
    return () => undefined; // the product mends it
  },
};

const empty: Nemesis = {
  name: 'redis-empty',
  about: 'kill -9 of Redis, started again without data',
  plan: (random) => ({ what: 'restart without data', target: 'redis', lastsMs: between(random, 500, 2500) }),
  inject: async ({ redis }) => {
    await redis.child.stop('SIGKILL');
    redis.forget();
    return () => redis.child.start();
  },
};

export const redisNemeses: Nemesis[] = [flush, empty];
