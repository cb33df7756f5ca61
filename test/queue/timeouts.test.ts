import { queueRules } from '../../src/modules/waiting-room/rules';
import type { Entry } from '../../src/modules/waiting-room/state/entry';
import type { WaitingRoom } from '../../src/modules/waiting-room/waiting-room';
import { testConfig } from '../support/config';
import { Rooms } from '../support/rooms';
import { useVirtualTime, virtualTime } from '../support/virtual-time';

jest.mock('../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const STEP_MS = 250;
/** As slow as the loops of a process may be; a copy is as old as two of its turns. */
const EVERY_MS = { tick: 250, refresh: 500, flushPresence: 1000 };

/** What a variable says is the least, whenever in the loops' rounds a user was seen last. */
describe('a time-out lasts at least as long as its variable says', () => {
  const time = useVirtualTime();

  /** Two processes with their loops on virtual time: one that the user asks, one that looks on. */
  class Line {
    readonly rooms: Rooms;
    readonly asked: WaitingRoom;
    readonly other: WaitingRoom;

    constructor(env: Record<string, number>, cap = 1) {
      this.rooms = new Rooms(time.redis, queueRules(testConfig(env)), cap);
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

    async isInside({ seq }: Entry): Promise<boolean> {
      return (await this.rooms.scores('active')).has(seq);
    }
  }

  it.each([2, 20])(
    'QUEUE_PRESENCE_TIMEOUT_SECONDS=%i: a waiting user stays present for that long',
    async (seconds) => {
      for (const afterMs of [0, 900, 1700]) {
        const line = new Line({ QUEUE_PRESENCE_TIMEOUT_SECONDS: seconds, QUEUE_IDLE_TIMEOUT_SECONDS: 0 });
        await line.pass(STEP_MS);
        const [, waiter] = [await line.asked.issue(1), await line.asked.issue(2)];
        await line.pass(seconds * 1000 + afterMs, () => line.asked.poll(waiter));
        await line.pass(seconds * 1000 - 1);
        expect([afterMs, line.isPresent(waiter)]).toEqual([afterMs, true]);
        await line.pass(seconds * 500 + 5000);
        expect([afterMs, line.isPresent(waiter)]).toEqual([afterMs, false]);
        await line.rooms.lose();
      }
    },
  );

  it('QUEUE_PRESENCE_TIMEOUT_SECONDS=2 keeps a user present whose stream is updated twice a second', async () => {
    const line = new Line({ QUEUE_PRESENCE_TIMEOUT_SECONDS: 2 });
    await line.pass(STEP_MS);
    const [, waiter] = [await line.asked.issue(1), await line.asked.issue(2)];
    await line.pass(2000);
    for (let i = 0; i < 40; i++) {
      await line.pass(500);
      line.asked.poll(waiter);
      expect([i, line.isPresent(waiter)]).toEqual([i, true]);
    }
    await line.rooms.lose();
  });

  it.each([1, 6])(
    'QUEUE_IDLE_TIMEOUT_SECONDS=%i: an active user is not idle for that long',
    async (seconds) => {
      for (const afterMs of [0, 500, 900]) {
        const line = new Line({ QUEUE_IDLE_TIMEOUT_SECONDS: seconds });
        await line.pass(STEP_MS);
        const user = await line.asked.issue(1);
        await line.pass(seconds * 1000 + afterMs, () => line.asked.touchIfActive(user));
        await line.pass(seconds * 1000 - 1);
        expect([afterMs, await line.isInside(user)]).toEqual([afterMs, true]);
        await line.pass(5000);
        expect([afterMs, await line.isInside(user)]).toEqual([afterMs, false]);
        await line.rooms.lose();
      }
    },
  );

  it('QUEUE_IDLE_TIMEOUT_SECONDS=0: an active user is never idle', () => {
    expect(queueRules(testConfig({ QUEUE_IDLE_TIMEOUT_SECONDS: 0 })).idleTimeoutMs).toBe(0);
  });

  it('a hold made while Redis is away prolongs the session in the snapshot, and in Redis after its return', async () => {
    const line = new Line({ QUEUE_SESSION_SECONDS: 10, HOLD_SECONDS: 20, QUEUE_IDLE_TIMEOUT_SECONDS: 5 });
    await line.pass(500);
    const [holder, next] = [await line.asked.issue(1), await line.asked.issue(2)];
    await line.pass(8000, () => line.asked.touchIfActive(holder));
    line.asked.snapshot.prolong(holder.seq, line.asked.snapshot.nowMs + 20_000); // Redis is away
    await time.pass(6000);
    expect(line.asked.touchIfActive(holder)).toBe(true);
    await line.pass(1000); // Redis is back, and nobody has told it yet
    await line.asked.extendSession(holder.seq, 13_000);
    await line.pass(12_900);
    expect([await line.isInside(holder), await line.isInside(next)]).toEqual([true, false]);
    await line.pass(300);
    expect([await line.isInside(holder), await line.isInside(next)]).toEqual([false, true]);
    await line.rooms.lose();
  });
});
