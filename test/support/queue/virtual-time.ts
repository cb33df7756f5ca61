import { randomBytes } from 'node:crypto';
import { connectRedis, type Redis } from '../../../src/platform/redis/redis';
import { testConfig } from '../config';

/**
 * One clock for the processes and the scripts of a simulation. A test file that uses it also has to say
 * `jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }))`.
 */
export const virtualTime = { nowMs: 1_700_000_000_000 };

const TIME = "redis.call('TIME')";

interface VirtualTime {
  /** Its scripts also use virtual time. */
  redis: Redis;
  /** Tells the scripts what the processes know already. */
  tell: () => Promise<unknown>;
  pass: (ms: number) => Promise<void>;
}

/** For a `describe`. */
export function useVirtualTime(): VirtualTime {
  let forget: () => Promise<unknown>;
  const time: VirtualTime = {
    redis: connectRedis(testConfig().REDIS_URL, 60_000),
    tell: () => Promise.reject(new Error('Time has not begun.')),
    pass: async (ms) => {
      virtualTime.nowMs += ms;
      await time.tell();
    },
  };
  beforeAll(async () => {
    await time.redis.connect();
    ({ tell: time.tell, forget } = giveScriptsVirtualTime(time.redis));
    await time.tell();
  });
  afterAll(async () => {
    await forget();
    time.redis.disconnect();
  });
  return time;
}

/** Scripts loaded on this connection from now on take the time from the returned key instead of from Redis. */
function giveScriptsVirtualTime(redis: Redis): {
  tell: () => Promise<unknown>;
  forget: () => Promise<unknown>;
} {
  const key = `test:clock:${randomBytes(6).toString('hex')}`;
  const replacement = `(function()
    local ms = tonumber(redis.call('GET', '${key}'))
    return { math.floor(ms / 1000), (ms % 1000) * 1000 }
  end)()`;
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    const { lua } = definition;
    if (!lua.includes(TIME)) throw new Error(`${name} does not ask for the time as expected`);
    define(name, { ...definition, lua: lua.replaceAll(TIME, replacement) });
  };
  return {
    tell: () => redis.set(key, virtualTime.nowMs),
    forget: () => redis.del(key),
  };
}
