import { connectRedis } from '../../../src/platform/redis/redis';

const NOBODY_ANSWERS = 'redis://127.0.0.1:1';

describe('a Redis client that is closed', () => {
  afterEach(() => jest.restoreAllMocks());

  it('keeps its process alive for a tenth of a second at most when its connection was gone before', async () => {
    const redis = connectRedis(NOBODY_ANSWERS, 60_000);
    redis.on('error', () => undefined);
    await expect(redis.connect()).rejects.toThrow();
    const timers = jest.spyOn(global, 'setTimeout');
    redis.disconnect();
    for (const [, delayMs] of timers.mock.calls) expect(delayMs).toBeLessThanOrEqual(100);
    expect(timers).toHaveBeenCalled();
  });
});
