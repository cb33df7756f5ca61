import fc from 'fast-check';
import { LoadShedder } from '../../src/http/limits/shedder';
import { type Demand, type Server, simulate } from '../support/queue/backlog-model';

let nowMs = 0;
jest.mock('../../src/common/clock', () => ({ monotonicMs: () => nowMs }));

const CALM = 64;

/** Arrivals each ms, `perMs` of those in flight end each ms. @returns those in flight and those refused, each ms */
function run(
  shedder: LoadShedder,
  load: { arrivals: number; perMs: number; ms: number; inFlight?: number },
): { inFlight: number; refused: number }[] {
  let inFlight = load.inFlight ?? 0;
  let due = 0;
  let ended = 0;
  return Array.from({ length: load.ms }, () => {
    nowMs++;
    let refused = 0;
    for (due += load.arrivals; due >= 1; due--)
      if (shedder.enter()) inFlight++;
      else refused++;
    for (ended = Math.min(ended + load.perMs, inFlight); ended >= 1; ended--) {
      shedder.leave();
      inFlight--;
    }
    return { inFlight, refused };
  });
}

const sum = (all: number[]): number => all.reduce((total, one) => total + one, 0);

describe('the shedder', () => {
  beforeEach(() => (nowMs = 1000));

  it('lets a first burst in, however large', () => {
    const shedder = new LoadShedder(100);
    expect(Array.from({ length: 5000 }, () => shedder.enter())).not.toContain(false);
  });

  it('never refuses while few are in flight, however slow they are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(5000)), { maxLength: 500 }), (steps) => {
        const shedder = new LoadShedder(1);
        let inFlight = 0;
        for (const [enters, ms] of steps) {
          nowMs += ms;
          if (!enters && inFlight > 0) shedder.leave();
          if (!enters) inFlight = Math.max(0, inFlight - 1);
          else if (inFlight < CALM) {
            expect(shedder.enter()).toBe(true);
            inFlight++;
          }
        }
      }),
    );
  });

  it('takes a moment in which none ends for no rate of zero', () => {
    const shedder = new LoadShedder(60_000);
    for (let i = 0; i < 200; i++) shedder.enter();
    nowMs += 250; // the window is over
    expect(shedder.enter()).toBe(true); // one more than in 250 ms would be due after 50 s
    for (let i = 0; i < 100; i++) shedder.enter();
    expect(shedder.enter()).toBe(false); // and this one after more than a minute
  });

  it('keeps as many requests in flight as can be answered in time, and refuses only the rest', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.8, max: 8, noNaN: true }),
        fc.double({ min: 1.2, max: 5, noNaN: true }),
        (perMs, over) => {
          const shedder = new LoadShedder(100);
          const after = run(shedder, { arrivals: perMs * over, perMs, ms: 3000 }).slice(1000);
          expect(Math.max(...after.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(
            Math.max(CALM, perMs * 100 * 1.05) + 1,
          );
          const refused = sum(after.map((each) => each.refused));
          expect(refused).toBeLessThanOrEqual(2000 * perMs * (over - 1) * 1.1 + 10);
          expect(refused).toBeGreaterThanOrEqual(2000 * perMs * (over - 1) * 0.8 - 200);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lets everybody in again when the rush is over', () => {
    const shedder = new LoadShedder(100);
    const rush = run(shedder, { arrivals: 4, perMs: 1, ms: 2000 });
    expect(sum(rush.map(({ refused }) => refused))).toBeGreaterThan(0);
    const calm = run(shedder, { arrivals: 0.5, perMs: 1, ms: 2000, inFlight: rush.at(-1)?.inFlight ?? 0 });
    expect(sum(calm.slice(200).map(({ refused }) => refused))).toBe(0);
  });
});

describe('the shedder before a server that stands still or becomes slower', () => {
  const TARGET_MS = 100;
  const CHANGES_AT = 1500;
  /** Back to normal within so long. */
  const BACK_MS = 2500;
  const WATCHED_MS = 500;

  /** Refusals until something changes, and after it should be normal again. */
  function refusals(demand: Demand, server: Server, endMs: number): { before: number; after: number } {
    const clock = { nowMs: 5000 };
    const shedder = new LoadShedder(TARGET_MS, () => clock.nowMs);
    const { refused } = simulate(shedder, clock, demand, server, endMs + BACK_MS + WATCHED_MS);
    return { before: sum(refused.slice(0, CHANGES_AT)), after: sum(refused.slice(endMs + BACK_MS)) };
  }
  const NONE = { before: 0, after: 0 };

  /** As many workers as answer this many concurrent requests within four fifths of the target. */
  const serverFor = (inFlight: number, serviceMs: number): Server => ({
    serviceMs,
    workers: Math.max(1, Math.ceil((inFlight * serviceMs) / (0.8 * TARGET_MS))),
  });

  const DEMANDS: [serviceMs: number, demand: Demand][] = [
    ...[
      [1, 65, 0, 20],
      [1, 2000, 200, 1000],
      [8, 100, 5, 1000],
      [8, 150, 0, 1],
      [8, 500, 5, 1000],
      [40, 65, 0, 20],
      [40, 500, 0, 1000],
      [60, 150, 0, 50],
      [80, 65, 200, 1000],
      [200, 64, 0, 50],
    ].map(([serviceMs = 0, clients = 0, thinkMs = 0, retryMs = 0]): [number, Demand] => [
      serviceMs,
      { kind: 'closed', clients, thinkMs, retryMs },
    ]),
    ...[
      [1, 0.05],
      [1, 4],
      [8, 0.4],
      [40, 2],
      [200, 0.2],
    ].map(([serviceMs = 0, perMs = 0]): [number, Demand] => [serviceMs, { kind: 'open', perMs }]),
  ];
  const serverOf = (serviceMs: number, demand: Demand): Server =>
    demand.kind === 'closed'
      ? serverFor(demand.clients, serviceMs)
      : { serviceMs, workers: Math.ceil(1.25 * demand.perMs * serviceMs) };

  it.each([300, 1000, 1500, 3000, 10_000])('sheds nothing 2.5 s after a stall of %d ms', (lastsMs) => {
    const endMs = CHANGES_AT + lastsMs;
    for (const [serviceMs, demand] of DEMANDS) {
      const server: Server = { ...serverOf(serviceMs, demand), stall: [CHANGES_AT, endMs] };
      const seen = refusals(demand, server, endMs);
      expect({ serviceMs, demand, ...seen }).toEqual({ serviceMs, demand, ...NONE });
    }
  });

  it.each([2, 10])('sheds nothing 2.5 s after a time in which all took %d times as long', (times) => {
    const endMs = CHANGES_AT + 3000;
    for (const [serviceMs, demand] of DEMANDS) {
      const server: Server = { ...serverOf(serviceMs, demand), slow: [CHANGES_AT, endMs, times] };
      const seen = refusals(demand, server, endMs);
      expect({ serviceMs, demand, ...seen }).toEqual({ serviceMs, demand, ...NONE });
    }
  });

  it.each<Demand>([
    { kind: 'open', perMs: 8 },
    { kind: 'closed', clients: 800, thinkMs: 0, retryMs: 20 },
  ])('does what can be done, in time, soon after a stall under twice the load: %j', (demand) => {
    const clock = { nowMs: 5000 };
    const shedder = new LoadShedder(TARGET_MS, () => clock.nowMs);
    const server: Server = { serviceMs: 8, workers: 32, stall: [CHANGES_AT, CHANGES_AT + 1500] };
    const { latencies } = simulate(shedder, clock, demand, server, 6000);
    const after = latencies.filter(({ atMs }) => atMs >= 4000).map(({ ms }) => ms);
    const capacity = (2000 * server.workers) / server.serviceMs;
    expect(after.length).toBeGreaterThan(0.95 * capacity);
    expect(after.sort((a, b) => a - b)[Math.floor(0.99 * after.length)]).toBeLessThan(1.2 * TARGET_MS);
  });

  it('forgets what it cannot measure again: bursts too short for it are let in 2 s after a stall', () => {
    const clock = { nowMs: 5000 };
    const shedder = new LoadShedder(TARGET_MS, () => clock.nowMs);
    const burst = (requests: number): number => {
      const entered = Array.from({ length: requests }, () => shedder.enter()).filter(Boolean).length;
      clock.nowMs++;
      for (let i = 0; i < entered; i++) shedder.leave();
      return entered;
    };
    for (let i = 0; i < 65; i++) shedder.enter();
    clock.nowMs += 3000; // all stand still
    for (let i = 0; i < 65; i++) shedder.leave();
    expect(burst(500)).toBe(64);
    clock.nowMs += 2000;
    expect([burst(500), burst(500)]).toEqual([500, 500]);
  });
});
