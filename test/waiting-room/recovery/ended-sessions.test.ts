import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import { PresenceMarks } from '../../../src/modules/waiting-room/snapshot/presence-marks';
import type { Ends, IssuedEntry } from '../../../src/modules/waiting-room/state/results';
import type { Script } from '../../../src/platform/redis/redis';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { Rooms } from '../../support/rows/rooms';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  sessionMs: 60_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 60_000,
  admissionIntervalMs: 1,
};
const QUIET_MS = 2000; // after a loss nobody is admitted so long

describe('ended sessions after Redis has lost its state', () => {
  const time = useVirtualTime();
  const { redis } = time;
  const opened: Rooms[] = [];

  afterEach(async () => {
    for (const rooms of opened.splice(0)) await rooms.lose();
  });

  const open = (cap: number, rules: Partial<QueueRules> = {}): Rooms => {
    const rooms = new Rooms(redis, { ...RULES, ...rules }, cap);
    opened.push(rooms);
    return rooms;
  };

  const marked = (...seqs: number[]): Ends['done'] => {
    const marks = new PresenceMarks();
    for (const seq of seqs) marks.add(seq);
    return marks.drain();
  };

  it('a token that has paid is DONE from the first moment on, and is never admitted', async () => {
    const rooms = open(1);
    const room = rooms.open();
    const [paid, next, last] = [
      await room.entries.issue(1),
      await room.entries.issue(2),
      await room.entries.issue(3),
    ];
    await room.refresh();
    await room.entries.endSession(paid.seq);
    rooms.repository.paid.add(paid.seq);
    await room.entries.endSession(next.seq);
    rooms.repository.paid.add(next.seq);
    await room.refresh();
    await rooms.lose();
    const other = rooms.open(); // has no snapshot, and is called first
    expect(await other.entries.resolve(paid)).toMatchObject({ status: 'DONE' });
    expect(await room.entries.resolve(next)).toMatchObject({ status: 'DONE' });
    await room.refresh(); // gives back whom it knows to be active
    await time.pass(QUIET_MS);
    await room.tick();
    expect([...(await rooms.scores('active')).keys()]).toEqual([last.seq]);
  });

  it('a token whose session has ended is EXPIRED, as far as a process has seen it', async () => {
    const rooms = open(1, { sessionMs: 50 });
    const room = rooms.open();
    const ended = await room.entries.issue(1);
    await room.refresh();
    await time.pass(60);
    await room.tick();
    await room.refresh();
    expect(await room.entries.resolve(ended)).toMatchObject({ status: 'EXPIRED' });
    await rooms.lose();
    await room.tick();
    expect(await room.entries.resolve(ended)).toMatchObject({ status: 'EXPIRED' });
  });

  it.each([1, 3])('no state is made when Redis loses it again after piece %i of 3', async (piece) => {
    const rooms = open(1);
    const known = { issued: 10, headSeq: 10, gen: 1 };
    const ends = { done: marked(...Array.from({ length: 40 }, (_, i) => i * 65_536 + 1)), expired: [] };
    const { scripts } = (rooms.store as unknown as { scripts: { scripts: { importEnds: Script } } }).scripts;
    const send = scripts.importEnds;
    let sent = 0;
    scripts.importEnds = async (...call) => {
      const reply = await send(...call);
      if (++sent === piece) await rooms.lose();
      return reply;
    };
    expect(await rooms.store.restore(known, 1, [], undefined, ends)).toBe('state-lost');
    expect(await redis.hget(rooms.keys.state, 'issued')).toBeNull();
    scripts.importEnds = send;
    expect(await rooms.store.restore(known, 1, [], undefined, ends)).not.toBe('state-lost');
    expect(await redis.keys(`${rooms.keys.prefix}done:*`)).toHaveLength(40);
  });

  it('a lost state stays lost when the ended sessions are not known', async () => {
    const rooms = open(1);
    expect(await rooms.store.restore({ issued: 3, headSeq: 1, gen: 1 }, 1, [], undefined, null)).toBe(
      'state-lost',
    );
    expect(await redis.exists(rooms.keys.state)).toBe(0);
  });

  it('60,000 sessions and as many active users are restored in chunks', async () => {
    const count = 60_000;
    const rooms = open(count);
    const sessionUntilMs = virtualTime.nowMs + 600_000;
    const leases = Array.from({ length: count }, (_, i) => ({ seq: i + 1, sessionUntilMs }));
    const known = { issued: count, headSeq: count, gen: 1 };
    expect(await rooms.store.restore(known, count, leases)).toMatchObject({ headSeq: count });
    expect(await redis.zcard(rooms.keys.active)).toBe(count);
    const active = leases.map(({ seq }) => seq);
    const bitmaps = marked(...Array.from({ length: 60 }, (_, i) => i * 65_536 + 5));
    expect(await rooms.store.flushPresence({ bitmaps, active, longestPollIntervalMs: 0 }, count)).toBe('OK');
    const room = rooms.open();
    await room.refresh();
    expect(room.snapshot.active).toBe(count);
    await rooms.lose();
    await room.tick(); // the process that has the copy gives all of it back
    expect(await redis.zcard(rooms.keys.active)).toBe(count);
  });

  describe('two entries of one user', () => {
    /** A user with an entry from before a loss and one that it asked for after it; users 1 and 3 are others. */
    async function twice(cap: number): Promise<{
      rooms: Rooms;
      room: WaitingRoom;
      other: WaitingRoom;
      first: IssuedEntry;
      second: IssuedEntry;
    }> {
      const rooms = open(cap);
      const room = rooms.open();
      await room.entries.issue(1);
      const first = await room.entries.issue(2);
      await room.entries.issue(3);
      await room.refresh();
      await rooms.lose();
      const other = rooms.open(); // knows nobody
      const second = await other.entries.issue(2);
      expect(second.seq).toBeGreaterThan(first.seq);
      return { rooms, room, other, first, second };
    }

    const statusOf = async (room: WaitingRoom, entry: IssuedEntry): Promise<unknown> => {
      const settled = await room.entries.resolve(entry);
      return settled === 'not-issued-here' ? settled : settled.status;
    };

    it('become the older one with the next poll of its token', async () => {
      const { room, other, first, second } = await twice(1);
      await room.refresh();
      expect(room.poll(first)).toMatchObject({ status: 'WAITING' }); // a poll, without I/O
      await room.flushPresence();
      expect((await other.entries.issue(2)).seq).toBe(first.seq);
      expect(await statusOf(other, second)).toBe('EXPIRED');
      expect(await statusOf(room, first)).toBe('WAITING');
    });

    it('become the active one at once if a process knows of it', async () => {
      const { room, other, first, second } = await twice(2);
      await room.refresh();
      expect((await other.entries.issue(2)).seq).toBe(first.seq);
      expect(room.poll(first)).toEqual({ status: 'PROGRESS' });
      expect(await statusOf(other, second)).toBe('EXPIRED');
    });

    it('are never both admitted, though neither was polled before its admission', async () => {
      const { rooms, room, other, first, second } = await twice(1);
      await room.refresh();
      await other.refresh();
      await time.pass(QUIET_MS);
      await room.entries.endSession(1);
      await other.refresh();
      expect([...(await rooms.scores('active')).keys()]).toEqual([first.seq]);
      expect(other.poll(first)).toBeUndefined(); // it is not active before the store has said whose it is
      expect(await statusOf(other, first)).toBe('PROGRESS');
      expect(other.poll(first)).toEqual({ status: 'PROGRESS' });
      await room.entries.endSession(first.seq);
      await room.entries.endSession(3);
      await room.tick();
      expect(await statusOf(other, second)).toBe('EXPIRED');
      expect((await rooms.scores('active')).size).toBe(0);
    });

    it('become the one that was admitted first', async () => {
      const { room, other, first, second } = await twice(1);
      await other.entries.endSession(1);
      await time.pass(QUIET_MS);
      await other.tick(); // none of the others is present here
      expect(await statusOf(other, second)).toBe('PROGRESS');
      expect(await statusOf(room, first)).toBe('EXPIRED');
      expect(await statusOf(other, second)).toBe('PROGRESS');
    });
  });
});
