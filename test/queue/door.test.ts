import { createLogger } from '../../src/infra/logger';
import { AdaptiveCap } from '../../src/modules/queue/admission';
import type { QueueRules } from '../../src/modules/queue/store';
import { observe, type Signals, silence } from '../../src/modules/queue/signals';
import { WaitingRoom } from '../../src/modules/queue/waiting-room';
import { Metrics } from '../../src/infra/metrics';
import { at } from '../support/at';
import { Rooms } from '../support/rooms';
import { useVirtualTime, virtualTime } from '../support/virtual-time';

jest.mock('../../src/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  leaseMs: 600_000,
  waitMs: 600_000,
  idleMs: 120_000,
  awayMs: 600_000,
  tickMs: 100,
};
const LIMITS = { sloMs: 200, least: 10, most: 1000 };
const CAP = 100;

function calm(ms = 5): Signals {
  const signals = silence();
  for (let i = 0; i < 300; i++) observe(signals, ms, false, true);
  return signals;
}

describe('the door', () => {
  const time = useVirtualTime();

  /** A crowd before a line of several processes that steer it together. */
  class Line {
    readonly rooms = new Rooms(time.redis, RULES, CAP);
    readonly metrics = new Metrics();
    readonly processes: WaitingRoom[];

    constructor(processes: number) {
      this.processes = Array.from({ length: processes }, () => this.start());
    }

    start(): WaitingRoom {
      const policy = new AdaptiveCap(LIMITS);
      const logger = createLogger('silent', 'test');
      return new WaitingRoom(this.rooms.store, policy, this.rooms.repository, this.metrics, logger);
    }

    async come(visitors: number): Promise<void> {
      for (let user = 1; user <= visitors; user++)
        await at(this.processes, user % this.processes.length).issue(user);
      await this.refresh();
    }

    async refresh(): Promise<void> {
      for (const room of this.processes) await room.refresh();
    }

    /** A second in the life of all processes; I6 is looked at after each tick. */
    async second(signals: Signals): Promise<void> {
      for (let tick = 0; tick < 10; tick++) {
        await time.pass(100);
        const before = await this.inside();
        const [cap = 0, byHand = 0] = await this.rooms.numbers('cap', 'handCap');
        for (const room of this.processes) await room.tick();
        const now = await this.inside();
        if (now > before) expect(now).toBeLessThanOrEqual(byHand || Math.max(cap, LIMITS.least));
      }
      await Promise.all(this.processes.map((room) => room.steer(signals)));
      await this.refresh();
    }

    async inside(): Promise<number> {
      return (await this.rooms.scores('active')).size;
    }
  }

  it('opens while all is calm, closes on a breach, and lets in no more than the cap in force', async () => {
    const line = new Line(3);
    await line.come(400);
    expect(await line.inside()).toBeLessThanOrEqual(LIMITS.least);
    for (let i = 0; i < 12; i++) await line.second(calm());
    const opened = at(line.processes, 0).door;
    expect(opened).toMatchObject({ by: 'auto', paused: false });
    expect(opened.cap).toBeGreaterThan(3 * LIMITS.least);
    const inside = await line.inside();
    expect(inside).toBeGreaterThan(2 * LIMITS.least);

    await line.second(calm(1000));
    expect(at(line.processes, 2).door.cap).toBeLessThan(opened.cap); // every process knows
    expect(await line.inside()).toBeGreaterThanOrEqual(inside); // nobody is thrown out
    await line.rooms.lose();
  });

  it('is decided upon once a second, by what all processes have seen', async () => {
    const line = new Line(3);
    await line.come(50);
    for (let i = 0; i < 4; i++) await line.second(calm());
    const kept = JSON.parse((await time.redis.hget(at(line.rooms.keys.place, 0), 'memory')) ?? '{}') as {
      memory: { turn: number };
    };
    expect(kept.memory.turn).toBe(4);
    await time.pass(1000);
    const [one, two, three] = line.processes as [WaitingRoom, WaitingRoom, WaitingRoom];
    await one.steer(calm());
    await two.steer({ ...calm(), broken: true });
    await three.steer(calm());
    await time.pass(1000);
    await one.steer(calm()); // hears of the other's breaker
    await one.refresh();
    expect(one.door.rate).toBe(0);
    await line.rooms.lose();
  });

  it('stays as it is when nobody reports', async () => {
    const line = new Line(2);
    await line.come(200);
    for (let i = 0; i < 6; i++) await line.second(calm());
    const { cap, rate } = at(line.processes, 0).door;
    await time.pass(5000);
    await line.refresh();
    expect(at(line.processes, 0).door).toMatchObject({ cap, rate });
    await line.rooms.lose();
  });

  it('obeys the operator’s hand on every process, and survives the loss of Redis', async () => {
    const line = new Line(2);
    const [one, other] = line.processes as [WaitingRoom, WaitingRoom];
    await line.come(200);
    await one.operate('pause', 0);
    await line.refresh();
    expect(other.door).toMatchObject({ paused: true, by: 'hand' });
    const before = await line.inside();
    for (let i = 0; i < 3; i++) await line.second(calm());
    expect(await line.inside()).toBe(before);

    await line.rooms.lose();
    await other.tick();
    await line.refresh();
    expect(one.door.paused).toBe(true);
    expect(await line.inside()).toBe(before);

    await other.operate('resume', 0);
    await other.operate('cap', 60);
    await other.operate('rate', 20);
    await time.pass(3000); // the quiet time after the loss
    await line.second(calm());
    const [least, most] = [before + 15, before + 25];
    expect(await line.inside()).toBeGreaterThanOrEqual(least);
    expect(await line.inside()).toBeLessThanOrEqual(most);
    for (let i = 0; i < 5; i++) await line.second(calm());
    expect(await line.inside()).toBe(60);
    expect(one.door).toMatchObject({ cap: 60, rate: 20, by: 'hand' });

    await one.operate('auto', 0);
    expect(one.door.by).toBe('auto');
    expect(await line.metrics.registry.metrics()).toContain(
      `queue_hand_acts_total{queue="${line.rooms.queueId}",act="rate"} 1`,
    );
    await line.rooms.lose();
  });
});
