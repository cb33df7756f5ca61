import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { QueueProgress } from '../../../src/modules/waiting-room/state/results';
import { FREEZE_MS, OBSERVED_RULES, pollStatus, useObservedQueues } from '../../support/queue/observed-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('after Redis has lost the state', () => {
  const time = useVirtualTime();
  const newQueue = useObservedQueues(time.redis);

  it('a presence flush restores the state as well', async () => {
    const queue = newQueue(1);
    await queue.issue(2);
    await queue.room.refresh();
    await queue.rooms.lose();
    await queue.room.flushPresence();
    expect(await queue.metric('concert_queue_state_restores_total')).toBe(1);
  });

  it('no entry is given twice, and active users stay active', async () => {
    const queue = newQueue(2);
    const { room, rooms, logged } = queue;
    const [one, two, three] = (await queue.issue(4)) as [Entry, Entry, Entry];
    await room.refresh();
    await rooms.lose();
    const late = await room.entries.issue(9);
    expect([late.gen, late.seq > 100_000, late.status]).toEqual([one.gen + 1, true, 'WAITING']);
    await room.refresh();
    expect([one, two, three].map((entry) => pollStatus(room, entry))).toEqual([
      'PROGRESS',
      'PROGRESS',
      'WAITING 1',
    ]);
    expect(await queue.metric('concert_queue_state_restores_total')).toBe(1);
    const answers = logged.filter(({ level }) => level === 'warn');
    expect(answers).toMatchObject([
      {
        msg: 'queue state was lost and has been restored',
        queue: rooms.queueId,
        gen: one.gen + 1,
        headSeq: 2,
      },
    ]);
    await time.pass(FREEZE_MS);
    await room.entries.endSession(one.seq);
    expect(room.touchIfActive(three)).toBe(true);
  });

  it('no seq is given again that this process has issued, though no snapshot has it yet', async () => {
    const { room, rooms } = newQueue(1);
    await room.entries.issue(1);
    jest.spyOn(rooms.repository, 'find').mockResolvedValue(undefined); // nobody has saved it
    await rooms.lose();
    expect((await room.entries.issue(2)).seq).toBeGreaterThan(100_000);
  });

  it('the state is restored from the database when no process has it', async () => {
    const { room, rooms } = newQueue(1);
    const saved: QueueProgress = { issued: 50, headSeq: 40, gen: 3 };
    await rooms.repository.save(rooms.queueId, saved);
    const entry = await room.entries.issue(1);
    expect([entry.gen, entry.seq]).toEqual([4, 50 + 131_072 + 1]);
    expect((await rooms.numbers('headSeq', 'gen')).map(Number)).toEqual([40, 4]);
  });

  it('the state is not made from nothing while the database is away: a seq might be given twice', async () => {
    const { room, rooms, logged } = newQueue(1);
    jest.spyOn(rooms.repository, 'find').mockRejectedValue(new Error('down'));
    await expect(room.entries.issue(1)).rejects.toThrow('down');
    expect(logged.at(-1)).toMatchObject({
      level: 'warn',
      msg: 'saved queue progress not read',
      queue: rooms.queueId,
    });
    expect(await time.redis.exists(rooms.keys.state)).toBe(0);
  });

  it('a queue that is made for the first time logs and counts no restore', async () => {
    const queue = newQueue(1);
    await queue.issue(1);
    expect(await queue.metric('concert_queue_state_restores_total')).toBeUndefined();
    expect(queue.logged).toEqual([]);
  });

  it('the state is restored once for all calls that find it lost at the same moment', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    await queue.issue(2);
    await room.refresh();
    await rooms.lose();
    const restore = jest.spyOn(rooms.store, 'restore');
    await Promise.all([11, 12, 13, 14].map((user) => room.entries.issue(user)));
    expect(restore).toHaveBeenCalledTimes(1);
    restore.mockRestore();
    await rooms.lose();
    await room.entries.issue(20); // and again at the next loss
    expect(await queue.metric('concert_queue_state_restores_total')).toBe(2);
  });

  it('overrides stay in force, and users active, when a process that has just started restores the state', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    await room.refresh();
    await room.applyOverride('limit', 3);
    const entries = await queue.issue(3);
    await room.applyOverride('pause', 0);
    await room.save();
    await rooms.lose();
    await rooms.open().entries.issue(9);
    await room.refresh();
    expect(room.snapshot.admission).toMatchObject({ paused: true, overrideLimit: 3 });
    expect(entries.map((entry) => pollStatus(room, entry))).toEqual(['PROGRESS', 'PROGRESS', 'PROGRESS']);
    const leaves = await rooms.redis.lrange(rooms.keys.leaves, 0, -1);
    const commands = leaves.map((leaf) => leaf.split(' ')).filter(([kind]) => kind === 'command');
    expect(commands.map(([, , ...command]) => command)).toEqual([
      ['pause', '-'],
      ['limit', '3'],
    ]);
  });

  it('what an operator says after that holds against what another process still knows', async () => {
    const { room, rooms } = newQueue(1);
    await room.applyOverride('pause', 0);
    await room.refresh();
    await rooms.lose();
    const fresh = rooms.open();
    await fresh.entries.issue(9);
    await fresh.applyOverride('resume', 0);
    await room.refresh();
    expect(room.snapshot.admission.paused).toBe(false);
  });

  it('ends and users are kept until an opening that is far ahead', async () => {
    const { room, rooms } = newQueue(1);
    const opening = {
      opensAtMs: virtualTime.nowMs + 86_400_000,
      isDrawing: false,
      cut: undefined,
      draws: [],
    };
    await room.opening.apply(opening, virtualTime.nowMs);
    await room.refresh();
    await rooms.lose();
    await room.entries.issue(1);
    expect(await rooms.redis.hget(rooms.keys.state, 'keepFrom')).toBe('0');
  });

  it('an expired token stays so when a process that has just started restores the state', async () => {
    const { room, rooms } = newQueue(1);
    const expired = await room.entries.issue(1);
    await room.refresh();
    await time.pass(OBSERVED_RULES.sessionMs);
    await room.tick();
    await room.refresh();
    await room.save();
    await rooms.lose();
    const fresh = rooms.open();
    await fresh.entries.issue(9);
    await room.refresh();
    expect(await fresh.entries.resolve(expired)).toMatchObject({ status: 'EXPIRED' });
  });

  it('a call gets 503 after the third reply that it is lost', async () => {
    const { room, rooms } = newQueue(1);
    await room.entries.issue(1);
    const known = jest.spyOn(rooms.store, 'restore').mockResolvedValue({ issued: 1, headSeq: 1, gen: 1 });
    await rooms.lose();
    await expect(room.entries.issue(2)).rejects.toMatchObject({
      code: '503',
      message: `Queue ${rooms.queueId} could not be restored: try again shortly.`,
    });
    expect(known).toHaveBeenCalledTimes(2);
    known.mockRestore();
  });

  it('a genuine token proves that its seq was issued', async () => {
    const { room } = newQueue(1);
    const { gen } = await room.entries.issue(1);
    expect(await room.entries.resolve({ userId: 5, seq: 5000, gen, iatMs: virtualTime.nowMs })).toMatchObject(
      {
        status: 'WAITING',
      },
    );
    expect((await room.entries.issue(2)).seq).toBeGreaterThan(5000);
  });

  it('the waiting users of a snapshot are present again', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    const [active, waiting] = (await queue.issue(2)) as [Entry, Entry];
    await room.refresh();
    await rooms.lose();
    await room.tick(); // restores
    await room.refresh();
    expect([pollStatus(room, active), pollStatus(room, waiting), room.snapshot.waiting]).toEqual([
      'PROGRESS',
      'WAITING 1',
      1,
    ]);
    await time.pass(FREEZE_MS);
    await room.entries.endSession(active.seq);
    expect(room.touchIfActive(waiting)).toBe(true);
  });

  it('a process adds what it knows to a state that another process has restored', async () => {
    const { rooms, room } = newQueue(1);
    const other = rooms.open();
    await room.entries.issue(1);
    const waiting = await room.entries.issue(2);
    await room.refresh();
    await rooms.lose();
    await other.tick(); // knows of nobody
    await room.refresh();
    const newest = rooms.open();
    await newest.refresh();
    expect([newest.snapshot.active, newest.snapshot.waiting, pollStatus(newest, waiting)]).toEqual([
      1,
      1,
      'WAITING 1',
    ]);
  });

  it('a Redis that comes back with an older state is advanced to the head that the process has seen', async () => {
    const queue = newQueue(1);
    const { room, rooms } = queue;
    const [active] = (await queue.issue(2)) as [Entry];
    await room.refresh();
    const photo = await rooms.photograph();
    await room.entries.endSession(active.seq);
    await room.refresh();
    await rooms.goBackTo(photo);
    await room.refresh();
    expect((await rooms.numbers('gen', 'headSeq')).map(Number)).toEqual([active.gen + 1, 2]);
    expect(room.touchIfActive(active)).toBe(false);
  });

  it('takes a whole snapshot after Redis did not answer: its versions may go on from older ones', async () => {
    const { room, rooms } = newQueue(1);
    await room.entries.issue(1);
    await room.refresh();
    const asked = jest.spyOn(rooms.store, 'snapshot').mockRejectedValueOnce(new Error('down'));
    await expect(room.refresh()).rejects.toThrow('down');
    await room.refresh();
    await room.refresh();
    const [, second, third] = asked.mock.calls.map(([version]) => version);
    expect([second, (third ?? 0) > 0]).toEqual([0, true]);
    asked.mockRestore();
  });
});
