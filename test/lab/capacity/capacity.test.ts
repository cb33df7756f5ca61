import fc from 'fast-check';
import type { Costs } from '../../../lab/capacity/costs';
import { Agenda } from '../../../lab/capacity/heap';
import { needsOf } from '../../../lab/capacity/needs';
import { type OnSale, simulate } from '../../../lab/capacity/model';

const costs: Costs = {
  machine: 'a test',
  api: { pollKnown: 25, pollNew: 50, issue: 80, schedule: 25, seat: 30, hold: 500, payment: 700 },
  redis: { issue: 40, hold: 60, payment: 60, process: 5000 },
  mariadb: { hold: 400, payment: 600 },
  bytes: { redis: 35, process: 35 },
};
const onSale: OnSale = {
  users: 2000,
  arriveSeconds: 1,
  limit: 100,
  cores: 1,
  thinkSeconds: 2,
  abandon: 0,
  idleSeconds: 120,
  holdSeconds: 300,
  leaseSeconds: 600,
  maxPollsPerSecond: 10_000,
  awaySeconds: 30,
};

describe('the simulated on-sale', () => {
  it('every user who stays buys, and users are admitted as fast as sessions end', () => {
    const { sold, drainedAfter, seconds } = simulate(onSale, costs);
    expect(sold).toBe(onSale.users);
    // Little's law: `limit` active, for three pauses and the time until their poll says so (a poll a second)
    const stay = 3 * onSale.thinkSeconds + 0.5;
    const expected = ((onSale.users - onSale.limit) / onSale.limit) * stay;
    expect(drainedAfter / expected).toBeGreaterThan(0.85);
    expect(drainedAfter / expected).toBeLessThan(1.2);
    expect(Math.max(...seconds.map(({ active }) => active))).toBeLessThanOrEqual(onSale.limit);
  });

  it('users never poll more often than the limit allows', () => {
    const { seconds } = simulate({ ...onSale, users: 200_000, limit: 1000, maxPollsPerSecond: 2000 }, costs);
    const calm = seconds.slice(60); // everybody polls once on arrival
    for (let i = 0; i + 100 < calm.length; i += 100) {
      const polls = calm.slice(i, i + 100).reduce((sum, second) => sum + second.polls, 0);
      expect(polls / 100).toBeLessThanOrEqual(2000 * 1.1); // users who arrive together poll together
    }
  });

  it('users wait longer when some leave silently, and responses take longer on few cores', () => {
    const base = simulate({ ...onSale, users: 500 }, costs);
    const left = simulate({ ...onSale, users: 500, abandon: 0.2 }, costs);
    expect(left.wait.p95).toBeGreaterThan(2 * base.wait.p95);
    expect(left.sold).toBeLessThan(base.sold);
    const longest = (of: OnSale): number => Math.max(...simulate(of, costs).seconds.map((s) => s.responseMs));
    expect(longest({ ...onSale, users: 20_000, limit: 2000, cores: 1 })).toBeGreaterThan(
      3 * longest({ ...onSale, users: 20_000, limit: 2000, cores: 8 }),
    );
  });

  it('equal runs are equal', () => {
    expect(simulate(onSale, costs)).toEqual(simulate(onSale, costs));
  });
});

describe('the needs of a queue', () => {
  const demand = { arriveSeconds: 60, salesPerSecond: 500, maxPollsPerSecond: 10_000, awaySeconds: 30 };

  it('needs grow with the number of users, except the polls, which are bounded', () => {
    const [small, large] = [10_000, 10_000_000].map((waiting) => needsOf({ ...demand, waiting }, costs));
    expect(large?.issuesPerSecond).toBeCloseTo(1000 * (small?.issuesPerSecond ?? 0));
    expect(large?.redisMb).toBeCloseTo(350);
    expect(large?.pollsPerSecond).toBeLessThanOrEqual(10_000 * 1.001);
    expect(small?.apiCores.steady).toBeCloseTo(((small?.pollsPerSecond ?? 0) * 25 + 500 * 1255) / 1e6);
  });

  it('needs count repeated verifications, the snapshots of each process, and the Redis nodes', () => {
    const large = needsOf({ ...demand, waiting: 10_000_000 }, costs);
    expect(large.apiCores.steady).toBeCloseTo((large.pollsPerSecond * 50 + 500 * 1255) / 1e6);
    expect(large.pods.opening).toBe(Math.ceil(large.apiCores.opening));
    const snapshots = large.pods.opening * 0.005;
    const users = (demand.salesPerSecond * 120 + large.issuesPerSecond * 40) / 1e6;
    expect(large.redisCores.opening).toBeCloseTo(users + snapshots);
    expect(large.redisNodes.opening).toBe(Math.ceil(users / (1 - snapshots)));
    // 153 segments of 8 KiB, four times a second
    expect(large.network.snapshots).toBeCloseTo((large.pods.opening * 153 * 4 * 65_536) / 1e6);
  });
});

describe('the agenda', () => {
  it('the agenda returns events in the order of time, and of equal times in the order of insertion', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const agenda = new Agenda<number>();
        times.forEach((at, i) => {
          agenda.put(at, i);
        });
        const got = times.map(() => agenda.next());
        const expected = times
          .map((at, what) => ({ at, what }))
          .sort((a, b) => a.at - b.at || a.what - b.what);
        expect(got.map((each) => ({ at: each?.at, what: each?.what }))).toEqual(expected);
        expect(agenda.next()).toBeUndefined();
      }),
    );
  });
});
