import type { QueueRules } from '../../src/modules/waiting-room/rules';
import type { QueueProgress } from '../../src/modules/waiting-room/state/results';
import { createLogger } from '../../src/platform/observability/logger';
import { WaitingRoomMetrics } from '../../src/modules/waiting-room/metrics';
import { Metrics } from '../../src/platform/observability/metrics';
import { AdaptiveLimit, FixedLimit } from '../../src/modules/waiting-room/admission/policy';
import { recordRequest, emptySignals } from '../../src/modules/waiting-room/admission/signals';
import type { Entry } from '../../src/modules/waiting-room/state/entry';
import { WaitingRoom } from '../../src/modules/waiting-room/waiting-room';
import { at } from '../support/at';
import { Rooms } from '../support/rooms';
import { useVirtualTime, virtualTime } from '../support/virtual-time';

jest.mock('../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  sessionMs: 60_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 30_000,
  admissionIntervalMs: 100,
};
const QUIET_MS = 2000; // after a loss nobody is admitted so long

describe('a process’ room', () => {
  const time = useVirtualTime();

  /** A line with one process whose metrics and log can be read. */
  class Line {
    readonly rooms: Rooms;
    readonly metrics = new WaitingRoomMetrics(new Metrics());
    readonly lines: Record<string, unknown>[] = [];
    readonly room: WaitingRoom;

    constructor(
      cap: number,
      rules: Partial<QueueRules> = {},
      policy: AdaptiveLimit | FixedLimit = new FixedLimit(cap),
    ) {
      this.rooms = new Rooms(time.redis, { ...RULES, ...rules }, cap);
      const logger = createLogger('info', 'test', {
        write: (line) => void this.lines.push(JSON.parse(line) as Record<string, unknown>),
      });
      this.room = new WaitingRoom(this.rooms.store, policy, this.rooms.repository, this.metrics, logger);
    }

    /** A metric's value; of several the one with this label. */
    async metric(name: string, label?: string): Promise<number | undefined> {
      const found = await this.metrics.registry.getSingleMetric(name)?.get();
      const one = (found?.values ?? []).find(
        ({ labels }) => label === undefined || Object.values(labels).includes(label),
      );
      const isOfThisQueue = one === undefined || Object.values(one.labels).includes(this.rooms.queueId);
      return isOfThisQueue ? one?.value : NaN;
    }

    async issue(count: number): Promise<Entry[]> {
      const places = [];
      for (let user = 1; user <= count; user++) places.push(await this.room.issue(user));
      return places;
    }
  }

  const standing = (room: WaitingRoom, place: Entry): string => {
    const told = room.poll(place);
    return told?.status === 'WAITING' ? `WAITING ${told.position}` : (told?.status ?? 'ask the store');
  };

  /** What the process knows of the line's progress. */
  async function saved(room: WaitingRoom, rooms: Rooms): Promise<QueueProgress | undefined> {
    await room.save();
    return rooms.repository.find();
  }

  it('is called as its queue, and its tokens live for the longest wait and a stay', () => {
    const { room, rooms } = new Line(1);
    expect([room.queueId, room.tokenLifeMs]).toEqual([rooms.queueId, RULES.maxWaitMs + RULES.sessionMs]);
    expect(room.limits).toEqual({ activeLimit: 1, rateLimit: undefined, paused: false, source: 'fixed' });
  });

  it('answers by its copy as soon as it has one, and knows at once whom it has let in itself', async () => {
    const { room, rooms } = new Line(2);
    const [first] = [await room.issue(1)];
    expect([standing(room, first), room.touchIfActive(first)]).toEqual(['ask the store', false]);
    await room.refresh();
    const [second, third] = [await room.issue(2), await room.issue(3)];
    expect([first, second, third].map((one) => standing(room, one))).toEqual([
      'PROGRESS',
      'ask the store',
      'ask the store',
    ]);
    expect([first, second, third].map((one) => room.touchIfActive(one))).toEqual([true, true, false]);
    await room.refresh();
    expect([second, third].map((one) => standing(room, one))).toEqual(['PROGRESS', 'WAITING 1']);
    expect(room.touchIfActive({ ...second, gen: second.gen + 1 })).toBe(false);
    await rooms.lose();
  });

  it('gives up a place that has waited too long', async () => {
    const { room, rooms } = new Line(1, { maxWaitMs: 5000 });
    const [inside, waiter] = [await room.issue(1), await room.issue(2)];
    await time.pass(4999);
    await room.refresh();
    expect(standing(room, waiter)).toBe('WAITING 1');
    await time.pass(1);
    expect(standing(room, waiter)).toBe('ask the store');
    expect(await room.resolve(waiter)).toMatchObject({ status: 'EXPIRED' });
    await room.endSession(inside.seq);
    expect((await rooms.scores('active')).size).toBe(0); // who was told so is not let in
    await rooms.lose();
  });

  it('knows what the store has settled', async () => {
    const { room, rooms } = new Line(1);
    const [inside, next] = [await room.issue(1), await room.issue(2)];
    await room.refresh();
    await rooms.open().endSession(inside.seq); // by another process
    expect(standing(room, inside)).toBe('PROGRESS'); // as far as it knows
    expect(await room.resolve(inside)).toMatchObject({ status: 'DONE' });
    expect(room.touchIfActive(inside)).toBe(false);
    expect(await room.resolve(next)).toMatchObject({ status: 'PROGRESS' });
    expect(room.touchIfActive(next)).toBe(true);
    expect(await room.resolve({ ...next, gen: 9 })).toBe('not-issued-here');
    expect(room.touchIfActive(next)).toBe(true); // whatever another's token says
    expect(await saved(room, rooms)).toEqual({ issued: 2, headSeq: 2, gen: next.gen });
    const waiter = await room.issue(3);
    expect(await room.resolve(waiter)).toMatchObject({ status: 'WAITING' });
    expect(room.snapshot.active).toBe(1);
    expect(await saved(room, rooms)).toEqual({ issued: 3, headSeq: 2, gen: next.gen });
    await rooms.lose();
  });

  it('gives the place of who has paid to the next, and counts both', async () => {
    const line = new Line(1);
    const { room, rooms } = line;
    const [inside, next, last] = (await line.issue(3)) as [Entry, Entry, Entry];
    await room.refresh();
    await room.endSession(inside.seq);
    expect([room.touchIfActive(inside), room.touchIfActive(next), room.touchIfActive(last)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(room.snapshot.headSeq).toBe(next.seq);
    expect(await saved(room, rooms)).toEqual({ issued: 3, headSeq: next.seq, gen: next.gen });
    await time.pass(RULES.sessionMs - 1);
    expect(room.touchIfActive(next)).toBe(true);
    await time.pass(1);
    expect(room.touchIfActive(next)).toBe(false); // its lease is of its own
    expect([
      await line.metric('concert_queue_sessions_ended_total', 'paid'),
      await line.metric('concert_queue_admissions_total'),
    ]).toEqual([1, 1]);
    await rooms.lose();
  });

  it('ends leases and lets the next in with each tick; there is more to do only after a thousand', async () => {
    const line = new Line(1, { sessionMs: 1000 });
    const { room, rooms } = line;
    await line.issue(2);
    await time.pass(1000);
    expect(await room.tick()).toBe(false);
    await room.refresh();
    expect([...(await rooms.scores('active')).keys()]).toEqual([2]);
    expect(await line.metric('concert_queue_sessions_ended_total', 'lease')).toBe(1);
    expect(await line.metrics.registry.metrics()).toContain(
      `concert_queue_wait_seconds_sum{queue="${rooms.queueId}"} 1\n`,
    );
    expect([await line.metric('concert_queue_active'), await line.metric('concert_queue_waiting')]).toEqual([
      1, 0,
    ]);
    await rooms.lose();
  });

  it('ends a session once, however often it is finished', async () => {
    const line = new Line(1);
    const { room, rooms } = line;
    const [inside, next] = (await line.issue(2)) as [Entry, Entry];
    await room.refresh();
    await room.endSession(inside.seq);
    await rooms.open().endSession(inside.seq);
    expect([...(await rooms.scores('active')).keys()]).toEqual([next.seq]);
    expect(await line.metric('concert_queue_sessions_ended_total', 'paid')).toBe(1);
    await rooms.lose();
  });

  it('keeps a holder inside though it is idle', async () => {
    const { room, rooms } = new Line(2, { idleTimeoutMs: 1000 });
    const [idle, holder] = [await room.issue(1), await room.issue(2)];
    await room.extendSession(holder.seq, 10_000);
    await time.pass(2000);
    await room.tick();
    expect([...(await rooms.scores('active')).keys()]).toEqual([holder.seq]);
    expect(idle.seq).toBe(1);
    await rooms.lose();
  });

  describe('tells the store', () => {
    it('who of those inside did something, so that they are not idle', async () => {
      const { room, rooms } = new Line(3, { idleTimeoutMs: 3000 });
      const [looked, guarded, silent] = [await room.issue(1), await room.issue(2), await room.issue(3)];
      await room.refresh();
      await time.pass(2000);
      room.poll(looked);
      room.touchIfActive(guarded);
      await room.flushPresence();
      await time.pass(1000);
      await room.tick();
      expect([...(await rooms.scores('active')).keys()].sort()).toEqual([looked.seq, guarded.seq]);
      expect(silent.seq).toBe(3);
      await room.flushPresence(); // nobody did anything since
      await time.pass(2000);
      await room.tick();
      expect((await rooms.scores('active')).size).toBe(0);
      await rooms.lose();
    });

    it('nothing of those of whom its copy knows nothing', async () => {
      const { room, rooms } = new Line(1);
      const [inside] = [await room.issue(1), await room.issue(2)];
      await room.flushPresence();
      await room.refresh();
      expect(standing(room, { ...inside, seq: 9 })).toBe('ask the store');
      expect(room.touchIfActive({ ...inside, seq: 2 })).toBe(false);
      const mark = jest.spyOn(rooms.store, 'flushPresence');
      await room.flushPresence();
      expect(at(mark.mock.calls, 0)[0]).toEqual({ bitmaps: [], active: [], longestPollIntervalMs: 0 });
      mark.mockRestore();
      await rooms.lose();
    });

    it('the longest interval that a waiter was told, once', async () => {
      const { room, rooms } = new Line(1);
      await room.issue(1);
      for (const ms of [500, 7000, 6000]) room.recordPollInterval(ms);
      await room.flushPresence();
      expect(await rooms.numbers('longestPollInterval')).toEqual([7000]);
      await time.redis.hset(rooms.keys.state, 'longestPollInterval', 0);
      await room.flushPresence();
      expect(await rooms.numbers('longestPollInterval')).toEqual([0]);
      await rooms.lose();
    });

    it('later what it could not tell now', async () => {
      const { room, rooms } = new Line(1, { idleTimeoutMs: 3000 });
      const [inside, waiter] = [await room.issue(1), await room.issue(2)];
      await room.refresh();
      await time.pass(RULES.presenceTimeoutMs); // two epochs
      await room.tick();
      await room.refresh();
      await room.resolve(inside);
      await room.refresh();
      room.poll(waiter);
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
      await rooms.lose();
    });

    it('of a waiter once an epoch: one that the copy knows to be marked is not told again', async () => {
      const { room, rooms } = new Line(1);
      const [, waiter] = [await room.issue(1), await room.issue(2)];
      await room.flushPresence();
      await room.refresh();
      const mark = jest.spyOn(rooms.store, 'flushPresence');
      room.poll(waiter);
      await room.flushPresence();
      expect(at(mark.mock.calls, 0)[0].bitmaps).toEqual([]);
      mark.mockRestore();
      await rooms.lose();
    });
  });

  describe('saves its progress in the database', () => {
    it('every three seconds at most', async () => {
      const { room, rooms } = new Line(1);
      const save = jest.spyOn(rooms.repository, 'save');
      await room.issue(1);
      await room.issue(2);
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
      await rooms.lose();
    });

    it('not before there is any', async () => {
      const { room, rooms } = new Line(1);
      const save = jest.spyOn(rooms.repository, 'save');
      await room.save();
      expect(save).not.toHaveBeenCalled();
    });

    it('again soon when it cannot be saved, which is logged', async () => {
      const { room, rooms, lines } = new Line(1);
      await room.issue(1);
      const down = jest.spyOn(rooms.repository, 'save').mockRejectedValue(new Error('down'));
      await room.save();
      expect(lines.at(-1)).toMatchObject({
        ...{ level: 'warn', msg: 'queue progress not saved', queue: rooms.queueId, err: { message: 'down' } },
      });
      down.mockRestore();
      await rooms.lose();
    });
  });

  it('makes its copy anew when Redis could not be asked: versions may go on from older ones', async () => {
    const { room, rooms } = new Line(1);
    await room.issue(1);
    await room.refresh();
    const asked = jest.spyOn(rooms.store, 'snapshot').mockRejectedValueOnce(new Error('down'));
    await expect(room.refresh()).rejects.toThrow('down');
    await room.refresh();
    await room.refresh();
    const [, second, third] = asked.mock.calls.map(([version]) => version);
    expect([second, (third ?? 0) > 0]).toEqual([0, true]);
    asked.mockRestore();
    await rooms.lose();
  });

  describe('after a loss', () => {
    it('is restored also by one who has only something to tell', async () => {
      const line = new Line(1);
      await line.issue(2);
      await line.room.refresh();
      await line.rooms.lose();
      await line.room.flushPresence();
      expect(await line.metric('concert_queue_state_restores_total')).toBe(1);
      await line.rooms.lose();
    });

    it('gives nobody’s place to another, and leaves those inside where they are', async () => {
      const line = new Line(2);
      const { room, rooms, lines } = line;
      const [one, two, three] = (await line.issue(4)) as [Entry, Entry, Entry];
      await room.refresh();
      await rooms.lose();
      const late = await room.issue(9);
      expect([late.gen, late.seq > 100_000, late.status]).toEqual([one.gen + 1, true, 'WAITING']);
      await room.refresh();
      expect([one, two, three].map((place) => standing(room, place))).toEqual([
        'PROGRESS',
        'PROGRESS',
        'WAITING 1',
      ]);
      expect(await line.metric('concert_queue_state_restores_total')).toBe(1);
      const told = lines.filter(({ level }) => level === 'warn');
      expect(told).toMatchObject([
        {
          msg: 'queue state was lost and has been restored',
          queue: rooms.queueId,
          gen: one.gen + 1,
          headSeq: 2,
        },
      ]);
      await time.pass(QUIET_MS);
      await room.endSession(one.seq);
      expect(room.touchIfActive(three)).toBe(true);
      await rooms.lose();
    });

    it('gives out no number again that it has given out itself, though no copy has it yet', async () => {
      const { room, rooms } = new Line(1);
      await room.issue(1);
      jest.spyOn(rooms.repository, 'find').mockResolvedValue(undefined); // nobody has saved it
      await rooms.lose();
      expect((await room.issue(2)).seq).toBeGreaterThan(100_000);
      await rooms.lose();
    });

    it('is restored by what the database knows, where no process knows anything', async () => {
      const { room, rooms } = new Line(1);
      const saved: QueueProgress = { issued: 50, headSeq: 40, gen: 3 };
      await rooms.repository.save(rooms.queueId, saved);
      const place = await room.issue(1);
      expect([place.gen, place.seq]).toEqual([4, 50 + 131_072 + 1]);
      expect((await rooms.numbers('headSeq', 'gen')).map(Number)).toEqual([40, 4]);
    });

    it('is not made from nothing while the database cannot be asked: a place might be given twice', async () => {
      const { room, rooms, lines } = new Line(1);
      jest.spyOn(rooms.repository, 'find').mockRejectedValue(new Error('down'));
      await expect(room.issue(1)).rejects.toThrow('down');
      expect(lines.at(-1)).toMatchObject({
        ...{ level: 'warn', msg: 'saved queue progress not read', queue: rooms.queueId },
      });
      expect(await time.redis.exists(rooms.keys.state)).toBe(0);
    });

    it('says nothing of a loss when a line is made for the first time', async () => {
      const line = new Line(1);
      await line.issue(1);
      expect(await line.metric('concert_queue_state_restores_total')).toBeUndefined();
      expect(line.lines).toEqual([]);
      await line.rooms.lose();
    });

    it('is restored once for all who find it at the same moment', async () => {
      const line = new Line(1);
      const { room, rooms } = line;
      await line.issue(2);
      await room.refresh();
      await rooms.lose();
      const restore = jest.spyOn(rooms.store, 'restore');
      await Promise.all([11, 12, 13, 14].map((user) => room.issue(user)));
      expect(restore).toHaveBeenCalledTimes(1);
      restore.mockRestore();
      await rooms.lose();
      await room.issue(20); // and again at the next loss
      expect(await line.metric('concert_queue_state_restores_total')).toBe(2);
      await rooms.lose();
    });

    it('is given up after the third answer that it is lost', async () => {
      const { room, rooms } = new Line(1);
      await room.issue(1);
      const known = jest.spyOn(rooms.store, 'restore').mockResolvedValue({ issued: 1, headSeq: 1, gen: 1 });
      await rooms.lose();
      await expect(room.issue(2)).rejects.toThrow(`Queue ${rooms.queueId} could not be restored.`);
      expect(known).toHaveBeenCalledTimes(2);
      known.mockRestore();
    });

    it('knows by a genuine token that its number was given out', async () => {
      const { room, rooms } = new Line(1);
      const { gen } = await room.issue(1);
      expect(await room.resolve({ userId: 5, seq: 5000, gen, iatMs: virtualTime.nowMs })).toMatchObject({
        status: 'WAITING',
      });
      expect((await room.issue(2)).seq).toBeGreaterThan(5000);
      await rooms.lose();
    });

    it('makes those present again whom a copy knows', async () => {
      const line = new Line(1);
      const { room, rooms } = line;
      const [inside, waiter] = (await line.issue(2)) as [Entry, Entry];
      await room.refresh();
      await rooms.lose();
      await room.tick(); // restores
      await room.refresh();
      expect([standing(room, inside), standing(room, waiter), room.snapshot.waiting]).toEqual([
        'PROGRESS',
        'WAITING 1',
        1,
      ]);
      await time.pass(QUIET_MS);
      await room.endSession(inside.seq);
      expect(room.touchIfActive(waiter)).toBe(true);
      await rooms.lose();
    });

    it('restored by another process, tells that what it knows itself', async () => {
      const { rooms, room } = new Line(1);
      const other = rooms.open();
      await room.issue(1);
      const waiter = await room.issue(2);
      await room.refresh();
      await rooms.lose();
      await other.tick(); // knows of nobody
      await room.refresh();
      const newest = rooms.open();
      await newest.refresh();
      expect([newest.snapshot.active, newest.snapshot.waiting, standing(newest, waiter)]).toEqual([
        1,
        1,
        'WAITING 1',
      ]);
      await rooms.lose();
    });

    it('that came back older than it was goes on from what was known', async () => {
      const line = new Line(1);
      const { room, rooms } = line;
      const [inside] = (await line.issue(2)) as [Entry];
      await room.refresh();
      const photo = await rooms.photograph();
      await room.endSession(inside.seq);
      await room.refresh();
      await rooms.goBackTo(photo);
      await room.refresh();
      expect((await rooms.numbers('gen', 'headSeq')).map(Number)).toEqual([inside.gen + 1, 2]);
      expect(room.touchIfActive(inside)).toBe(false);
      await rooms.lose();
    });
  });

  describe('is steered', () => {
    const adaptive = new AdaptiveLimit({ targetP99Ms: 200, min: 10, max: 1000 });

    it('by the controller where the cap is auto', async () => {
      const { room, rooms } = new Line(10, {}, adaptive);
      await room.issue(1);
      const signals = emptySignals();
      for (let i = 0; i < 30; i++) recordRequest(signals, 5, false, true);
      await room.coordinateAdmission(signals);
      expect(await time.redis.hget(rooms.keys.state, 'autoLimit')).toBe('10');
      await room.refresh();
      expect(room.limits).toMatchObject({ activeLimit: 10, source: 'auto' });
      await rooms.lose();
    });

    it('once a second, however often it is told of signals', async () => {
      const { room, rooms } = new Line(10, {}, adaptive);
      await room.issue(1);
      const turns = [];
      for (const ms of [0, 0, 949, 1, 950]) {
        await time.pass(ms);
        await room.coordinateAdmission(emptySignals());
        const kept = (await time.redis.hget(rooms.keys.state, 'controllerState')) ?? '{}';
        turns.push((JSON.parse(kept) as { state: { second: number } }).state.second);
      }
      expect(turns).toEqual([1, 1, 1, 2, 3]);
      await rooms.lose();
    });

    it('with room for those inside who have asked for nothing for ten seconds', async () => {
      const { room, rooms } = new Line(10, { idleTimeoutMs: 20_000 }, adaptive);
      await room.issue(1);
      await time.pass(10_001);
      await room.issue(2);
      await room.coordinateAdmission(emptySignals());
      expect(await time.redis.hget(rooms.keys.state, 'autoLimit')).toBe('11');
      await rooms.lose();
    });

    it('by nobody where it is fixed', async () => {
      const { room, rooms } = new Line(10);
      await room.issue(1);
      await room.coordinateAdmission(emptySignals());
      expect(await time.redis.hget(rooms.keys.state, 'autoLimit')).toBeNull();
      await rooms.lose();
    });

    it('by the operator, which is counted and logged', async () => {
      const line = new Line(10);
      const { room, rooms, lines } = line;
      await room.issue(1);
      await room.applyOverride('limit', 3);
      expect(room.limits).toMatchObject({ activeLimit: 3, source: 'operator' });
      await room.applyOverride('pause', 0);
      expect(room.limits.paused).toBe(true);
      expect(lines).toMatchObject([
        { level: 'warn', msg: 'operator override set', queue: rooms.queueId, command: 'limit', value: 3 },
        { level: 'warn', command: 'pause' },
      ]);
      expect(lines[1]).not.toHaveProperty('value');
      expect([
        await line.metric('concert_queue_operator_commands_total', 'limit'),
        await line.metric('concert_queue_paused'),
      ]).toEqual([1, 1]);
      await rooms.lose();
    });
  });

  it('keeps nothing of who was seen two epochs ago', async () => {
    const line = new Line(1, { presenceTimeoutMs: 4000 });
    const { room, rooms } = line;
    await line.issue(2);
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
    await rooms.lose();
  });

  it('keeps a sample of arrivals each 250 ms, also when the clock has stepped back', async () => {
    const { room, rooms } = new Line(1);
    const samples: number[] = [];
    for (const [user, ms] of [0, 0, 249, 1, 250, -5000, 0, 250].entries()) {
      await time.pass(ms);
      await room.issue(user + 1);
      samples.push(await time.redis.zcard(`${rooms.keys.prefix}arrivals`));
    }
    expect(samples).toEqual([1, 1, 1, 2, 3, 4, 4, 5]);
    await time.pass(5000);
    await rooms.lose();
  });

  it('tells how long it will take, and how wrong that was', async () => {
    const line = new Line(1);
    const { room, rooms } = line;
    const places = await line.issue(40);
    await room.refresh();
    expect(room.estimateEta(at(places, 3), 3).seconds).toBe(3 * (RULES.sessionMs / 1000)); // nobody was let in yet: a guess
    for (let i = 0; i < 10; i++) {
      await room.endSession(i + 1); // one a second
      await time.pass(1000);
      for (const place of places) room.poll(place);
      await room.refresh();
    }
    expect(room.estimateEta(at(places, 14), 4).seconds).toBe(4);
    for (const index of [5, 10]) {
      await time.pass(300);
      room.estimateEta(at(places, index), 1); // have had their turn: no prediction
    }
    for (let i = 10; i < 15; i++) {
      await room.endSession(i + 1);
      await time.pass(1000);
      await room.refresh();
    }
    const errors = (await line.metrics.registry.getSingleMetric('concert_queue_eta_error_seconds')?.get())
      ?.values;
    expect(
      errors?.find(
        (one) => 'metricName' in one && one.metricName === 'concert_queue_eta_error_seconds_count',
      ),
    ).toMatchObject({ value: 1, labels: { queue: rooms.queueId } });
    await rooms.lose();
  });
});
