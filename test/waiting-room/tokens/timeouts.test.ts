import { queueRules } from '../../../src/modules/waiting-room/rules';
import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { testConfig } from '../../support/config';
import { Rooms } from '../../support/rows/rooms';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const STEP_MS = 250;
/** As slow as the periodic tasks of a process may be; a snapshot is at most two runs old. */
const EVERY_MS = { tick: 250, refresh: 500, flushPresence: 1000 };

/** What a variable says is the least, whenever in the loops' rounds a user was seen last. */
describe('a time-out lasts at least as long as its variable says', () => {
  const time = useVirtualTime();

  /** Two processes with their loops on virtual time: one that the user asks, one that looks on. */
  class TestQueue {
    readonly rooms: Rooms;
    readonly asked: WaitingRoom;
    readonly other: WaitingRoom;

    constructor(env: Record<string, number>, limit = 1) {
      this.rooms = new Rooms(time.redis, queueRules(testConfig(env)), limit);
      [this.asked, this.other] = [this.rooms.open(), this.rooms.open()];
    }

    /** @param meanwhile done at each step */
    async pass(ms: number, meanwhile: () => unknown = () => undefined): Promise<void> {
      for (const untilMs = virtualTime.nowMs + ms; virtualTime.nowMs < untilMs;) {
        await time.pass(Math.min(STEP_MS, untilMs - virtualTime.nowMs));
        await meanwhile();
        for (const loop of ['refresh', 'flushPresence', 'tick'] as const)
          if (virtualTime.nowMs % EVERY_MS[loop] < STEP_MS)
            for (const room of [this.asked, this.other]) await room[loop]();
      }
    }

    isPresent({ seq }: Entry): boolean {
      return this.other.snapshot.presence.countBetween(seq - 1, seq + 1) === 1;
    }

    async isActive({ seq }: Entry): Promise<boolean> {
      return (await this.rooms.scores('active')).has(seq);
    }
  }

  it.each([2, 20])(
    'QUEUE_PRESENCE_TIMEOUT_SECONDS=%i: a waiting user stays present for that long',
    async (seconds) => {
      for (const afterMs of [0, 900, 1700]) {
        const queue = new TestQueue({
          QUEUE_PRESENCE_TIMEOUT_SECONDS: seconds,
          QUEUE_IDLE_TIMEOUT_SECONDS: 0,
        });
        await queue.pass(STEP_MS);
        const [, waiting] = [await queue.asked.entries.issue(1), await queue.asked.entries.issue(2)];
        await queue.pass(seconds * 1000 + afterMs, () => queue.asked.poll(waiting));
        await queue.pass(seconds * 1000 - 1);
        expect([afterMs, queue.isPresent(waiting)]).toEqual([afterMs, true]);
        await queue.pass(seconds * 500 + 5000);
        expect([afterMs, queue.isPresent(waiting)]).toEqual([afterMs, false]);
        await queue.rooms.lose();
      }
    },
  );

  it('QUEUE_PRESENCE_TIMEOUT_SECONDS=2 keeps a user present whose stream is updated twice a second', async () => {
    const queue = new TestQueue({ QUEUE_PRESENCE_TIMEOUT_SECONDS: 2 });
    await queue.pass(STEP_MS);
    const [, waiting] = [await queue.asked.entries.issue(1), await queue.asked.entries.issue(2)];
    await queue.pass(2000);
    for (let i = 0; i < 40; i++) {
      await queue.pass(500);
      queue.asked.poll(waiting);
      expect([i, queue.isPresent(waiting)]).toEqual([i, true]);
    }
    await queue.rooms.lose();
  });

  it.each([1, 6])(
    'QUEUE_IDLE_TIMEOUT_SECONDS=%i: an active user is not idle for that long',
    async (seconds) => {
      for (const afterMs of [0, 500, 900]) {
        const queue = new TestQueue({ QUEUE_IDLE_TIMEOUT_SECONDS: seconds });
        await queue.pass(STEP_MS);
        const user = await queue.asked.entries.issue(1);
        await queue.pass(seconds * 1000 + afterMs, () => queue.asked.touchIfActive(user));
        await queue.pass(seconds * 1000 - 1);
        expect([afterMs, await queue.isActive(user)]).toEqual([afterMs, true]);
        await queue.pass(5000);
        expect([afterMs, await queue.isActive(user)]).toEqual([afterMs, false]);
        await queue.rooms.lose();
      }
    },
  );

  it('QUEUE_IDLE_TIMEOUT_SECONDS=0: an active user is never idle', () => {
    expect(queueRules(testConfig({ QUEUE_IDLE_TIMEOUT_SECONDS: 0 })).idleTimeoutMs).toBe(0);
  });

  it('a hold made while Redis is away prolongs the session in the snapshot, and in Redis after its return', async () => {
    const queue = new TestQueue({
      QUEUE_SESSION_SECONDS: 10,
      HOLD_SECONDS: 20,
      QUEUE_IDLE_TIMEOUT_SECONDS: 5,
    });
    await queue.pass(500);
    const [holder, next] = [await queue.asked.entries.issue(1), await queue.asked.entries.issue(2)];
    await queue.pass(8000, () => queue.asked.touchIfActive(holder));
    queue.asked.snapshot.prolong(holder.seq, queue.asked.snapshot.nowMs + 20_000); // Redis is away
    await time.pass(6000);
    expect(queue.asked.touchIfActive(holder)).toBe(true);
    await queue.pass(1000); // Redis is back and does not have the hold yet
    await queue.asked.entries.extendSession(holder.seq, 13_000);
    await queue.pass(12_900);
    expect([await queue.isActive(holder), await queue.isActive(next)]).toEqual([true, false]);
    await queue.pass(300);
    expect([await queue.isActive(holder), await queue.isActive(next)]).toEqual([false, true]);
    await queue.rooms.lose();
  });
});
