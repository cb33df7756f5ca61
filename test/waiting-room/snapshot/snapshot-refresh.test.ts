import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import fc from 'fast-check';
import type { Snapshot } from '../../../src/modules/waiting-room/snapshot/snapshot';
import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { at } from '../../support/at';
import { Rooms } from '../../support/rows/rooms';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  sessionMs: 600_000,
  maxWaitMs: 7_200_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 10_000,
  admissionIntervalMs: 100,
};
const EPOCH_MS = RULES.presenceTimeoutMs / 2;

/** All that a snapshot holds. */
const known = (snapshot: Snapshot): unknown => ({
  version: snapshot.version,
  gen: snapshot.gen,
  headSeq: snapshot.headSeq,
  waiting: snapshot.waiting,
  leases: snapshot.liveSessions().sort((a, b) => a.seq - b.seq),
  present: [...snapshot.presence.bitmaps()]
    .filter(({ bitmap }) => bitmap.some((byte) => byte > 0))
    .map(({ segmentId, bitmap }) => [segmentId, bitmap.toString('latin1')])
    .sort(),
});

describe('the refresh of a snapshot', () => {
  const time = useVirtualTime();
  const opened: Rooms[] = [];

  afterEach(async () => {
    for (const rooms of opened.splice(0)) await rooms.lose();
  });

  function queue(cap: number, rules: Partial<QueueRules> = {}): Rooms {
    const rooms = new Rooms(time.redis, { ...RULES, ...rules }, cap);
    opened.push(rooms);
    return rooms;
  }

  /** What a process that has just started learns. */
  async function whole(rooms: Rooms): Promise<unknown> {
    const room = rooms.open();
    await room.refresh();
    return known(room.snapshot);
  }

  it('gives an ETA of a second to entries for which a session is free, though no rate is known yet', async () => {
    const rooms = queue(3);
    const room = rooms.open();
    await room.entries.issue(1);
    await room.refresh();
    await rooms.lose(); // for a short time nobody is admitted: another process may have a later state
    const entries = [];
    for (const user of [2, 3, 4]) entries.push(await room.entries.issue(user));
    await room.refresh();
    const shown = entries.map((entry) => {
      const standing = room.poll(entry);
      return standing?.status === 'WAITING' ? room.etaAt(standing.position).seconds : standing;
    });
    expect(shown).toEqual([1, 1, RULES.sessionMs / 1000]);
  });

  const step = fc.record({
    act: fc.constantFrom(
      'issue',
      'issue',
      'issue',
      'poll',
      'finish',
      'tick',
      'tell',
      'refresh',
      'refresh',
      'pass',
    ),
    process: fc.nat(1),
    user: fc.nat(15),
    ms: fc.constantFrom(50, 150, 1000, EPOCH_MS, 2 * EPOCH_MS),
  });
  const start = fc.constantFrom(0, 65_530, 131_065);

  it('by changes gives the same as a whole snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(start, fc.array(step, { maxLength: 60, size: 'max' }), async (from, steps) => {
        const rooms = queue(3, { sessionMs: 20_000 });
        const processes = [rooms.open(), rooms.open()];
        for (const room of processes) await room.refresh();
        if (from > 0) await time.redis.hset(rooms.keys.state, { issued: from, headSeq: from });
        const entries = new Map<number, Entry>();
        for (const { act, process, user, ms } of steps) {
          const room = at(processes, process);
          const entry = entries.get(user);
          if (act === 'issue') entries.set(user, await room.entries.issue(user + 1));
          else if (act === 'tick') await room.tick();
          else if (act === 'tell') await room.flushPresence();
          else if (act === 'pass') await time.pass(ms);
          else if (act === 'refresh') {
            await room.refresh();
            expect(known(room.snapshot)).toEqual(await whole(rooms));
          } else if (act === 'poll' && entry !== undefined) {
            if (room.poll(entry) === undefined) await room.entries.resolve(entry);
          } else if (act === 'finish' && entry !== undefined) await room.entries.endSession(entry.seq);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes a whole snapshot when it has missed more changes than the log keeps', async () => {
    const rooms = queue(6000);
    const [late, busy] = [rooms.open(), rooms.open()];
    await busy.entries.issue(1);
    await late.refresh();
    const seqs = (await Promise.all(Array.from({ length: 5500 }, (_, i) => busy.entries.issue(i + 2)))).map(
      ({ seq }) => seq,
    );
    await Promise.all(seqs.slice(100).map((seq) => busy.entries.endSession(seq)));
    await time.pass(100);
    await busy.tick(); // trims
    expect(await time.redis.zcard(`${rooms.keys.prefix}log`)).toBe(10_000);
    await late.refresh();
    expect(late.snapshot.liveSessions()).toHaveLength(101);
    expect(known(late.snapshot)).toEqual(await whole(rooms));
  });

  it('goes on by changes as long as the log keeps all of them', async () => {
    const rooms = queue(3);
    const room = rooms.open();
    await room.refresh();
    const asked = jest.spyOn(rooms.store, 'snapshot');
    await room.entries.issue(1);
    await room.refresh();
    await room.refresh();
    const versions = asked.mock.calls.map(([version]) => version);
    expect(versions.every((version, i) => i === 0 || version > 0)).toBe(true);
    asked.mockRestore();
  });

  it('lets polls of waiting users be answered without a command to Redis', async () => {
    const rooms = queue(1);
    await rooms.store.restore({ issued: 0, headSeq: 0, gen: 0 }, 1, []); // who finds no state asks again after the others
    const room = rooms.open();
    const entries = await Promise.all(Array.from({ length: 1000 }, (_, i) => room.entries.issue(i + 1)));
    await room.refresh();
    const sent = jest.spyOn(time.redis, 'sendCommand');
    const piped = jest.spyOn(time.redis, 'pipeline');
    const shown = entries.map((entry) => room.poll(entry));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([sent.mock.calls.length, piped.mock.calls.length]).toEqual([0, 0]);
    sent.mockRestore();
    piped.mockRestore();
    expect(shown.slice(1).map((one) => one?.status === 'WAITING' && one.position)).toEqual(
      Array.from({ length: 999 }, (_, i) => i + 1),
    );
  });

  describe('with presence', () => {
    /** Two processes with their loops for a while; the users of `polls` poll whenever it is time. */
    async function live(
      processes: WaitingRoom[],
      ms: number,
      poll: () => Promise<void> | void,
    ): Promise<void> {
      for (let passed = 0; passed < ms; passed += 500) {
        await time.pass(500);
        await poll();
        for (const room of processes) {
          await room.tick();
          await room.refresh();
          if (passed % 1000 === 0) await room.flushPresence();
        }
      }
    }

    it('a user who polls at the given interval is never passed over, however long it is', async () => {
      const intervals = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 2, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(intervals, async (seconds) => {
          const rooms = queue(1);
          const processes = [rooms.open(), rooms.open()];
          const [first, second] = [at(processes, 0), at(processes, 1)];
          for (const room of processes) await room.refresh();
          await first.entries.issue(1);
          const entry = await first.entries.issue(2);
          let polls = 0;
          let nextAtMs = virtualTime.nowMs + 1000;
          const isPresent = async (): Promise<boolean> => {
            const other = rooms.open();
            await other.refresh();
            return other.snapshot.presence.countBetween(entry.seq - 1, entry.seq + 1) === 1;
          };
          const totalMs = seconds.reduce((sum, one) => sum + one * 1000, 2000);
          await live(processes, totalMs, async () => {
            expect(await isPresent()).toBe(true);
            if (virtualTime.nowMs < nextAtMs) return;
            const room = polls % 2 === 0 ? first : second;
            expect(room.poll(entry)).toEqual({ status: 'WAITING', position: 1 });
            const afterMs = (seconds[polls++] ?? 1) * 1000;
            room.recordPollInterval(afterMs);
            nextAtMs = virtualTime.nowMs + afterMs;
          });
        }),
        { numRuns: 6 },
      );
    });

    it('a user unseen for three epochs is passed over, and rejoins at the next free session', async () => {
      const rooms = queue(1);
      const processes = [rooms.open(), rooms.open()];
      const room = at(processes, 0);
      for (const one of processes) await one.refresh();
      const [inside, away, patient, last] = [
        await room.entries.issue(1),
        await room.entries.issue(2),
        await room.entries.issue(3),
        await room.entries.issue(4),
      ];
      await live(processes, 3 * EPOCH_MS + 1000, () => [patient, last].forEach((one) => void room.poll(one)));
      expect(room.poll(last)).toEqual({ status: 'WAITING', position: 2 }); // one is not counted
      await room.entries.endSession(inside.seq);
      expect(await room.entries.resolve(patient)).toMatchObject({ status: 'PROGRESS' });
      expect(await room.entries.resolve(away)).toMatchObject({ status: 'WAITING', position: 1 });
      await at(processes, 1).entries.endSession(patient.seq);
      expect(await room.entries.resolve(away)).toMatchObject({ status: 'PROGRESS' });
    });
  });
});
