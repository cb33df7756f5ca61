import fc from 'fast-check';
import { CountRate } from '../../../src/modules/waiting-room/polling/count-rate';
import { bitsAt } from '../../../src/modules/waiting-room/tokens/gates/difficulty';
import { Limited } from '../../../src/modules/waiting-room/tokens/gates/limited';

const BOUNDS = { minBits: 6, maxBits: 10, ratePerSecond: 100 };
const WINDOW_MS = 5000;
const T0 = 1_700_000_000_000;

describe('the difficulty', () => {
  it.each([
    [0, 6],
    [100, 6],
    [101, 7],
    [200, 7],
    [201, 8],
    [1e9, 10],
  ])('at %d new entries a second is %d bits', (perSecond, bits) => {
    expect(bitsAt(perSecond, BOUNDS)).toBe(bits);
  });

  it('never falls when the rate rises, and stays within its bounds', () => {
    const rate = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((at) => bitsAt(at, BOUNDS));
        expect(low).toBeGreaterThanOrEqual(BOUNDS.minBits);
        expect(low).toBeLessThanOrEqual(high ?? 0);
        expect(high).toBeLessThanOrEqual(BOUNDS.maxBits);
      }),
    );
  });

  it('rises with a burst, and is the least again within seconds, also when nobody has measured for a minute', () => {
    const rate = new CountRate(WINDOW_MS);
    const bits = (): number => bitsAt(rate.perSecond, BOUNDS);
    let total = 0;
    for (let s = 0; s < 10; s++) rate.add(T0 + s * 1000, (total += 10));
    expect(bits()).toBe(6);
    for (let s = 10; s < 15; s++) rate.add(T0 + s * 1000, (total += 5000));
    expect(bits()).toBe(10);
    for (let s = 75; s < 77; s++) rate.add(T0 + s * 1000, (total += 10));
    expect(bits()).toBe(6);
  });
});

describe('work of which little may be under way at once', () => {
  it('runs as much as it may, in order, and refuses what is too much', async () => {
    const limited = new Limited({ running: 2, waiting: 2 }, 'The check');
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const run = (id: number): Promise<number> =>
      limited.run(async () => {
        begun.push(id);
        await new Promise<void>((resolve) => ends.push(resolve));
        return id;
      });
    const all = [1, 2, 3, 4].map(run);
    await expect(run(5)).rejects.toThrow('The check is not available right now');
    expect(begun).toEqual([1, 2]);
    ends[1]?.();
    expect(await all[1]).toBe(2);
    expect(begun).toEqual([1, 2, 3]);
    for (const index of [0, 2]) ends[index]?.();
    expect(await Promise.all([all[0], all[2]])).toEqual([1, 3]);
    ends[3]?.();
    expect(await all[3]).toBe(4);
    await expect(limited.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limited.run(() => Promise.resolve('a free turn'))).toBe('a free turn');
  });
});
