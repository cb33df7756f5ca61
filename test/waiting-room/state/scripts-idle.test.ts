import { must, ScriptQueue, useScriptQueues } from '../../support/queue/script-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('a user who idled out', () => {
  const time = useVirtualTime();
  const newQueue = useScriptQueues(time.redis);

  const IDLES = { sessionMs: 10_000, idleTimeoutMs: 2000 };
  /** The user is silent until its entry is given on. */
  async function idleOut(queue: ScriptQueue): Promise<void> {
    await time.pass(2000);
    expect((await queue.admit()).idle).toBe(1);
  }

  it('gets the rest of the session after rejoining: the longest session counts from the first admission', async () => {
    const queue = await newQueue(IDLES, 1);
    const user = await queue.issue(1);
    const untilMs = virtualTime.nowMs + 10_000;
    await idleOut(queue);
    expect(await queue.resolve(user)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: untilMs });
    expect((await queue.snapshot()).changes.at(-1)).toEqual({ seq: user.seq, sessionUntilMs: untilMs });
    for (let i = 0; i < 7; i++) {
      await time.pass(1000);
      await queue.admit();
      expect(await queue.status(user)).toBe('PROGRESS');
    }
    await time.pass(999);
    expect(await queue.status(user)).toBe('PROGRESS');
    await time.pass(1);
    expect(await queue.status(user)).toBe('EXPIRED');
  });

  it('is admitted by the tick, by a payment or by a token request, each time for the rest only', async () => {
    const queue = await newQueue(IDLES, 1);
    const [first, second] = [await queue.issue(1), await queue.issue(2)];
    const untilMs = virtualTime.nowMs + 10_000;
    await idleOut(queue);
    expect([await queue.status(first), await queue.status(second)]).toEqual(['WAITING 1', 'PROGRESS']);
    const { admitted, deadlinesMs } = must(await queue.store.endSession(second.seq, 1, 0));
    expect([admitted, deadlinesMs]).toEqual([[first.seq], [untilMs]]);
    expect(await queue.issue(1)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: untilMs });
  });

  it.each(['polls', 'requests a token'])('is EXPIRED when no time is left as the user %s', async (how) => {
    const queue = await newQueue(IDLES, 1);
    const [user, other] = [await queue.issue(1), await queue.issue(2)];
    await idleOut(queue);
    await time.pass(7999);
    await queue.resolve(other);
    expect(await queue.status(user)).toBe('WAITING 1');
    await time.pass(1);
    if (how === 'polls') expect(await queue.status(user)).toBe('EXPIRED');
    else expect((await queue.issue(1)).seq).toBe(3); // at the end of the queue
  });

  it('and waits to rejoin is not admitted when the deadline has passed meanwhile', async () => {
    const queue = await newQueue({ ...IDLES, admissionIntervalMs: 60_000 }, 1);
    const [user, other, last] = [await queue.issue(1), await queue.issue(2), await queue.issue(3)];
    await idleOut(queue);
    await time.pass(7500);
    await queue.resolve(other);
    expect(await queue.status(user)).toBe('WAITING 1');
    await time.pass(500);
    expect(must(await queue.store.endSession(other.seq, 1, 0)).admitted).toEqual([last.seq]);
    expect(await queue.status(user)).toBe('EXPIRED');
  });

  it('is EXPIRED the second time, so that nobody overtakes waiting users again and again', async () => {
    const queue = await newQueue(IDLES, 1);
    const [user, waiter] = [await queue.issue(1), await queue.issue(2)];
    await idleOut(queue);
    await queue.store.endSession(waiter.seq, 1, 0);
    expect(await queue.status(user)).toBe('PROGRESS');
    const next = await queue.issue(3);
    await idleOut(queue);
    expect([await queue.status(user), await queue.status(next)]).toEqual(['EXPIRED', 'PROGRESS']);
    expect((await queue.issue(1)).seq).toBe(4);
  });

  it('may hold no longer than one who has stayed: the first deadline counts, not the one that a hold has prolonged', async () => {
    const queue = await newQueue({ ...IDLES, holdMs: 5000, holdRequestMs: 1000 }, 1);
    const user = await queue.issue(1);
    await time.pass(1999);
    expect(await queue.toHold(user)).toBe('PROGRESS');
    const untilMs = must(await queue.store.extendSession(user.seq, 12_000)); // 4 s beyond the session
    await queue.store.extendSession(user.seq, 0); // the seat is given back
    await idleOut(queue);
    expect(await queue.resolve(user)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: untilMs });
    await queue.store.extendSession(user.seq, 12_000); // a silent holder is not idle
    await time.pass(10_999); // 14,998 ms: the session had 10,000, a hold lasts 5,000
    expect(await queue.toHold(user)).toBe('PROGRESS');
    await time.pass(2);
    expect(await queue.toHold(user)).toBe('PROGRESS, no more holds');
  });

  it('holds no seat: a holder does not idle out, however long it is silent', async () => {
    const queue = await newQueue(IDLES, 1);
    const holder = await queue.issue(1);
    await queue.store.extendSession(holder.seq, 9000);
    await time.pass(8999);
    expect((await queue.admit()).idle).toBe(0);
    expect(await queue.status(holder)).toBe('PROGRESS');
  });
});
