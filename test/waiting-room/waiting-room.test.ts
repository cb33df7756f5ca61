import type { Entry } from '../../src/modules/waiting-room/state/entries/entry';
import { EMPTY_BOARD } from '../../src/modules/waiting-room/status/board-store';
import { EtaBand } from '../../src/modules/waiting-room/status/eta-band';
import { reportOf } from '../../src/modules/waiting-room/status/report';
import { at } from '../support/at';
import { OBSERVED_RULES, pollStatus, useObservedQueues } from '../support/queue/observed-queue';
import { useVirtualTime, virtualTime } from '../support/queue/virtual-time';

jest.mock('../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('a waiting room', () => {
  const time = useVirtualTime();
  const newQueue = useObservedQueues(time.redis);

  it('has its queue’s id, and tokens that live for the longest wait and a session', () => {
    const { room, rooms } = newQueue(1);
    expect([room.queueId, room.tokenLifeMs]).toEqual([
      rooms.queueId,
      OBSERVED_RULES.maxWaitMs + OBSERVED_RULES.sessionMs,
    ]);
    expect(room.limits).toEqual({ activeLimit: 1, rateLimit: undefined, paused: false, source: 'fixed' });
  });

  it('answers polls from the snapshot once it has one, and has its own admissions at once', async () => {
    const { room } = newQueue(2);
    const [first] = [await room.entries.issue(1)];
    expect([pollStatus(room, first), room.touchIfActive(first)]).toEqual(['ask Redis', false]);
    await room.refresh();
    const [second, third] = [await room.entries.issue(2), await room.entries.issue(3)];
    expect([first, second, third].map((one) => pollStatus(room, one))).toEqual([
      'PROGRESS',
      'ask Redis',
      'ask Redis',
    ]);
    expect([first, second, third].map((one) => room.touchIfActive(one))).toEqual([true, true, false]);
    await room.refresh();
    expect([second, third].map((one) => pollStatus(room, one))).toEqual(['PROGRESS', 'WAITING 1']);
    expect(room.touchIfActive({ ...second, gen: second.gen + 1 })).toBe(false);
  });

  it('an entry that has waited too long is EXPIRED', async () => {
    const { room, rooms } = newQueue(1, { maxWaitMs: 5000 });
    const [active, waiting] = [await room.entries.issue(1), await room.entries.issue(2)];
    await time.pass(4999);
    await room.refresh();
    expect(pollStatus(room, waiting)).toBe('WAITING 1');
    await time.pass(1);
    expect(pollStatus(room, waiting)).toBe('ask Redis');
    expect(await room.entries.resolve(waiting)).toMatchObject({ status: 'EXPIRED' });
    await room.entries.endSession(active.seq);
    expect((await rooms.scores('active')).size).toBe(0); // an expired entry is not admitted
  });

  it('adopts the status that Redis has resolved', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    const [active, next] = [await room.entries.issue(1), await room.entries.issue(2)];
    await room.refresh();
    await rooms.open().entries.endSession(active.seq); // by another process
    expect(pollStatus(room, active)).toBe('PROGRESS'); // as far as it knows
    expect(await room.entries.resolve(active)).toMatchObject({ status: 'DONE' });
    expect(room.touchIfActive(active)).toBe(false);
    expect(await room.entries.resolve(next)).toMatchObject({ status: 'PROGRESS' });
    expect(room.touchIfActive(next)).toBe(true);
    expect(await room.entries.resolve({ ...next, gen: 9 })).toBe('not-issued-here');
    expect(room.touchIfActive(next)).toBe(true); // whatever another token says
    expect(await queue.progress()).toEqual({ issued: 2, headSeq: 2, gen: next.gen });
    const waiting = await room.entries.issue(3);
    expect(await room.entries.resolve(waiting)).toMatchObject({ status: 'WAITING' });
    expect(room.snapshot.active).toBe(1);
    expect(await queue.progress()).toEqual({ issued: 3, headSeq: 2, gen: next.gen });
  });

  it('the next entry is admitted after a payment, and both are counted', async () => {
    const queue = newQueue(1);
    const { room } = queue;
    const [active, next, last] = (await queue.issue(3)) as [Entry, Entry, Entry];
    await room.refresh();
    await room.entries.endSession(active.seq);
    expect([room.touchIfActive(active), room.touchIfActive(next), room.touchIfActive(last)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(room.snapshot.headSeq).toBe(next.seq);
    expect(await queue.progress()).toEqual({ issued: 3, headSeq: next.seq, gen: next.gen });
    await time.pass(OBSERVED_RULES.sessionMs - 1);
    expect(room.touchIfActive(next)).toBe(true);
    await time.pass(1);
    expect(room.touchIfActive(next)).toBe(false); // the session has its own deadline
    expect([
      await queue.metric('concert_queue_sessions_ended_total', 'paid'),
      await queue.metric('concert_queue_admissions_total'),
    ]).toEqual([1, 1]);
  });

  it.each(['while Redis ends the session', 'after Redis has ended the session'])(
    'a payment’s session stays ended when a refresh from before it is applied %s',
    async (when) => {
      const { room, rooms } = newQueue(1);
      const active = await room.entries.issue(1);
      await room.refresh();
      await room.entries.extendSession(active.seq, 2 * OBSERVED_RULES.sessionMs); // a change for the next refresh
      const delta = await rooms.store.snapshot(room.snapshot.version, active.gen, active.seq);
      let answer = (): void => {};
      const late = new Promise<typeof delta>((resolve) => (answer = () => resolve(delta)));
      jest.spyOn(rooms.store, 'snapshot').mockReturnValueOnce(late);
      const refreshed = room.refresh();
      const endSession = rooms.store.endSession.bind(rooms.store);
      jest.spyOn(rooms.store, 'endSession').mockImplementationOnce(async (...of) => {
        const ended = await endSession(...of);
        if (when.startsWith('while')) {
          answer();
          await refreshed;
        }
        return ended;
      });
      await room.entries.endSession(active.seq);
      answer();
      await refreshed;
      expect([room.snapshot.hasSession(active.seq), pollStatus(room, active)]).toEqual([false, 'ask Redis']);
    },
  );

  it('a payment’s session stays ended when a refresh begins and is applied before Redis has ended it', async () => {
    const { room, rooms } = newQueue(1);
    const active = await room.entries.issue(1);
    await room.refresh();
    await room.entries.extendSession(active.seq, 2 * OBSERVED_RULES.sessionMs); // a change for the next refresh
    const endSession = rooms.store.endSession.bind(rooms.store);
    jest.spyOn(rooms.store, 'endSession').mockImplementationOnce(async (...of) => {
      await room.refresh();
      expect(room.snapshot.hasSession(active.seq)).toBe(true); // Redis has it still
      return endSession(...of);
    });
    await room.entries.endSession(active.seq);
    expect(room.snapshot.hasSession(active.seq)).toBe(false);
  });

  it('a tick ends past sessions and admits the next entry; there is more to do only after a thousand', async () => {
    const queue = newQueue(1, { sessionMs: 1000 });
    const { room, rooms } = queue;
    await queue.issue(2);
    await time.pass(1000);
    expect(await room.tick()).toBe(false);
    await room.refresh();
    expect([...(await rooms.scores('active')).keys()]).toEqual([2]);
    expect(await queue.metric('concert_queue_sessions_ended_total', 'deadline')).toBe(1);
    expect(await queue.metrics.registry.metrics()).toContain(
      `concert_queue_wait_seconds_sum{queue="${rooms.queueId}"} 1\n`,
    );
    expect([await queue.metric('concert_queue_active'), await queue.metric('concert_queue_waiting')]).toEqual(
      [1, 0],
    );
  });

  it('a session ends once, however often it is called for', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    const [active, next] = (await queue.issue(2)) as [Entry, Entry];
    await room.refresh();
    await room.entries.endSession(active.seq);
    await rooms.open().entries.endSession(active.seq);
    expect([...(await rooms.scores('active')).keys()]).toEqual([next.seq]);
    expect(await queue.metric('concert_queue_sessions_ended_total', 'paid')).toBe(1);
  });

  it('a user who holds a seat stays active though silent', async () => {
    const { room, rooms } = newQueue(2, { idleTimeoutMs: 1000 });
    const [idle, holder] = [await room.entries.issue(1), await room.entries.issue(2)];
    await room.entries.extendSession(holder.seq, 10_000);
    await time.pass(2000);
    await room.tick();
    expect([...(await rooms.scores('active')).keys()]).toEqual([holder.seq]);
    expect(idle.seq).toBe(1);
  });

  it('arrivals are sampled every 250 ms, also after the clock has stepped back', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    const samples: number[] = [];
    for (const [user, ms] of [0, 0, 249, 1, 250, -5000, 0, 250].entries()) {
      await time.pass(ms);
      await room.entries.issue(user + 1);
      samples.push(await time.redis.zcard(`${rooms.keys.prefix}arrivals`));
    }
    expect(samples).toEqual([1, 1, 1, 2, 3, 4, 4, 5]);
    await time.pass(5000);
  });

  it('estimates the wait, and measures the error of the estimate', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    const entries = await queue.issue(40);
    await room.refresh();
    expect(room.estimateEta(at(entries, 3), 3).seconds).toBe(3 * (OBSERVED_RULES.sessionMs / 1000)); // nobody was let in yet: a guess
    for (let i = 0; i < 10; i++) {
      await room.entries.endSession(i + 1); // one a second
      await time.pass(1000);
      for (const entry of entries) room.poll(entry);
      await room.refresh();
    }
    expect(room.estimateEta(at(entries, 14), 4).seconds).toBe(4);
    const standing = { state: 'OPEN', mode: 'fifo', opensAt: null } as const;
    const reading = { maxPerSecond: 100, presenceTimeoutMs: 60_000, statusMaxIntervalMs: 1000 };
    for (const index of [5, 10]) {
      await time.pass(300);
      room.estimateEta(at(entries, index), 1); // have had their turn: no prediction
      reportOf(room, EMPTY_BOARD, standing, new EtaBand(), reading); // for readers of the status: no prediction
    }
    for (let i = 10; i < 15; i++) {
      await room.entries.endSession(i + 1);
      await time.pass(1000);
      await room.refresh();
    }
    const errors = (await queue.metrics.registry.getSingleMetric('concert_queue_eta_error_seconds')?.get())
      ?.values;
    expect(
      errors?.find(
        (one) => 'metricName' in one && one.metricName === 'concert_queue_eta_error_seconds_count',
      ),
    ).toMatchObject({ value: 1, labels: { queue: rooms.queueId } });
  });
});
