import { at } from '../../support/at';
import { OBSERVED_RULES, pollStatus, useObservedQueues } from '../../support/queue/observed-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('a presence flush', () => {
  const time = useVirtualTime();
  const newQueue = useObservedQueues(time.redis);

  it('reports which active users sent a request, so that they are not idle', async () => {
    const { room, rooms } = newQueue(3, { idleTimeoutMs: 3000 });
    const [polling, reading, silent] = [
      await room.entries.issue(1),
      await room.entries.issue(2),
      await room.entries.issue(3),
    ];
    await room.refresh();
    await time.pass(2000);
    room.poll(polling);
    room.touchIfActive(reading);
    await room.flushPresence();
    await time.pass(1000);
    await room.tick();
    expect([...(await rooms.scores('active')).keys()].sort()).toEqual([polling.seq, reading.seq]);
    expect(silent.seq).toBe(3);
    await room.flushPresence(); // nobody did anything since
    await time.pass(2000);
    await room.tick();
    expect((await rooms.scores('active')).size).toBe(0);
  });

  it('reports nothing of entries that the snapshot does not have', async () => {
    const { room, rooms } = newQueue(1);
    const [active] = [await room.entries.issue(1), await room.entries.issue(2)];
    await room.flushPresence();
    await room.refresh();
    expect(pollStatus(room, { ...active, seq: 9 })).toBe('ask Redis');
    expect(room.touchIfActive({ ...active, seq: 2 })).toBe(false);
    const mark = jest.spyOn(rooms.store, 'flushPresence');
    await room.flushPresence();
    expect(at(mark.mock.calls, 0)[0]).toEqual({ bitmaps: [], active: [], longestPollIntervalMs: 0 });
    mark.mockRestore();
  });

  it('reports the longest poll interval that a client was given, once', async () => {
    const { room, rooms } = newQueue(1);
    await room.entries.issue(1);
    for (const ms of [500, 7000, 6000]) room.recordPollInterval(ms);
    await room.flushPresence();
    expect(await rooms.numbers('longestPollInterval')).toEqual([7000]);
    await time.redis.hset(rooms.keys.state, 'longestPollInterval', 0);
    await room.flushPresence();
    expect(await rooms.numbers('longestPollInterval')).toEqual([0]);
  });

  it('repeats the marks that it could not report', async () => {
    const { room, rooms } = newQueue(1, { idleTimeoutMs: 3000 });
    const [active, waiting] = [await room.entries.issue(1), await room.entries.issue(2)];
    await room.refresh();
    await time.pass(OBSERVED_RULES.presenceTimeoutMs); // two epochs
    await room.tick();
    await room.refresh();
    await room.entries.resolve(active);
    await room.refresh();
    room.poll(waiting);
    room.recordPollInterval(4000);
    const down = jest.spyOn(rooms.store, 'flushPresence').mockRejectedValueOnce(new Error('down'));
    await expect(room.flushPresence()).rejects.toThrow('down');
    down.mockRestore();
    const mark = jest.spyOn(rooms.store, 'flushPresence');
    await room.flushPresence();
    const [marks] = at(mark.mock.calls, 0);
    expect(marks.longestPollIntervalMs).toBe(4000);
    expect(marks.bitmaps.flatMap(([segment]) => segment)).toEqual([0]);
    mark.mockRestore();
  });

  it('reports a waiting user once an epoch: not again when the snapshot has the mark', async () => {
    const { room, rooms } = newQueue(1);
    const [, waiting] = [await room.entries.issue(1), await room.entries.issue(2)];
    await room.flushPresence();
    await room.refresh();
    const mark = jest.spyOn(rooms.store, 'flushPresence');
    room.poll(waiting);
    await room.flushPresence();
    expect(at(mark.mock.calls, 0)[0].bitmaps).toEqual([]);
    mark.mockRestore();
  });

  it('presence of earlier epochs is deleted', async () => {
    const queue = newQueue(1, { presenceTimeoutMs: 4000 });
    const { room, rooms } = queue;
    await queue.issue(2);
    const kept = async (): Promise<number[]> => [
      (await time.redis.keys(`${rooms.keys.prefix}present:*`)).length,
      await time.redis.zcard(`${rooms.keys.prefix}changed`),
    ];
    await room.tick();
    expect(await kept()).toEqual([1, 1]);
    for (let seconds = 0; seconds < 5; seconds++) {
      await time.pass(1000);
      await room.tick();
    }
    expect(await kept()).toEqual([0, 0]);
  });
});
