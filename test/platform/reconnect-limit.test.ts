import { ReconnectLimit } from '../../src/platform/reconnect-limit';

describe('how often connections are given up', () => {
  /** Asks every 10 ms for `seconds`. @returns when it was allowed, in ms */
  function allowed(seconds: number, limit: ReconnectLimit, clock: { ms: number }): number[] {
    const times: number[] = [];
    for (const endMs = clock.ms + 1000 * seconds; clock.ms < endMs; clock.ms += 10)
      if (limit.allow()) times.push(clock.ms);
    return times;
  }

  it('is at once, then after pauses that double up to 2 s, as long as the server refuses', () => {
    const clock = { ms: 0 };
    const limit = new ReconnectLimit(() => clock.ms);
    expect(allowed(10, limit, clock)).toEqual([0, 250, 750, 1750, 3750, 5750, 7750, 9750]);
  });

  it('is at once again after a calm', () => {
    const clock = { ms: 0 };
    const limit = new ReconnectLimit(() => clock.ms);
    allowed(10, limit, clock);
    clock.ms += 5000;
    const againMs = clock.ms;
    expect(allowed(1, limit, clock)).toEqual([againMs, againMs + 250, againMs + 750]);
  });
});
