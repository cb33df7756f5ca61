import { historyOf } from '../../src/modules/waiting-room/state/generation';
import { QueueStore } from '../../src/modules/waiting-room/state/store';
import type { QueueRules } from '../../src/modules/waiting-room/rules';
import type {
  EntryStatus,
  IssuedEntry,
  SnapshotDelta,
  Tick,
} from '../../src/modules/waiting-room/state/results';
import { at } from '../support/at';
import { WaitingRoomMetrics } from '../../src/modules/waiting-room/metrics';
import { Metrics } from '../../src/platform/observability/metrics';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { uniqueQueueId } from '../support/config';
import { useVirtualTime, virtualTime } from '../support/virtual-time';

jest.mock('../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  sessionMs: 60_000,
  maxWaitMs: 60_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 60_000,
  admissionIntervalMs: 0,
};

describe('the waiting room’s scripts', () => {
  const time = useVirtualTime();
  const { redis } = time;

  /** A new queue with cap 2 unless said otherwise, its state made. */
  async function queue(rules: Partial<QueueRules> = {}, cap = 2): Promise<Line> {
    const store = new QueueStore(
      redis,
      uniqueQueueId(),
      { ...RULES, ...rules },
      new WaitingRoomMetrics(new Metrics()),
    );
    await store.restore({ issued: 0, headSeq: 0, gen: 0 }, cap, []);
    return new Line(store, cap);
  }

  class Line {
    constructor(
      readonly store: QueueStore,
      readonly cap: number,
    ) {}
    async issue(userId: number, known = 0): Promise<IssuedEntry> {
      return must(await this.store.issue(userId, this.cap, known));
    }
    async settle(place: IssuedEntry): Promise<EntryStatus> {
      return must(await this.store.resolve(place, this.cap, 0));
    }
    async status(place: IssuedEntry): Promise<string> {
      const { status, position } = await this.settle(place);
      return status === 'WAITING' ? `WAITING ${position}` : status;
    }
    /** As the guard of a hold asks. */
    async toHold(place: IssuedEntry): Promise<string> {
      const { status, mayHold } = must(await this.store.resolve(place, this.cap, 0, true));
      return mayHold ? status : `${status}, no more holds`;
    }
    async copy(): Promise<SnapshotDelta> {
      return must(await this.store.snapshot(0, 0, 0));
    }
    async admit(): Promise<Tick> {
      return must(await this.store.admit(this.cap, 0));
    }
  }

  it('lets the first in at once and numbers the others', async () => {
    const line = await queue();
    const places = [await line.issue(1), await line.issue(2), await line.issue(3), await line.issue(4)];
    expect(places.map((p) => `${p.seq} ${p.status}`)).toEqual([
      '1 PROGRESS',
      '2 PROGRESS',
      '3 WAITING',
      '4 WAITING',
    ]);
    expect([await line.status(at(places, 2)), await line.status(at(places, 3))]).toEqual([
      'WAITING 1',
      'WAITING 2',
    ]);
  });

  it('gives the same user the same place while it is live', async () => {
    const line = await queue();
    const first = await line.issue(7);
    expect(await line.issue(7)).toEqual({ ...first, isNew: false });
    await line.store.endSession(first.seq, line.cap, 0);
    expect((await line.issue(7)).seq).toBe(2);
  });

  it('gives a place on at once when its visitor has paid', async () => {
    const line = await queue({}, 1);
    const [inside, next] = [await line.issue(1), await line.issue(2)];
    await line.store.endSession(inside.seq, line.cap, 0);
    expect(await line.status(inside)).toBe('DONE');
    expect(await line.status(next)).toBe('PROGRESS');
  });

  it('ends a lease at its deadline', async () => {
    const line = await queue({ sessionMs: 80 }, 1);
    const [inside, next] = [await line.issue(1), await line.issue(2)];
    await time.pass(100);
    expect(await line.status(inside)).toBe('EXPIRED');
    await line.admit();
    expect(await line.status(next)).toBe('PROGRESS');
    expect((await line.issue(1)).seq).toBe(3); // a new turn, at the end of the line
  });

  it('passes over who is away and lets it in first when it is back', async () => {
    const line = await queue({ presenceTimeoutMs: 400 }, 1);
    const [inside, away, patient, last] = [
      await line.issue(1),
      await line.issue(2),
      await line.issue(3),
      await line.issue(4),
    ];
    for (let i = 0; i < 5; i++) {
      await time.pass(100);
      await line.admit();
      await line.settle(patient);
      await line.settle(last);
    }
    expect(await line.status(patient)).toBe('WAITING 1'); // the one away is not counted
    await line.store.endSession(inside.seq, line.cap, 0);
    expect(await line.status(patient)).toBe('PROGRESS');
    expect(await line.status(away)).toBe('WAITING 1'); // back: next, before the one behind it
    expect(await line.status(last)).toBe('WAITING 2');
    await line.store.endSession(patient.seq, line.cap, 0);
    expect([await line.status(away), await line.status(last)]).toEqual(['PROGRESS', 'WAITING 1']);
  });

  it('gives on the place of a visitor who is idle, and takes it back in when it returns', async () => {
    const line = await queue({ idleTimeoutMs: 80 }, 1);
    const [idle, next] = [await line.issue(1), await line.issue(2)];
    await time.pass(100);
    expect((await line.admit()).idle).toBe(1);
    expect(await line.status(next)).toBe('PROGRESS');
    expect(await line.status(idle)).toBe('WAITING 1');
    await line.store.endSession(next.seq, line.cap, 0);
    expect(await line.status(idle)).toBe('PROGRESS');
  });

  it('does not call a visitor idle who asks, or who holds a seat', async () => {
    const line = await queue({ idleTimeoutMs: 150 }, 2);
    const [asking, holding] = [await line.issue(1), await line.issue(2)];
    await line.store.extendSession(holding.seq, 60_000);
    for (let i = 0; i < 4; i++) {
      await time.pass(70);
      await line.settle(asking);
      await line.admit();
    }
    expect([await line.status(asking), await line.status(holding)]).toEqual(['PROGRESS', 'PROGRESS']);
  });

  describe('a hold', () => {
    const HOLDS = { sessionMs: 10_000, holdMs: 20_000, holdRequestMs: 4000 };

    it('prolongs the session to its end, and all copies learn of that', async () => {
      const line = await queue({ ...HOLDS, idleTimeoutMs: 5000 }, 1);
      const [holder, next] = [await line.issue(1), await line.issue(2)];
      const { version, gen } = await line.copy();
      await time.pass(6000);
      expect(await line.toHold(holder)).toBe('PROGRESS');
      const heldUntilMs = virtualTime.nowMs + 20_000;
      expect(await line.store.extendSession(holder.seq, 20_000)).toBe(heldUntilMs);
      const { changes } = must(await line.store.snapshot(version, gen, 0));
      expect(changes).toEqual([{ seq: holder.seq, sessionUntilMs: heldUntilMs }]);
      expect((await line.copy()).changes).toEqual(changes);
      expect(await line.issue(1)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: heldUntilMs });
      for (let i = 0; i < 19; i++) {
        await time.pass(1000);
        await line.admit();
      }
      await time.pass(999);
      await line.admit();
      expect([await line.status(holder), await line.status(next)]).toEqual(['PROGRESS', 'WAITING 1']);
      await time.pass(1);
      expect(await line.status(holder)).toBe('EXPIRED');
      expect((await line.admit()).admitted).toEqual([next.seq]);
    });

    it('that ends before its session shortens nothing, nor does an earlier end after a later one', async () => {
      const line = await queue(HOLDS, 1);
      const holder = await line.issue(1);
      const ownUntilMs = virtualTime.nowMs + 10_000;
      expect(await line.store.extendSession(holder.seq, 3000)).toBe(ownUntilMs);
      expect(await line.store.extendSession(holder.seq, 20_000)).toBe(ownUntilMs + 10_000);
      await time.pass(5000);
      expect(await line.store.extendSession(holder.seq, 8000)).toBe(ownUntilMs + 10_000);
      await time.pass(14_999);
      expect(await line.status(holder)).toBe('PROGRESS');
      await time.pass(1);
      expect(await line.status(holder)).toBe('EXPIRED');
    });

    it('begun in the last millisecond of the session can be paid, though it is made after it', async () => {
      const line = await queue(HOLDS, 1);
      const [holder, next] = [await line.issue(1), await line.issue(2)];
      await time.pass(9999);
      expect(await line.toHold(holder)).toBe('PROGRESS');
      await time.pass(3000);
      expect((await line.admit()).admitted).toEqual([]); // the place is not given on meanwhile
      expect(await line.status(next)).toBe('WAITING 1');
      expect(await line.store.extendSession(holder.seq, 20_000)).toBe(virtualTime.nowMs + 20_000);
      for (let i = 0; i < 19; i++) {
        await time.pass(1000);
        await line.admit();
      }
      await time.pass(999);
      expect(await line.status(holder)).toBe('PROGRESS');
      await time.pass(1);
      expect((await line.admit()).admitted).toEqual([next.seq]);
      expect(await line.status(holder)).toBe('EXPIRED');
    });

    it('is not begun any more at the very end of the session, nor while an earlier one is made', async () => {
      const line = await queue(HOLDS, 2);
      const [late, refused] = [await line.issue(1), await line.issue(2)];
      await time.pass(9999);
      expect(await line.toHold(refused)).toBe('PROGRESS');
      await time.pass(1);
      expect(await line.toHold(late)).toBe('EXPIRED, no more holds');
      expect(await line.status(late)).toBe('EXPIRED');
      expect(await line.toHold(refused)).toBe('EXPIRED, no more holds'); // asking again keeps nothing open
      expect(await line.status(refused)).toBe('PROGRESS'); // until its first one is made or refused
      await time.pass(3999);
      expect(await line.status(refused)).toBe('EXPIRED');
      expect(await line.store.extendSession(late.seq, 20_000)).toBe(0);
    });

    it('may follow on another, but they do not keep the session for ever', async () => {
      const line = await queue(HOLDS, 1);
      const holder = await line.issue(1);
      const heldFor = async (ms: number): Promise<void> => {
        expect(await line.toHold(holder)).toBe('PROGRESS');
        await line.store.extendSession(holder.seq, ms);
      };
      await time.pass(9000);
      await heldFor(20_000); // until 29 s
      await time.pass(19_000);
      await heldFor(20_000); // until 48 s
      await time.pass(1999);
      await heldFor(20_000); // until 49.999 s: the session's own end, and twice as long as a hold lasts
      await time.pass(1);
      expect(await line.toHold(holder)).toBe('PROGRESS, no more holds');
      expect(line.store.tokenLifeMs).toBe(60_000 + 10_000 + 2 * 20_000);
      await time.pass(19_998);
      expect(await line.status(holder)).toBe('PROGRESS'); // what it holds it may pay
      await time.pass(1);
      expect(await line.status(holder)).toBe('EXPIRED');
    });

    it('keeps nobody inside who has paid', async () => {
      const line = await queue(HOLDS, 1);
      const [holder, next] = [await line.issue(1), await line.issue(2)];
      await line.store.extendSession(holder.seq, 20_000);
      await line.store.endSession(holder.seq, line.cap, 0);
      expect(await line.store.extendSession(holder.seq, 20_000)).toBe(0);
      expect([await line.status(holder), await line.status(next)]).toEqual(['DONE', 'PROGRESS']);
    });

    it('of which Redis could not be told prolongs the session when it is back, if it had not ended before', async () => {
      const line = await queue({ ...HOLDS, admissionIntervalMs: 100 }, 1);
      const [holder, next] = [await line.issue(1), await line.issue(2)];
      await time.pass(9000);
      await line.admit();
      await time.pass(8000); // Redis is away, and the session's own deadline passes
      expect(await line.status(holder)).toBe('PROGRESS'); // nobody can know yet what was held
      expect((await line.admit()).admitted).toEqual([]);
      await time.pass(2999);
      expect(await line.store.extendSession(holder.seq, 12_000)).toBe(virtualTime.nowMs + 12_000);
      await time.pass(3000);
      await line.admit();
      expect([await line.status(holder), await line.status(next)]).toEqual(['PROGRESS', 'WAITING 1']);
    });

    it('outlives a loss of Redis: of two copies the one counts that has heard of it', async () => {
      const line = await queue(HOLDS, 2);
      await redis.del(queueKeys(line.store.queueId).scriptKeys);
      const [early, late] = [virtualTime.nowMs + 5000, virtualTime.nowMs + 25_000];
      const known = { issued: 3, headSeq: 2, gen: 1 };
      for (const sessionUntilMs of [early, late, early])
        await line.store.restore(known, 2, [{ seq: 1, sessionUntilMs }]);
      expect((await line.copy()).changes).toEqual([{ seq: 1, sessionUntilMs: late }]);
    });
  });

  describe('a user who idled out', () => {
    const IDLES = { sessionMs: 10_000, idleTimeoutMs: 2000 };
    /** The user is silent until its place is given on. */
    async function idleOut(line: Line): Promise<void> {
      await time.pass(2000);
      expect((await line.admit()).idle).toBe(1);
    }

    it('gets the rest of its session when it comes back: the longest stay counts from the first admission', async () => {
      const line = await queue(IDLES, 1);
      const user = await line.issue(1);
      const untilMs = virtualTime.nowMs + 10_000;
      await idleOut(line);
      expect(await line.settle(user)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: untilMs });
      expect((await line.copy()).changes.at(-1)).toEqual({ seq: user.seq, sessionUntilMs: untilMs });
      for (let i = 0; i < 7; i++) {
        await time.pass(1000);
        await line.admit();
        expect(await line.status(user)).toBe('PROGRESS');
      }
      await time.pass(999);
      expect(await line.status(user)).toBe('PROGRESS');
      await time.pass(1);
      expect(await line.status(user)).toBe('EXPIRED');
    });

    it('is let in by the tick, by a payment or by asking for a token, always for the rest alone', async () => {
      const line = await queue(IDLES, 1);
      const [first, second] = [await line.issue(1), await line.issue(2)];
      const untilMs = virtualTime.nowMs + 10_000;
      await idleOut(line);
      expect([await line.status(first), await line.status(second)]).toEqual(['WAITING 1', 'PROGRESS']);
      const { admitted, deadlinesMs } = must(await line.store.endSession(second.seq, 1, 0));
      expect([admitted, deadlinesMs]).toEqual([[first.seq], [untilMs]]);
      expect(await line.issue(1)).toMatchObject({ status: 'PROGRESS', sessionUntilMs: untilMs });
    });

    it.each(['looks', 'asks for a token'])('has EXPIRED when none is left as it %s', async (how) => {
      const line = await queue(IDLES, 1);
      const [user, other] = [await line.issue(1), await line.issue(2)];
      await idleOut(line);
      await time.pass(7999);
      await line.settle(other);
      expect(await line.status(user)).toBe('WAITING 1');
      await time.pass(1);
      if (how === 'looks') expect(await line.status(user)).toBe('EXPIRED');
      else expect((await line.issue(1)).seq).toBe(3); // at the end of the line
    });

    it('and waits to come back is not let in when its deadline has passed meanwhile', async () => {
      const line = await queue({ ...IDLES, admissionIntervalMs: 60_000 }, 1);
      const [user, other, last] = [await line.issue(1), await line.issue(2), await line.issue(3)];
      await idleOut(line);
      await time.pass(7500);
      await line.settle(other);
      expect(await line.status(user)).toBe('WAITING 1');
      await time.pass(500);
      expect(must(await line.store.endSession(other.seq, 1, 0)).admitted).toEqual([last.seq]);
      expect(await line.status(user)).toBe('EXPIRED');
    });

    it('a second time has had its turn: nobody goes ahead of those who wait again and again', async () => {
      const line = await queue(IDLES, 1);
      const [user, waiter] = [await line.issue(1), await line.issue(2)];
      await idleOut(line);
      await line.store.endSession(waiter.seq, 1, 0);
      expect(await line.status(user)).toBe('PROGRESS');
      const next = await line.issue(3);
      await idleOut(line);
      expect([await line.status(user), await line.status(next)]).toEqual(['EXPIRED', 'PROGRESS']);
      expect((await line.issue(1)).seq).toBe(4);
    });

    it('is not one who holds a seat, however long it is silent', async () => {
      const line = await queue(IDLES, 1);
      const holder = await line.issue(1);
      await line.store.extendSession(holder.seq, 9000);
      await time.pass(8999);
      expect((await line.admit()).idle).toBe(0);
      expect(await line.status(holder)).toBe('PROGRESS');
    });
  });

  it('says EXPIRED to one who has waited too long, and gives it a new place on request', async () => {
    const line = await queue({ maxWaitMs: 80 }, 1);
    await line.issue(1);
    const waiter = await line.issue(2);
    await time.pass(100);
    expect(await line.status(waiter)).toBe('EXPIRED');
    expect((await line.issue(2)).seq).toBe(3);
  });

  it('lets only one of several simultaneous ticks have effect', async () => {
    const line = await queue({ admissionIntervalMs: 1000 }, 1);
    const ticks = await Promise.all(Array.from({ length: 5 }, () => line.admit()));
    expect(ticks).toHaveLength(5);
    const inside = await line.issue(1);
    await line.issue(2);
    const { state, active } = queueKeys(line.store.queueId);
    await redis.zrem(active, inside.seq);
    await redis.hdel(state, 'has:active'); // else the state would be lost
    expect((await line.admit()).admitted).toEqual([]); // within the same tick: no effect
  });

  it('walks over segment borders', async () => {
    const line = await queue({}, 1);
    const { state } = queueKeys(line.store.queueId);
    await redis.hset(state, { issued: 65_534, headSeq: 65_534 });
    const places = [];
    for (let user = 1; user <= 5; user++) places.push(await line.issue(user));
    expect(places.map((p) => p.seq)).toEqual([65_535, 65_536, 65_537, 65_538, 65_539]);
    expect(await line.status(at(places, 4))).toBe('WAITING 4');
    for (const one of places) {
      expect(await line.status(one)).toBe('PROGRESS');
      await line.store.endSession(one.seq, line.cap, 0);
    }
    await redis.hset(state, { issued: 5_000_000 }); // a gap of many empty segments
    expect((await line.issue(9)).seq).toBe(5_000_001);
    expect((await line.admit()).admitted).toEqual([5_000_001]);
    expect((await line.copy()).active).toBe(1);
  });

  it('admits ten thousand, a thousand each tick, in order', async () => {
    const line = await queue({}, 1);
    const first = await line.issue(1);
    const { state, prefix } = queueKeys(line.store.queueId);
    await redis.hset(state, 'issued', 10_001);
    for (const epoch of [0, 1, 2])
      await redis.setrange(`${prefix}present:${epoch}:0`, 0, Buffer.alloc(2000, 0xff));
    const wide = new Line(line.store, 10_001);
    for (let ticks = 1; ticks <= 10; ticks++)
      expect((await wide.admit()).admitted.at(-1)).toBe(first.seq + ticks * 1000);
    expect((await wide.copy()).active).toBe(10_001);
  });

  it('goes on at once when it has admitted as many as one call may', async () => {
    const line = await queue({ admissionIntervalMs: 60_000 }, 1);
    await line.issue(1);
    const { state, prefix } = queueKeys(line.store.queueId);
    await redis.hset(state, 'issued', 2501);
    for (const epoch of [0, 1, 2])
      await redis.setrange(`${prefix}present:${epoch}:0`, 0, Buffer.alloc(400, 0xff));
    const wide = new Line(line.store, 9999);
    const counts = [];
    for (let ticks = 1; ticks <= 4; ticks++) counts.push((await wide.admit()).admitted.length);
    expect(counts).toEqual([1000, 1000, 500, 0]);
  });

  it('makes those present who were seen, and nobody else', async () => {
    const line = await queue();
    await redis.hset(queueKeys(line.store.queueId).state, 'issued', 70_000);
    const bitmaps: [number, number, Buffer][] = [
      [0, 0, Buffer.from([0x80])],
      [1, 3, Buffer.from([0x40])],
    ];
    await line.store.flushPresence({ bitmaps, active: [], longestPollIntervalMs: 0 }, 0);
    await line.store.flushPresence(
      { bitmaps: [[1, 1, Buffer.from([0x20])]], active: [], longestPollIntervalMs: 0 },
      0,
    );
    expect((await line.copy()).bitmaps.map(({ segmentId, bitmap }) => [segmentId, [...bitmap]])).toEqual([
      [0, [0x80]],
      [1, [0, 0x20, 0, 0x40]],
    ]);
  });

  it('counts nobody among those who came back who has paid meanwhile', async () => {
    const line = await queue({ idleTimeoutMs: 60 }, 1);
    const [idle, next, last] = [await line.issue(1), await line.issue(2), await line.issue(3)];
    await time.pass(80);
    await line.admit();
    expect([await line.status(idle), await line.status(next)]).toEqual(['WAITING 1', 'PROGRESS']);
    expect(await line.status(last)).toBe('WAITING 2');
    await line.store.endSession(idle.seq, line.cap, 0); // its payment was under way
    expect([await line.status(idle), await line.status(last)]).toEqual(['DONE', 'WAITING 1']);
  });

  it('says that the state is lost, and restores it with no place given twice', async () => {
    const line = await queue({}, 1);
    const places = [await line.issue(1), await line.issue(2), await line.issue(3)];
    await redis.del(queueKeys(line.store.queueId).scriptKeys);
    expect(await line.store.issue(4, 1, 3)).toBe('state-lost');
    expect(await line.store.resolve(at(places, 2), 1, 3)).toBe('state-lost');
    expect(await line.store.admit(1, 3)).toBe('state-lost');
    const { gen } = at(places, 0);
    const known = { issued: 3, headSeq: 1, gen };
    const restored = await Promise.all([
      line.store.restore(known, 1, []),
      line.store.restore({ ...known, issued: 2 }, 1, []),
    ]);
    expect(restored[1]).toEqual(restored[0]); // any number of processes may restore
    expect(restored[0]).toMatchObject({ headSeq: 1, gen: gen + 1 });
    expect((await line.issue(4)).seq).toBeGreaterThan(100_000);
    expect([await line.status(at(places, 1)), await line.status(at(places, 2))]).toEqual([
      'WAITING 1',
      'WAITING 2',
    ]);
  });

  it('takes back in whose lease lasts and who has had a turn, as far as there are places', async () => {
    const line = await queue();
    await redis.del(queueKeys(line.store.queueId).scriptKeys);
    const [past, later] = [virtualTime.nowMs - 1000, virtualTime.nowMs + 60_000];
    const leases = [past, later, later, later].map((sessionUntilMs, i) => ({ seq: i + 1, sessionUntilMs }));
    const beyond = { seq: 9, sessionUntilMs: later };
    await line.store.restore({ issued: 9, headSeq: 8, gen: 1 }, 2, [beyond, ...leases]);
    expect((await line.copy()).changes.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('notices a state older than what its caller has seen', async () => {
    const line = await queue();
    const { gen } = await line.issue(1);
    expect(await line.store.issue(2, 2, 500)).toBe('state-lost');
    const place = { userId: 9, seq: 900, gen, iatMs: virtualTime.nowMs };
    expect(await line.store.resolve(place, 2, 0)).toBe('state-lost'); // a genuine token of a later seq proves it, too
  });

  it('does not know a token of a generation yet to come', async () => {
    const line = await queue();
    const place = await line.issue(1);
    expect(await line.store.resolve({ ...place, gen: place.gen + 1 }, 2, 0)).toBe('not-issued-here');
  });

  it('does not know a token of an earlier history, however its generation compares', async () => {
    const line = await queue();
    const { gen, ...place } = await line.issue(1);
    const ofEarlier = [
      1,
      2 ** 20,
      historyOf(gen) - 1,
      historyOf(gen) + 2 ** 20 + 1,
      historyOf(gen) + 2 ** 21,
    ];
    for (const other of ofEarlier)
      expect(await line.store.resolve({ ...place, gen: other }, 2, 0)).toBe('not-issued-here');
    expect(await line.store.resolve({ ...place, gen }, 2, 0)).toMatchObject({ status: 'PROGRESS' });
  });

  it('draws a life at random for each history, and keeps it through every restore', async () => {
    const lines = await Promise.all(Array.from({ length: 20 }, () => queue()));
    const gens = await Promise.all(lines.map(async (line) => (await line.issue(1)).gen));
    expect(new Set(gens.map(historyOf)).size).toBe(20);
    expect(gens.map((gen) => gen - historyOf(gen))).toEqual(gens.map(() => 1));
    expect(gens.every((gen) => Number.isSafeInteger(gen) && gen > 2 ** 20)).toBe(true);
    const line = at(lines, 0);
    let gen = at(gens, 0);
    for (const restore of [1, 2, 3]) {
      await redis.del(queueKeys(line.store.queueId).scriptKeys);
      ({ gen } = must(await line.store.restore({ issued: 1, headSeq: 1, gen }, 2, [])));
      expect(gen).toBe(at(gens, 0) + restore);
    }
  });

  it('gives every key a life, but for those that the queue owns', async () => {
    const line = await queue({ idleTimeoutMs: 1000 }, 1);
    const first = await line.issue(1);
    await line.issue(2);
    await line.store.endSession(first.seq, line.cap, 0);
    const { prefix, scriptKeys } = queueKeys(line.store.queueId);
    const keys = await redis.keys(`${prefix.replace(/[[\]]/g, '\\$&')}*`);
    const immortal = [];
    for (const key of keys) if ((await redis.ttl(key)) < 0) immortal.push(key);
    const owned = [...scriptKeys, `${prefix}log`, `${prefix}changed`];
    expect(immortal.filter((key) => !owned.includes(key))).toEqual([]);
    expect(keys.length).toBeGreaterThan(4);
  });
});

function must<T>(reply: T | 'state-lost' | 'not-issued-here'): T {
  if (reply === 'state-lost' || reply === 'not-issued-here')
    throw new Error('The state is lost, or the token unknown.');
  return reply;
}
