import fc from 'fast-check';
import { PerUserLimiter } from '../../src/http/bulkhead';

let nowMs = 0;
jest.mock('../../src/common/clock', () => ({ monotonicMs: () => nowMs }));

const OPTIONS = { atOnce: 2, asked: 5, patienceMs: 100 };
const make = (): PerUserLimiter => new PerUserLimiter({ ...OPTIONS, refusal: () => new Error('refused') });

describe('a bulkhead', () => {
  it('runs so many of one visitor and no more, whoever else asks, and forgets those who have left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ userId: fc.integer({ min: 1, max: 3 }), fails: fc.boolean() }), {
          maxLength: 40,
        }),
        async (scheduler, asked) => {
          const bulkhead = make();
          const running = new Map<number, number>();
          let done = 0;
          const all = asked.map(({ userId, fails }) =>
            bulkhead
              .run(userId, async () => {
                const now = (running.get(userId) ?? 0) + 1;
                running.set(userId, now);
                expect(now).toBeLessThanOrEqual(OPTIONS.atOnce);
                await scheduler.schedule(Promise.resolve());
                running.set(userId, (running.get(userId) ?? 0) - 1);
                done++;
                if (fails) throw new Error('failed');
              })
              .catch((error: unknown) => (error as Error).message),
          );
          await scheduler.waitFor(Promise.all(all));
          const refused = (await Promise.all(all)).filter((it) => it === 'refused').length;
          expect(done + refused).toBe(asked.length);
          expect(bulkhead).toMatchObject({ lanes: new Map() });
        },
      ),
    );
  });

  it('refuses what is more, and what has waited too long', async () => {
    const bulkhead = make();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const asked = Array.from({ length: OPTIONS.asked }, () => bulkhead.run(1, () => held));
    await expect(bulkhead.run(1, () => held)).rejects.toThrow('refused');
    await expect(bulkhead.run(2, () => Promise.resolve('served'))).resolves.toBe('served');
    nowMs += OPTIONS.patienceMs + 1;
    letGo();
    const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected']);
    await expect(bulkhead.run(1, () => Promise.resolve('again'))).resolves.toBe('again');
  });
});
