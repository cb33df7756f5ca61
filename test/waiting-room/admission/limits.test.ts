import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import { createLogger } from '../../../src/platform/observability/logger';
import { AdaptiveLimit } from '../../../src/modules/waiting-room/admission/policy';
import {
  recordRequest,
  type Signals,
  emptySignals,
} from '../../../src/modules/waiting-room/admission/signals';
import { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import { Metrics } from '../../../src/platform/observability/metrics';
import { at } from '../../support/at';
import { Rooms } from '../../support/rows/rooms';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  sessionMs: 600_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 120_000,
  presenceTimeoutMs: 600_000,
  admissionIntervalMs: 100,
};
const LIMITS = { targetP99Ms: 200, min: 10, max: 1000, start: 10 };
const FIRST_LIMIT = 100;

function calm(ms = 5): Signals {
  const signals = emptySignals();
  for (let i = 0; i < 300; i++) recordRequest(signals, ms, false, true);
  return signals;
}

describe('admission limits of several processes', () => {
  const time = useVirtualTime();

  /** Many users in one queue, whose limits several processes control together. */
  class TestQueue {
    readonly rooms = new Rooms(time.redis, RULES, FIRST_LIMIT);
    readonly metrics = new WaitingRoomMetrics(new Metrics());
    readonly processes: WaitingRoom[];

    constructor(processes: number) {
      this.processes = Array.from({ length: processes }, () => this.start());
    }

    start(): WaitingRoom {
      const policy = new AdaptiveLimit(LIMITS);
      const logger = createLogger('silent', 'test');
      return new WaitingRoom(this.rooms.store, policy, this.rooms.repository, this.metrics, logger);
    }

    async come(users: number): Promise<void> {
      for (let user = 1; user <= users; user++)
        await at(this.processes, user % this.processes.length).entries.issue(user);
      await this.refresh();
    }

    async refresh(): Promise<void> {
      for (const room of this.processes) await room.refresh();
    }

    /** A second in the life of all processes; I6 is checked after each tick. */
    async second(signals: Signals): Promise<void> {
      for (let tick = 0; tick < 10; tick++) {
        await time.pass(100);
        const before = await this.countActive();
        const [autoLimit = 0, overrideLimit = 0] = await this.rooms.numbers('autoLimit', 'overrideLimit');
        for (const room of this.processes) await room.tick();
        const now = await this.countActive();
        if (now > before) expect(now).toBeLessThanOrEqual(overrideLimit || Math.max(autoLimit, LIMITS.min));
      }
      await Promise.all(this.processes.map((room) => room.coordinateAdmission(signals)));
      await this.refresh();
    }

    async countActive(): Promise<number> {
      return (await this.rooms.scores('active')).size;
    }
  }

  it('the limit grows while all is calm and falls on a breach, and no admission exceeds the limit in force', async () => {
    const queue = new TestQueue(3);
    await queue.come(400);
    expect(await queue.countActive()).toBeLessThanOrEqual(LIMITS.min);
    for (let i = 0; i < 12; i++) await queue.second(calm());
    const opened = at(queue.processes, 0).limits;
    expect(opened).toMatchObject({ source: 'auto', paused: false });
    expect(opened.activeLimit).toBeGreaterThan(3 * LIMITS.min);
    const activeBefore = await queue.countActive();
    expect(activeBefore).toBeGreaterThan(2 * LIMITS.min);

    await queue.second(calm(1000));
    expect(at(queue.processes, 2).limits.activeLimit).toBeLessThan(opened.activeLimit); // every process has the new limits
    expect(await queue.countActive()).toBeGreaterThanOrEqual(activeBefore); // no session is ended
    await queue.rooms.lose();
  });

  it('one decision a second uses the signals of all processes', async () => {
    const queue = new TestQueue(3);
    await queue.come(50);
    for (let i = 0; i < 4; i++) await queue.second(calm());
    const kept = JSON.parse((await time.redis.hget(queue.rooms.keys.state, 'controllerState')) ?? '{}') as {
      state: { second: number };
    };
    expect(kept.state.second).toBe(4);
    await time.pass(1000);
    const [one, two, three] = queue.processes as [WaitingRoom, WaitingRoom, WaitingRoom];
    await one.coordinateAdmission(calm());
    await two.coordinateAdmission({ ...calm(), breakerOpen: true });
    await three.coordinateAdmission(calm());
    await time.pass(1000);
    await one.coordinateAdmission(calm()); // hears of the other's breaker
    await one.refresh();
    expect(one.limits.rateLimit).toBe(0);
    await queue.rooms.lose();
  });

  it('the limit stays as it is when no process reports', async () => {
    const queue = new TestQueue(2);
    await queue.come(200);
    for (let i = 0; i < 6; i++) await queue.second(calm());
    const { activeLimit, rateLimit } = at(queue.processes, 0).limits;
    await time.pass(5000);
    await queue.refresh();
    expect(at(queue.processes, 0).limits).toMatchObject({ activeLimit, rateLimit });
    await queue.rooms.lose();
  });

  it('an operator override holds in every process and survives the loss of Redis', async () => {
    const queue = new TestQueue(2);
    const [one, other] = queue.processes as [WaitingRoom, WaitingRoom];
    await queue.come(200);
    await one.applyOverride('pause', 0);
    await queue.refresh();
    expect(other.limits).toMatchObject({ paused: true, source: 'operator' });
    const before = await queue.countActive();
    for (let i = 0; i < 3; i++) await queue.second(calm());
    expect(await queue.countActive()).toBe(before);

    await queue.rooms.lose();
    await other.tick();
    await queue.refresh();
    expect(one.limits.paused).toBe(true);
    expect(await queue.countActive()).toBe(before);

    await other.applyOverride('resume', 0);
    await other.applyOverride('limit', 60);
    await other.applyOverride('rate', 20);
    await time.pass(3000); // the quiet time after the loss
    await queue.second(calm());
    const [least, most] = [before + 15, before + 25];
    expect(await queue.countActive()).toBeGreaterThanOrEqual(least);
    expect(await queue.countActive()).toBeLessThanOrEqual(most);
    for (let i = 0; i < 5; i++) await queue.second(calm());
    expect(await queue.countActive()).toBe(60);
    expect(one.limits).toMatchObject({ activeLimit: 60, rateLimit: 20, source: 'operator' });

    await one.applyOverride('auto', 0);
    expect(one.limits.source).toBe('auto');
    expect(await queue.metrics.registry.metrics()).toContain(
      `concert_queue_operator_commands_total{queue="${queue.rooms.queueId}",command="rate"} 1`,
    );
    await queue.rooms.lose();
  });
});
