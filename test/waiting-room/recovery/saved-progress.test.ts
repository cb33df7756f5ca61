import { useObservedQueues } from '../../support/queue/observed-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('saving the progress in the database', () => {
  const time = useVirtualTime();
  const newQueue = useObservedQueues(time.redis);

  it('happens every three seconds at most', async () => {
    const { room, rooms } = newQueue(1);
    const save = jest.spyOn(rooms.repository, 'save');
    await room.entries.issue(1);
    await room.entries.issue(2);
    await room.refresh();
    const before = save.mock.calls.length;
    await time.pass(2999);
    await room.refresh();
    expect(save.mock.calls.length).toBe(before);
    await time.pass(1);
    await room.refresh();
    expect(save.mock.calls.slice(before)).toEqual([
      [rooms.queueId, { issued: 2, headSeq: 1, gen: room.snapshot.gen }],
    ]);
  });

  it('does not happen before there is any progress', async () => {
    const { room, rooms } = newQueue(1);
    const save = jest.spyOn(rooms.repository, 'save');
    await room.save();
    expect(save).not.toHaveBeenCalled();
  });

  it('logs a failure', async () => {
    const { room, rooms, logged } = newQueue(1);
    await room.entries.issue(1);
    const down = jest.spyOn(rooms.repository, 'save').mockRejectedValue(new Error('down'));
    await room.save();
    expect(logged.at(-1)).toMatchObject({
      level: 'warn',
      msg: 'queue progress not saved',
      queue: rooms.queueId,
      err: { message: 'down' },
    });
    down.mockRestore();
  });
});
