import fc from 'fast-check';
import { PerUserLimiter } from '../../src/http/limits/per-user-limiter';
import { signal } from '../support/wait';

let nowMs = 0;
jest.mock('../../src/common/clock', () => ({ monotonicMs: () => nowMs }));

const OPTIONS = { atOnce: 2, asked: 5, patienceMs: 100 };
const make = (): PerUserLimiter => new PerUserLimiter({ ...OPTIONS, refusal: () => new Error('refused') });

async function run<T>(limiter: PerUserLimiter, userId: number, work: () => Promise<T>): Promise<T> {
  const leave = await limiter.enter(userId);
  return work().finally(leave);
}

describe('the per-user limiter', () => {
  it('runs at most `atOnce` requests of a user, whatever others ask, and forgets users who have left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ userId: fc.integer({ min: 1, max: 3 }), fails: fc.boolean() }), {
          maxLength: 40,
        }),
        async (scheduler, asked) => {
          const limiter = make();
          const running = new Map<number, number>();
          let done = 0;
          const all = asked.map(({ userId, fails }) =>
            run(limiter, userId, async () => {
              const now = (running.get(userId) ?? 0) + 1;
              running.set(userId, now);
              expect(now).toBeLessThanOrEqual(OPTIONS.atOnce);
              await scheduler.schedule(Promise.resolve());
              running.set(userId, (running.get(userId) ?? 0) - 1);
              done++;
              if (fails) throw new Error('failed');
            }).catch((error: unknown) => (error as Error).message),
          );
          await scheduler.waitFor(Promise.all(all));
          const refused = (await Promise.all(all)).filter((message) => message === 'refused').length;
          expect(done + refused).toBe(asked.length);
          expect(limiter).toMatchObject({ lanes: new Map() });
        },
      ),
    );
  });

  it('refuses more than `asked` requests of a user, and those that have waited longer than `patienceMs`', async () => {
    const limiter = make();
    const { given: held, give: letGo } = signal();
    const asked = Array.from({ length: OPTIONS.asked }, () => run(limiter, 1, () => held));
    await expect(run(limiter, 1, () => held)).rejects.toThrow('refused');
    await expect(run(limiter, 2, () => Promise.resolve('served'))).resolves.toBe('served');
    nowMs += OPTIONS.patienceMs + 1;
    letGo();
    const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected']);
    await expect(run(limiter, 1, () => Promise.resolve('again'))).resolves.toBe('again');
  });
});
