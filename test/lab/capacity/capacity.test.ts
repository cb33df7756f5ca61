import fc from 'fast-check';
import type { Costs } from '../../../lab/capacity/costs';
import { Agenda } from '../../../lab/capacity/heap';
import { needsOf } from '../../../lab/capacity/needs';
import { type Opening, simulate } from '../../../lab/capacity/model';

const costs: Costs = {
  machine: 'a test',
  api: { pollKnown: 25, pollNew: 50, issue: 80, schedule: 25, seat: 30, hold: 500, payment: 700 },
  redis: { issue: 40, hold: 60, payment: 60, process: 5000 },
  mariadb: { hold: 400, payment: 600 },
  bytes: { redis: 35, process: 35 },
};
const opening: Opening = {
  ...{ visitors: 2000, arriveSeconds: 1, cap: 100, cores: 1, thinkSeconds: 2, abandon: 0 },
  ...{ idleSeconds: 120, holdSeconds: 300, leaseSeconds: 600, maxPollsPerSecond: 10_000, awaySeconds: 30 },
};

describe('the simulated opening', () => {
  it('sells to everybody who does not leave, and lets in as fast as places come free', () => {
    const { sold, drainedAfter, seconds } = simulate(opening, costs);
    expect(sold).toBe(opening.visitors);
    // Little's law: `cap` inside, for three pauses and the time until they hear of it (a poll a second)
    const stay = 3 * opening.thinkSeconds + 0.5;
    const expected = ((opening.visitors - opening.cap) / opening.cap) * stay;
    expect(drainedAfter / expected).toBeGreaterThan(0.85);
    expect(drainedAfter / expected).toBeLessThan(1.2);
    expect(Math.max(...seconds.map(({ inside }) => inside))).toBeLessThanOrEqual(opening.cap);
  });

  it('never polls more than is allowed', () => {
    const { seconds } = simulate(
      { ...opening, visitors: 200_000, cap: 1000, maxPollsPerSecond: 2000 },
      costs,
    );
    const calm = seconds.slice(60); // everybody polls once on arrival
    for (let i = 0; i + 100 < calm.length; i += 100) {
      const polls = calm.slice(i, i + 100).reduce((sum, second) => sum + second.polls, 0);
      expect(polls / 100).toBeLessThanOrEqual(2000 * 1.1); // who came together asks together
    }
  });

  it('has everybody wait longer when some leave without a word, and the work waits when cores are few', () => {
    const base = simulate({ ...opening, visitors: 500 }, costs);
    const left = simulate({ ...opening, visitors: 500, abandon: 0.2 }, costs);
    expect(left.wait.p95).toBeGreaterThan(2 * base.wait.p95);
    expect(left.sold).toBeLessThan(base.sold);
    const longest = (of: Opening): number => Math.max(...simulate(of, costs).seconds.map((s) => s.answerMs));
    expect(longest({ ...opening, visitors: 20_000, cap: 2000, cores: 1 })).toBeGreaterThan(
      3 * longest({ ...opening, visitors: 20_000, cap: 2000, cores: 8 }),
    );
  });

  it('is the same each time', () => {
    expect(simulate(opening, costs)).toEqual(simulate(opening, costs));
  });
});

describe('what a line needs', () => {
  const demand = { arriveSeconds: 60, salesPerSecond: 500, maxPollsPerSecond: 10_000, awaySeconds: 30 };

  it('grows with the crowd, but for the polls, which are bounded', () => {
    const [small, large] = [10_000, 10_000_000].map((waiting) => needsOf({ ...demand, waiting }, costs));
    expect(large?.issuesPerSecond).toBeCloseTo(1000 * (small?.issuesPerSecond ?? 0));
    expect(large?.redisMb).toBeCloseTo(350);
    expect(large?.pollsPerSecond).toBeLessThanOrEqual(10_000 * 1.001);
    expect(small?.apiCores.steady).toBeCloseTo(((small?.pollsPerSecond ?? 0) * 25 + 500 * 1255) / 1e6);
  });

  it('counts what is verified anew, the copies of each process, and what one Redis cannot do', () => {
    const large = needsOf({ ...demand, waiting: 10_000_000 }, costs);
    expect(large.apiCores.steady).toBeCloseTo((large.pollsPerSecond * 50 + 500 * 1255) / 1e6);
    expect(large.pods.opening).toBe(Math.ceil(large.apiCores.opening));
    const copies = large.pods.opening * 0.005;
    const crowd = (demand.salesPerSecond * 120 + large.issuesPerSecond * 40) / 1e6;
    expect(large.redisCores.opening).toBeCloseTo(crowd + copies);
    expect(large.redisNodes.opening).toBe(Math.ceil(crowd / (1 - copies)));
    // 153 segments of 8 KiB, four times a second
    expect(large.network.copies).toBeCloseTo((large.pods.opening * 153 * 4 * 65_536) / 1e6);
  });
});

describe('the agenda', () => {
  it('gives back everything in the order of time, and of the same time in the order in which it came', () => {
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
