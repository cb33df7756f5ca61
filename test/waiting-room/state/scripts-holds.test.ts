import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import type { IssuedEntry } from '../../../src/modules/waiting-room/state/results';
import { must, useScriptQueues } from '../../support/queue/script-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('a hold', () => {
  const time = useVirtualTime();
  const { redis } = time;
  const newQueue = useScriptQueues(time.redis);

  const HOLDS = { sessionMs: 10_000, holdMs: 20_000, holdRequestMs: 4000 };

  it('prolongs the session to its end, in all snapshots', async () => {
    const queue = await newQueue({ ...HOLDS, idleTimeoutMs: 5000 }, 1);
    const [holder, next] = [await queue.issue(1), await queue.issue(2)];
    const { version, gen } = await queue.snapshot();
    await time.pass(6000);
    expect(await queue.toHold(holder)).toBe('PROGRESS');
    const heldUntilMs = virtualTime.nowMs + 20_000;
    expect(await queue.store.extendSession(holder.seq, 20_000)).toBe(heldUntilMs);
    const { changes } = must(await queue.store.snapshot(version, gen, 0));
    expect(changes).toEqual([{ seq: holder.seq, sessionUntilMs: heldUntilMs }]);
    expect((await queue.snapshot()).changes).toEqual(changes);
    expect(await queue.issue(1)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: heldUntilMs });
    for (let i = 0; i < 19; i++) {
      await time.pass(1000);
      await queue.admit();
    }
    await time.pass(999);
    await queue.admit();
    expect([await queue.status(holder), await queue.status(next)]).toEqual(['PROGRESS', 'WAITING 1']);
    await time.pass(1);
    expect(await queue.status(holder)).toBe('EXPIRED');
    expect((await queue.admit()).admitted).toEqual([next.seq]);
  });

  it('never shortens its session, neither by an end before it nor by an earlier end after a later one', async () => {
    const queue = await newQueue(HOLDS, 1);
    const holder = await queue.issue(1);
    const ownUntilMs = virtualTime.nowMs + 10_000;
    expect(await queue.store.extendSession(holder.seq, 3000)).toBe(ownUntilMs);
    expect(await queue.store.extendSession(holder.seq, 20_000)).toBe(ownUntilMs + 10_000);
    await time.pass(5000);
    expect(await queue.store.extendSession(holder.seq, 8000)).toBe(ownUntilMs + 10_000);
    await time.pass(14_999);
    expect(await queue.status(holder)).toBe('PROGRESS');
    await time.pass(1);
    expect(await queue.status(holder)).toBe('EXPIRED');
  });

  it('begun in the last millisecond of the session can be paid, though it is made after the deadline', async () => {
    const queue = await newQueue(HOLDS, 1);
    const [holder, next] = [await queue.issue(1), await queue.issue(2)];
    await time.pass(9999);
    expect(await queue.toHold(holder)).toBe('PROGRESS');
    await time.pass(3000);
    expect((await queue.admit()).admitted).toEqual([]); // the entry is not given on meanwhile
    expect(await queue.status(next)).toBe('WAITING 1');
    expect(await queue.store.extendSession(holder.seq, 20_000)).toBe(virtualTime.nowMs + 20_000);
    for (let i = 0; i < 19; i++) {
      await time.pass(1000);
      await queue.admit();
    }
    await time.pass(999);
    expect(await queue.status(holder)).toBe('PROGRESS');
    await time.pass(1);
    expect((await queue.admit()).admitted).toEqual([next.seq]);
    expect(await queue.status(holder)).toBe('EXPIRED');
  });

  it('cannot begin at the very end of the session, nor while an earlier one is made', async () => {
    const queue = await newQueue(HOLDS, 2);
    const [late, refused] = [await queue.issue(1), await queue.issue(2)];
    await time.pass(9999);
    expect(await queue.toHold(refused)).toBe('PROGRESS');
    await time.pass(1);
    expect(await queue.toHold(late)).toBe('EXPIRED, no more holds');
    expect(await queue.status(late)).toBe('EXPIRED');
    expect(await queue.toHold(refused)).toBe('EXPIRED, no more holds'); // asking again keeps nothing open
    expect(await queue.status(refused)).toBe('PROGRESS'); // until its first one is made or refused
    await time.pass(3999);
    expect(await queue.status(refused)).toBe('EXPIRED');
    expect(await queue.store.extendSession(late.seq, 20_000)).toBe(0);
  });

  it('may follow another one, but holds prolong the session only up to a limit', async () => {
    const queue = await newQueue(HOLDS, 1);
    const holder = await queue.issue(1);
    const heldFor = async (ms: number): Promise<void> => {
      expect(await queue.toHold(holder)).toBe('PROGRESS');
      await queue.store.extendSession(holder.seq, ms);
    };
    await time.pass(9000);
    await heldFor(20_000); // until 29 s
    await time.pass(19_000);
    await heldFor(20_000); // until 48 s
    await time.pass(1999);
    await heldFor(20_000); // until 49.999 s: the session's own end, and twice as long as a hold lasts
    await time.pass(1);
    expect(await queue.toHold(holder)).toBe('PROGRESS, no more holds');
    expect(queue.store.tokenLifeMs).toBe(60_000 + 10_000 + 2 * 20_000);
    await time.pass(19_998);
    expect(await queue.status(holder)).toBe('PROGRESS'); // what it holds it may pay
    await time.pass(1);
    expect(await queue.status(holder)).toBe('EXPIRED');
  });

  it('does not prolong a session that has paid', async () => {
    const queue = await newQueue(HOLDS, 1);
    const [holder, next] = [await queue.issue(1), await queue.issue(2)];
    await queue.store.extendSession(holder.seq, 20_000);
    await queue.store.endSession(holder.seq, queue.limit, 0);
    expect(await queue.store.extendSession(holder.seq, 20_000)).toBe(0);
    expect([await queue.status(holder), await queue.status(next)]).toEqual(['DONE', 'PROGRESS']);
  });

  it('made while Redis was absent prolongs the session after its return, if the session had not ended before', async () => {
    const queue = await newQueue({ ...HOLDS, admissionIntervalMs: 100 }, 1);
    const [holder, next] = [await queue.issue(1), await queue.issue(2)];
    await time.pass(9000);
    await queue.admit();
    await time.pass(8000); // Redis is absent, and the session's own deadline passes
    expect(await queue.status(holder)).toBe('PROGRESS'); // nobody can know yet what was held
    expect((await queue.admit()).admitted).toEqual([]);
    await time.pass(2999);
    expect(await queue.store.extendSession(holder.seq, 12_000)).toBe(virtualTime.nowMs + 12_000);
    await time.pass(3000);
    await queue.admit();
    expect([await queue.status(holder), await queue.status(next)]).toEqual(['PROGRESS', 'WAITING 1']);
  });

  it('survives a loss of Redis: of two snapshots the later deadline counts', async () => {
    const queue = await newQueue(HOLDS, 2);
    await redis.del(queueKeys(queue.store.queueId).scriptKeys);
    const [early, late] = [virtualTime.nowMs + 5000, virtualTime.nowMs + 25_000];
    const known = { issued: 3, headSeq: 2, gen: 1 };
    for (const sessionUntilMs of [early, late, early])
      await queue.store.restore(known, 2, [{ seq: 1, sessionUntilMs }]);
    expect((await queue.snapshot()).changes).toEqual([{ seq: 1, sessionUntilMs: late }]);
  });
});

describe('how many users the seats allow', () => {
  const time = useVirtualTime();
  const newQueue = useScriptQueues(time.redis);
  const NOBODY = { count: 0, ending: [] };
  const MINUTE = 60_000;

  /** Four active users, of whom the first holds a seat, and two who wait behind them. */
  const openingOf = async (rules = {}) => {
    const queue = await newQueue(rules, 10);
    const { admission } = queue.store;
    const occupancy = async () => {
      const { gen, admittedTotal: admitted, changes } = await queue.snapshot();
      return { gen, admitted, active: changes.length };
    };
    await admission.admitBySeats({ users: 4, before: await occupancy(), holders: NOBODY, lifeMs: MINUTE }, 0);
    const entries = [];
    for (let userId = 1; userId <= 6; userId++) entries.push(await queue.issue(userId));
    const [holder, ...others] = entries as [IssuedEntry, ...IssuedEntry[]];
    await queue.store.extendSession(holder.seq, 25_000);
    return { queue, admission, occupancy, holder, others };
  };

  it('counts a holder who has been silent for long once, as a holder and not also as gone', async () => {
    const { queue, admission, occupancy, holder } = await openingOf({ idleTimeoutMs: 30_000 });
    await time.pass(21_000);
    const wanted = { users: 3, before: await occupancy(), lifeMs: MINUTE };
    const holders = { count: 1, ending: [holder.seq] };
    // The three others are silent as well, and gone.
    expect(await admission.admitBySeats({ ...wanted, holders }, 0)).toBe(0);
    await queue.store.flushPresence({ longestPollIntervalMs: 0, bitmaps: [], active: [2, 3] }, 0);
    const many = { count: 1, ending: [...Array.from({ length: 150_000 }, (_, i) => 1000 + i), holder.seq] };
    expect(await admission.admitBySeats({ ...wanted, holders: many }, 0)).toBe(2); // however long the list is
    expect((await queue.admit()).admitted).toHaveLength(1);
  });

  it('has a seat for nobody who is admitted while seats are counted, nor for one more who pays meanwhile', async () => {
    const { queue, admission, occupancy, holder } = await openingOf();
    const before = await occupancy();
    await queue.store.endSession(holder.seq, queue.limit, 0);
    // Three of four seats are free by now, and three active users hold none.
    expect(await admission.admitBySeats({ users: 3, before, holders: NOBODY, lifeMs: MINUTE }, 0)).toBe(4);
    expect((await queue.admit()).admitted).toEqual([]);
    const meanwhile = await occupancy();
    const holders = NOBODY;
    await admission.admitBySeats({ users: 4, before: meanwhile, holders, lifeMs: MINUTE }, 0);
    expect((await queue.admit()).admitted).toHaveLength(1);
    // The same count again: whom it allowed is active by now.
    await admission.admitBySeats({ users: 4, before: meanwhile, holders, lifeMs: MINUTE }, 0);
    expect((await queue.admit()).admitted).toEqual([]);
  });

  it('takes the queue as it is now when its state was made again since', async () => {
    const { admission, occupancy } = await openingOf();
    const before = { ...(await occupancy()), gen: 77, admitted: 1000, active: 0 };
    expect(await admission.admitBySeats({ users: 3, before, holders: NOBODY, lifeMs: MINUTE }, 0)).toBe(4);
  });
});
