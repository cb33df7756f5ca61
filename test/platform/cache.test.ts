import { ReadCache } from '../../src/platform/cache';

describe('ReadCache', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const counted = (): {
    results: string[];
    cache: ReadCache<string, number>;
    load: jest.Mock<Promise<number>, []>;
  } => {
    const results: string[] = [];
    let n = 0;
    const load = jest.fn(() => Promise.resolve(++n));
    return { results, cache: new ReadCache(500, 10, (result) => results.push(result)), load };
  };

  it('loads once for readers at the same time and keeps the value for its life', async () => {
    const { cache, load, results } = counted();
    expect(await Promise.all([cache.read('a', load), cache.read('a', load), cache.read('b', load)])).toEqual([
      1, 1, 2,
    ]);
    jest.advanceTimersByTime(499);
    expect(await cache.read('a', load)).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await cache.read('a', load)).toBe(3);
    expect(results).toEqual(['miss', 'shared', 'miss', 'hit', 'miss']);
  });

  it('passes a failed load to all its readers, forgets it, and still has the last good value', async () => {
    const { cache, load } = counted();
    expect(cache.lastGood('a')).toBeUndefined();
    await cache.read('a', load);
    jest.advanceTimersByTime(1000);
    load.mockRejectedValueOnce(new Error('down'));
    const readers = await Promise.allSettled([cache.read('a', load), cache.read('a', load)]);
    expect(readers.map((r) => r.status)).toEqual(['rejected', 'rejected']);
    expect(cache.lastGood('a')).toBe(1);
    expect(await cache.read('a', load)).toBe(2);
  });

  it('counts the age from before the load', async () => {
    const { cache } = counted();
    const slow = jest.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return 1;
    });
    const first = cache.read('a', slow);
    await jest.advanceTimersByTimeAsync(400);
    await first;
    jest.advanceTimersByTime(100);
    void cache.read('a', slow);
    expect(slow).toHaveBeenCalledTimes(2);
    await jest.advanceTimersByTimeAsync(400);
  });

  it('forgets what was not read for longest when all of it grows too large', async () => {
    const cache = new ReadCache<string, string>(500, 10, () => undefined, {
      maxBytes: 10,
      bytesOf: (value) => value.length,
    });
    await cache.read('a', () => Promise.resolve('12345'));
    await cache.read('b', () => Promise.resolve('12345'));
    await cache.read('a', () => Promise.reject(new Error('it is cached')));
    await cache.read('c', () => Promise.resolve('123'));
    expect([cache.lastGood('a'), cache.lastGood('b'), cache.lastGood('c')]).toEqual([
      '12345',
      undefined,
      '123',
    ]);
    expect(await cache.read('d', () => Promise.resolve('x'.repeat(11)))).toHaveLength(11);
    expect(cache.lastGood('d')).toBeUndefined();
  });
});
